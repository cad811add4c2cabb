"""Data classes whose methods are compiled when they are first called: compiling all takes a quarter of the start.

Of the methods of some 150 classes that the first frame needs, most are never called before it: `__repr__`, `__eq__`,
`__setattr__` and `__delattr__` of a frozen class, and the `__init__` of what a person has not asked for yet.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

_OURS = ("gputui.", "textual.", "pydantic.", "annotated_types")
"""The modules whose classes are made so: others may look at the signatures of what they have made."""
_MAKER = "_create_fn"
"""What makes a method from its text, up to Python 3.12. Since 3.13 all of a class are compiled together."""


def compile_when_called(of: tuple[str, ...] = _OURS) -> None:
    """Have the methods of data classes that such modules make from now on compiled at their first call."""
    made_at_once: Callable[..., Any] | None = getattr(dataclasses, _MAKER, None)
    if made_at_once is not None and made_at_once.__module__ == dataclasses.__name__:
        setattr(dataclasses, _MAKER, _lazy(made_at_once, of))


def _lazy(made_at_once: Callable[..., Any], of: tuple[str, ...]) -> Callable[..., Any]:
    def made(name: str, *given: Any, globals: Any = None, **more: Any) -> Any:
        if globals is None or not globals.get("__name__", "").startswith(of):
            return made_at_once(name, *given, globals=globals, **more)
        compiled: list[Callable[..., Any]] = []

        def method(self: Any, /, *arguments: Any, **named: Any) -> Any:
            if not compiled:
                compiled.append(made_at_once(name, *given, globals=globals, **more))
                compiled[0].__qualname__ = method.__qualname__
                _replace(type(self), name, method, compiled[0])
            return compiled[0](self, *arguments, **named)

        method.__name__ = name
        return method

    return made


def _replace(kind: type, name: str, old: object, new: object) -> None:
    """Put a method in the place of another, in the class that has it."""
    for owner in kind.__mro__:
        if owner.__dict__.get(name) is old:
            setattr(owner, name, new)
