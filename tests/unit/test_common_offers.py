"""What can be done to rows of several lists: each rule that puts a verb off by itself, its keys and its order."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.core.actions import Action, Answer, Field, Query, Risk
from gputui.core.guards import read_only
from gputui.core.health import Health
from gputui.core.prechecks import ONE_AT_A_TIME, ONE_ROW
from gputui.core.provider import SshTarget, View
from gputui.core.request import Request
from gputui.core.rows import Ref, Row
from gputui.engine.cloud import Cloud
from gputui.ui.list.action_items import ActionItem
from gputui.ui.list.common_items import action_items_for
from gputui.ui.list.targets import Call, Group, Targets
from tests.toy import NODES, PROVIDER


async def _read(*_: Any) -> Answer:
    raise AssertionError("nothing is read to offer it")


def _request(*_: Any) -> Request:
    raise AssertionError("nothing is sent to offer it")


POKE = Action[Any]("poke", "Poke", Risk.REVERSIBLE, _request, key="K")
PROD = Action[Any]("prod", "Prod", Risk.DISRUPTS, _request, key="K")
LOOK = Query[Any]("metrics", "Metrics", _read, key="m")
MAKE = replace(POKE, name="make", label="New", on="view", key="N")


def a_list(
    profile: str, *verbs: Action[Any] | Query[Any], view: str = "nodes", locked: bool = False, **more: Any
) -> Group:
    """A list of that profile with one row."""
    actions = tuple(one for one in verbs if isinstance(one, Action))
    queries = tuple(one for one in verbs if isinstance(one, Query))
    made: View[Any, Any] = replace(NODES, name=view, actions=actions, queries=queries, **more)
    provider = replace(PROVIDER, views=(made,))
    cloud = cast(Cloud, SimpleNamespace(name=profile, provider=provider, read_only=locked))
    return Group(cloud, made, (Row(Ref(profile, view, "1"), "one", "RUNNING", Health.OK, (), item="one"),))


def offered(*groups: Group) -> dict[str, ActionItem]:
    rows = tuple(row for group in groups for row in group.rows)
    found = action_items_for(Targets(tuple(row.ref for row in rows), rows, groups, True), {})
    return {one.label: one for one in found}


def off(item: ActionItem) -> tuple[str, int]:
    """Why it is off, and of how many lists it may be asked all the same."""
    return item.off, len(item.calls)


def test_what_both_have_works_on_both() -> None:
    found = offered(a_list("a", POKE), a_list("b", POKE))["Poke"]
    assert (off(found), found.key) == (("", 2), "K")
    assert [call.group.cloud.name for call in found.calls] == ["a", "b"]


def test_what_one_lacks_cannot_be_asked_for_whichever_it_is() -> None:
    assert off(offered(a_list("a", POKE), a_list("b"))["Poke"]) == ("b has no poke", 0)
    assert off(offered(a_list("a"), a_list("b", POKE))["Poke"]) == ("a has no poke", 0)
    assert off(offered(a_list("a"), a_list("b", POKE), a_list("c"))["Poke"]) == ("a, c have none", 0)


def test_two_lists_of_one_profile_are_told_apart() -> None:
    assert off(offered(a_list("a", POKE), a_list("a", view="pools"))["Poke"]) == ("a pools has no poke", 0)


def test_a_look_is_at_one_row() -> None:
    assert off(offered(a_list("a", LOOK), a_list("b", LOOK))["Metrics"]) == (ONE_ROW, 0)


def test_what_is_of_a_list_as_a_whole_is_of_one_list() -> None:
    assert off(offered(a_list("a", MAKE), a_list("b", MAKE))["New"]) == ("of one list at a time", 0)


def test_what_fits_one_row_only_says_so_when_it_is_asked_for() -> None:
    single = replace(POKE, fields=(Field("name", "Name", default=str),))
    assert off(offered(a_list("a", single), a_list("b", single))["Poke"]) == (ONE_AT_A_TIME, 2)
    assert off(offered(a_list("a", POKE), a_list("b", single))["Poke"]) == (ONE_AT_A_TIME, 2)


@pytest.mark.parametrize(("locked", "names"), [("a", ["a"]), ("b", ["b"]), ("ab", ["a", "b"])])
def test_one_that_is_read_only_puts_it_off_and_is_named(locked: str, names: list[str]) -> None:
    groups = [a_list(name, POKE, locked=name in locked) for name in "ab"]
    assert off(offered(*groups)["Poke"]) == (read_only(*names), 2)


def test_it_is_off_only_where_it_is_off_for_all() -> None:
    never = replace(POKE, blocked_reason=lambda item: "it is ERROR")
    assert off(offered(a_list("a", never), a_list("b", never))["Poke"]) == ("a: it is ERROR", 2)
    assert off(offered(a_list("a", never), a_list("b", POKE))["Poke"]) == ("", 2)


def test_a_key_that_means_two_verbs_means_neither_and_says_so() -> None:
    found = offered(a_list("a", POKE), a_list("b", PROD))
    for label in ("Poke", "Prod"):
        assert found[label].key == ""
        assert found[label].clash("K") == "K means Poke in a and Prod in b: the menu (a) has each by its name"
        assert found[label].clash("x", None) == ""
        assert not found[label].pressed("K")


def test_a_key_that_makes_something_in_each_clashes_with_nothing() -> None:
    other = replace(MAKE, name="build", label="Build")
    assert offered(a_list("a", MAKE), a_list("b", other))["New"].clash("N") == ""
    assert offered(a_list("a", MAKE), a_list("b", replace(POKE, key="N")))["New"].clash("N") != ""


def test_metrics_have_no_key_where_ssh_leads_to_the_gpus_in_either() -> None:
    def entered(_: Any) -> SshTarget:
        raise AssertionError("nobody is entered to offer it")

    assert offered(a_list("a", LOOK, ssh=None), a_list("b", LOOK, ssh=None))["Metrics"].key == "m"
    assert offered(a_list("a", LOOK, ssh=None), a_list("b", LOOK, ssh=entered))["Metrics"].key == ""


def test_the_worst_of_the_risks_is_told() -> None:
    worse = replace(POKE, risk=Risk.DESTROYS)
    for groups in ((a_list("a", POKE), a_list("b", worse)), (a_list("a", worse), a_list("b", POKE))):
        assert offered(*groups)["Poke"].risk is Risk.DESTROYS


def test_what_can_be_asked_for_comes_first_and_what_an_api_lacks_last_and_only_where_none_has_it() -> None:
    lacks = {"stop": "it has no stop", "poke": "it has no poke"}
    stop = replace(POKE, name="halt", label="Halt", key="H")
    found = offered(a_list("a", stop, POKE, absent={"stop": "never"}), a_list("b", POKE, absent=lacks))
    assert list(found) == ["Poke", "Halt", "Stop"]
    assert found["Stop"].off == "a: never"
    assert found["Stop"].verb is None


def test_a_verb_that_one_has_and_another_lacks_is_told_once() -> None:
    groups = (a_list("a", POKE), a_list("b", absent={"poke": "it has no poke"}))
    found = action_items_for(Targets((), (), groups, True), {})
    assert [(one.label, one.off) for one in found] == [("Poke", "b has no poke")]


def test_what_can_be_asked_for_is_told_once() -> None:
    groups = (a_list("a", POKE, LOOK), a_list("b", POKE, LOOK))
    assert [one.label for one in action_items_for(Targets((), (), groups, True), {})] == ["Poke", "Metrics"]


def test_of_one_list_everything_is_as_it_is_there_and_of_none_there_is_nothing() -> None:
    found = offered(a_list("a", LOOK, POKE, MAKE))
    assert {label: off(one) for label, one in found.items()} == {"Metrics": ("", 1), "Poke": ("", 1), "New": ("", 1)}
    assert [call.group.rows for call in found["New"].calls] == [()]
    assert action_items_for(Targets(), {}) == ()


def test_verbs_without_a_key_clash_with_nothing() -> None:
    found = offered(*(a_list(name, replace(POKE, key=""), replace(PROD, key="")) for name in "ab"))
    assert [(one.key, one.clashes) for one in found.values()] == [("", ()), ("", ())]


def test_a_row_of_another_list_is_in_no_group_and_a_verb_of_another_in_no_call() -> None:
    one, pools, other = a_list("a", POKE), a_list("a", view="pools"), a_list("b", PROD)
    for strange in (pools, other):
        with pytest.raises(ValueError, match="is no row of a/nodes"):
            replace(one, rows=(*one.rows, *strange.rows))
    with pytest.raises(ValueError, match="prod is no verb of nodes"):
        Call(one, PROD)
    with pytest.raises(ValueError, match="poke is no verb of nodes"):
        Call(one, replace(POKE, risk=Risk.DESTROYS))
    assert Call(one, POKE).verb is POKE


def test_targets_are_called_by_name_or_counted() -> None:
    (row,) = a_list("a", POKE).rows
    told = [Targets(rows=rows, marked=marked).words for rows in ((), (row,), (row, row)) for marked in (False, True)]
    assert told == ["", "", "one", "one", "2 rows", "2 marked rows"]


@pytest.mark.parametrize(("count", "hidden"), [(1, 0), (2, 1)])
def test_of_one_row_none_is_hidden(count: int, hidden: int) -> None:
    rows = a_list("a", POKE).rows * count
    assert Targets(rows=rows, hidden=1).invocation("Poke", ()).hidden == hidden


def test_in_one_list_that_is_read_only_every_change_is_off_and_a_look_is_not() -> None:
    found = offered(a_list("a", LOOK, POKE, MAKE, locked=True))
    assert {label: one.off for label, one in found.items()} == {
        "Metrics": "",
        "Poke": read_only("a"),
        "New": read_only("a"),
    }
    assert (found["Poke"].note, found["Metrics"].note) == (read_only("a"), "only looks")


def test_two_rows_of_a_list_can_be_changed_and_not_looked_at() -> None:
    one = a_list("a", LOOK, POKE)
    found = offered(replace(one, rows=one.rows * 2))
    assert {label: item.off for label, item in found.items()} == {"Metrics": ONE_ROW, "Poke": ""}
