"""A form for several targets: each of them is asked for its own, of its own, under the names that were declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gputui.core.actions import Action, Choice, Field, Inputs, Risk, Scope, one_at_a_time, scope_of
from gputui.core.health import Health
from gputui.core.request import Request
from gputui.core.rows import Ref, Row
from gputui.ui.form.spread import Spread

ROWS = tuple(Row(Ref("p", "nodes", f"m{n}"), f"toy-{n}", "UP", Health.OK, (), item=f"item-{n}") for n in range(2))
SEEN: list[tuple[Any, Inputs]] = []


async def addresses(client: Any, item: Any, inputs: Inputs) -> Sequence[Choice]:
    SEEN.append((item, dict(inputs)))
    return [Choice(f"address of {item}", "")]


def check(inputs: Inputs) -> Mapping[str, str]:
    return {"address": "not that one"} if inputs.get("address") == "bad" else {}


FIELDS = (
    Field("zone", "Zone"),
    Field("pool", "Pool", scope=Scope.EACH),
    Field(
        "address",
        "Address",
        "choice",
        choices=addresses,
        needs=("zone", "pool"),
        when=lambda inputs: inputs.get("pool") != "none",
        scope=Scope.EACH,
    ),
)


def action(**more: Any) -> Action[Any]:
    def request(items: Sequence[Any], inputs: Inputs) -> Request:
        return Request("POST", "/")

    return Action("give", "Give", Risk.REVERSIBLE, request, fields=FIELDS, check=check, **more)


def field(spread: Spread, name: str) -> Field:
    return next(one for one in spread.action.fields if one.name == name)


def test_shared_fields_stand_once_and_the_others_once_for_each() -> None:
    spread = Spread.of(action(), ROWS)
    names = [one.name for one in spread.action.fields]
    assert names == ["zone", "pool of m0", "pool of m1", "address of m0", "address of m1"]
    assert [one.label for one in spread.action.fields][1:3] == ["toy-0: Pool", "toy-1: Pool"]


def test_one_row_has_the_form_as_it_was_declared() -> None:
    declared = action()
    assert Spread.of(declared, ROWS[:1]).action is declared


def test_one_request_for_all_has_no_room_for_a_value_of_each() -> None:
    declared = action(many=True)
    assert Spread.of(declared, ROWS).action is declared


async def test_choices_are_read_for_the_row_itself_with_its_own_inputs() -> None:
    spread = Spread.of(action(), ROWS)
    filled = {"zone": "z", "pool of m0": "a", "pool of m1": "b"}
    SEEN.clear()
    for row in ROWS:
        choices = field(spread, f"address of {row.ref.id}").choices
        assert choices is not None
        assert [one.value for one in await choices(None, "item-0", filled)] == [f"address of {row.item}"]
    assert SEEN == [("item-0", {"zone": "z", "pool": "a"}), ("item-1", {"zone": "z", "pool": "b"})]


def test_what_hangs_on_another_field_hangs_on_that_of_its_own_row() -> None:
    spread = Spread.of(action(), ROWS)
    assert field(spread, "address of m1").needs == ("zone", "pool of m1")
    when = field(spread, "address of m1").when
    assert when is not None
    assert when({"pool of m0": "none", "pool of m1": "a"})
    assert not when({"pool of m0": "a", "pool of m1": "none"})


def test_complaints_stand_at_the_row_they_are_about() -> None:
    asked = Spread.of(action(), ROWS).action.check
    assert asked is not None
    assert asked({"address of m0": "good", "address of m1": "bad"}) == {"address of m1": "not that one"}
    assert asked({"address of m0": "x", "address of m1": "x"}) == {
        "address of m1": "the same as for toy-0: each needs its own"
    }
    assert asked({"address of m1": "x"}) == {}


def test_what_was_filled_in_comes_apart_again() -> None:
    spread = Spread.of(action(), ROWS)
    shared, own = spread.apart({"zone": "z", "pool of m0": "a", "address of m1": "x"})
    assert shared == {"zone": "z"}
    assert own == {ROWS[0].ref: {"pool": "a"}, ROWS[1].ref: {"address": "x"}}


@pytest.mark.parametrize(
    ("field", "scope"),
    [
        (Field("a", "A"), Scope.ALL),
        (Field("a", "A", default="x"), Scope.ALL),
        (Field("a", "A", default=lambda item: "x"), Scope.ONE),
        (Field("a", "A", "choice", choices=addresses), Scope.ONE),
        (Field("a", "A", "choice", choices=addresses, scope=Scope.ALL), Scope.ALL),
        (Field("a", "A", "choice", choices=addresses, scope=Scope.EACH), Scope.EACH),
    ],
)
def test_whose_a_value_is_follows_from_the_field_unless_it_is_declared(field: Field, scope: Scope) -> None:
    declared = replace(action(), fields=(field,))
    assert scope_of(declared, field) is scope
    assert one_at_a_time(declared) is (scope is Scope.ONE)


def test_what_makes_something_with_a_name_takes_one_row() -> None:
    plain = replace(action(), fields=())
    assert not one_at_a_time(plain)
    assert one_at_a_time(replace(plain, makes=lambda inputs: ("x",)))
    assert not one_at_a_time(replace(plain, makes=lambda inputs: ("x",), on="view"))


def test_what_a_list_makes_has_one_form_however_many_rows_are_marked() -> None:
    made = action(on="view")
    assert Spread.of(made, ROWS).action is made


def test_one_field_of_each_is_called_by_its_row_and_says_what_it_is_in_its_help() -> None:
    alone = replace(action(), fields=(Field("zone", "Zone"), Field("pool", "Pool", help="any", scope=Scope.EACH)))
    asked = Spread.of(alone, ROWS).action.fields
    assert [(one.label, one.help) for one in asked] == [("Zone", ""), ("toy-0", "Pool · any"), ("toy-1", "Pool · any")]
    twins = [replace(row, name="toy") for row in ROWS]
    assert [one.label for one in Spread.of(alone, twins).action.fields][1:] == ["toy (m0)", "toy (m1)"]
    several = Spread.of(action(), ROWS)
    assert (field(several, "pool of m0").label, field(several, "pool of m0").help) == ("toy-0: Pool", "")


def test_what_a_field_does_not_have_its_repetitions_do_not_have() -> None:
    plain = field(Spread.of(action(), ROWS), "pool of m1")
    assert (plain.when, plain.choices, plain.default) == (None, None, "")


def test_a_beginning_is_made_of_the_row_itself_or_the_same_for_all() -> None:
    for default, begins in ((lambda item: f"for {item}", "for item-1"), ("x", "x")):
        own = replace(action(), fields=(Field("pool", "Pool", scope=Scope.EACH, default=default),))
        assert field(Spread.of(own, ROWS), "pool of m1").default == begins


def test_a_check_that_says_nothing_at_all_finds_nothing_wrong() -> None:
    silent = replace(action(), check=lambda inputs: None)
    found = Spread.of(silent, ROWS).action.check
    assert found is not None
    assert found({"pool of m0": "a", "pool of m1": "b"}) == {}
