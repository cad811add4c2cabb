"""What `Z` offers to take back: what was sent, by the verb of its own list, on the rows that are still there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from gputui.core.health import Health
from gputui.core.request import Outcome, SendStatus
from gputui.core.rows import Ref, Row
from gputui.engine.perform import Result
from gputui.ui.act.last_change import ChangedList, changed_lists, taken_back
from tests.toy import CREATE, DELETE, NODES, STOP

START = replace(STOP, name="start", label="Start", opposite="stop")
HALT = replace(STOP, opposite="start")
VIEW = replace(NODES, actions=(HALT, START, DELETE))


def row(of: str, profile: str = "a") -> Row:
    return Row(Ref(profile, "nodes", of), f"toy-{of}", "RUNNING", Health.OK, ())


def share(profile: str = "a", action: Any = HALT) -> Any:
    return SimpleNamespace(cloud=SimpleNamespace(name=profile), view=VIEW, action=action)


def result(status: SendStatus, of: Row | None) -> Result:
    return Result(of, "x", Outcome(status))


def store(*rows: Row) -> Any:
    return SimpleNamespace(find={one.ref: one for one in rows}.get)


def changed(profile: str = "a", action: Any = HALT, *ids: str) -> ChangedList:
    targets = tuple((Ref(profile, "nodes", of), f"toy-{of}") for of in ids)
    return ChangedList(share(profile).cloud, VIEW, action, targets)


@pytest.mark.parametrize("status", list(SendStatus))
def test_only_what_may_have_been_done_can_be_taken_back(status: SendStatus) -> None:
    may = status in (SendStatus.ACCEPTED, SendStatus.UNKNOWN)
    found = changed_lists([share()], [result(status, row("1")), result(SendStatus.REFUSED, row("2"))])
    assert [[name for _, name in one.targets] for one in found] == ([["toy-1"]] if may else [])
    made = changed_lists([share(action=CREATE)], [result(status, None)])
    assert len(made) == may
    assert changed_lists([share()], [result(status, None)]) == ()


def test_each_list_has_its_own_targets() -> None:
    results = [result(SendStatus.ACCEPTED, row("1", profile)) for profile in "ab"]
    found = changed_lists([share("a"), share("b"), share("c")], results)
    assert [(one.cloud.name, [ref.profile for ref, _ in one.targets]) for one in found] == [("a", ["a"]), ("b", ["b"])]


def test_what_it_offers_is_the_opposite_on_the_rows_as_they_are_now() -> None:
    newest = row("1")
    found = taken_back([changed("a", HALT, "1", "2"), changed("b", HALT, "3")], store(newest))
    assert not isinstance(found, str)
    (call,) = found.calls
    assert (found.label, call.verb, call.group.rows) == ("Start", START, (newest,))
    assert call.group.rows[0] is newest


@pytest.mark.parametrize(
    ("lists", "why"),
    [
        ((), "nothing has been changed since the start"),
        ((changed("a", DELETE, "1"),), "Delete: no verb takes it back"),
        ((changed("a", HALT, "1"), changed("b", DELETE, "1")), "Stop/Delete: no verb takes it back"),
        ((changed("a", HALT, "9"),), "Stop: toy-9"),
    ],
    ids=["nothing", "no opposite", "none in one of them", "gone"],
)
def test_why_there_is_nothing_to_offer(lists: tuple[ChangedList, ...], why: str) -> None:
    found = taken_back(lists, store(row("1")))
    assert isinstance(found, str)
    assert found.startswith(why)
