"""Data classes whose methods are compiled at their first call behave as all others."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, InitVar, dataclass, field, fields, replace
from typing import Any

import pytest

from gputui.commands.lean_dataclasses import compile_when_called

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 13), reason="all methods of a class are compiled together")
Made = tuple[type[Any], type[Any]]


def made() -> Made:
    @dataclass(frozen=True, slots=True, order=True)
    class Base:
        name: str
        numbers: list[int] = field(default_factory=list)
        hidden: int = field(default=3, compare=False, repr=False)

    @dataclass(frozen=True, slots=True)
    class More(Base):
        twice: int = field(init=False, default=0)
        by: InitVar[int] = 2

        def __post_init__(self, by: int) -> None:
            object.__setattr__(self, "twice", self.hidden * by)

    return Base, More


@pytest.fixture(params=["at once", "when called"])
def classes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The classes, made in both ways."""
    if request.param == "when called":
        monkeypatch.setattr(dataclasses, "_create_fn", dataclasses._create_fn)  # type: ignore[attr-defined]
        compile_when_called(of=(__name__,))
    return made()


def error_of(call: Callable[[], object]) -> str:
    with pytest.raises((TypeError, AttributeError)) as raised:
        call()
    return f"{type(raised.value).__name__}: {raised.value}"


def test_all_methods_do_what_they_do(classes: Made) -> None:
    base, more = classes
    one, other = base("a", [1]), more("a", numbers=[1], hidden=4, by=3)
    assert (one.name, one.numbers, one.hidden, other.twice) == ("a", [1], 3, 12)
    assert base("a").numbers is not base("a").numbers
    assert one == base("a", [1], 9) and one != base("b", [1]) and one != other
    assert one < base("b") and base("b") >= one
    assert repr(one).endswith("Base(name='a', numbers=[1])") and "More(name='a'" in repr(other)
    assert replace(one, name="c") == base("c", [1])
    assert [each.name for each in fields(other)] == ["name", "numbers", "hidden", "twice"]
    assert base.__match_args__ == ("name", "numbers", "hidden")
    assert not hasattr(one, "__dict__")


def test_the_same_is_an_error(classes: Made) -> None:
    base, more = classes
    one = more("a")
    for frozen in (lambda: setattr(one, "name", "b"), lambda: delattr(base("a"), "name")):
        with pytest.raises(FrozenInstanceError, match=r"cannot (assign to|delete) field 'name'"):
            frozen()
    assert "missing 1 required positional argument: 'name'" in error_of(base)
    assert "unexpected keyword argument 'odd'" in error_of(lambda: base("a", odd=1))
    assert "unhashable" in error_of(lambda: hash(base("a", [])))
    assert hash(base("a", ())) == hash(base("a", ()))


def test_a_method_called_once_is_as_quick_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataclasses, "_create_fn", dataclasses._create_fn)  # type: ignore[attr-defined]
    compile_when_called(of=(__name__,))
    base, more = made()
    waiting = base.__init__, base.__eq__
    assert base("a") == base("a")
    assert base.__init__ is not waiting[0] and base.__eq__ is not waiting[1]
    assert base.__init__.__code__.co_varnames[:2] == ("self", "name")
    assert base.__init__.__qualname__ == waiting[0].__qualname__
    assert waiting[1](base("a"), base("a")), "also by the name it had before"
    assert more("a").name == "a"


def test_classes_of_others_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataclasses, "_create_fn", dataclasses._create_fn)  # type: ignore[attr-defined]
    compile_when_called()
    compile_when_called()
    base, _ = made()
    assert base.__init__.__code__.co_varnames[:2] == ("self", "name")
