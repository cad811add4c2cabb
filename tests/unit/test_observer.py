"""What history is told of each reading and operation, and in which words its changes are told again."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.core.cells import NONE_TEXT, Cell, Column, Role
from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.rows import Ghost, Ref, Row, Snapshot
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.history.facts import LONGEST, FactsOf
from gputui.engine.history.history import NoHistory
from gputui.engine.history.observer import Observer, observed
from gputui.engine.history.records import Facts, ListReading, ObservedChange, What
from tests.toy import NODES, PROVIDER, Machine

CLOUD = cast(Cloud, SimpleNamespace(name="lab", provider=PROVIDER))
WEST = (Gap("region west"),)


def ref(of: str) -> Ref:
    return Ref("lab", "nodes", of)


def row(of: str, state: str = "RUNNING", address: str = "", *, readable: bool = True) -> Row:
    cells = (*(Cell(text) for text in (of, "", state, "", address)),)
    health = Health.OK if state == "RUNNING" else Health.BAD
    return Row(ref(of), of, state, health, cells, item=Machine(of, of, state) if readable else None)


def shot(*rows: Row, at: float | None = 5.0, **more: Any) -> Snapshot:
    return Snapshot({one.ref: one for one in rows}, taken_at=at, **more)


class Noting(NoHistory):
    def __init__(self) -> None:
        self.readings: list[ListReading] = []
        self.operations: list[ObservedChange] = []

    def note(self, reading: ListReading) -> None:
        self.readings.append(reading)

    def note_operation(self, change: ObservedChange) -> None:
        self.operations.append(change)

    @property
    def newest(self) -> tuple[list[str], list[str], bool]:
        """Which rows the last reading had, which had gone, and whether that was all."""
        reading = self.readings[-1]
        return [facts.id for facts in reading.rows], list(reading.gone), reading.all_of_it


@pytest.fixture
def history() -> Noting:
    return Noting()


@pytest.fixture
def observer(history: Noting) -> Observer:
    return Observer(history, lambda ref: row("a", "ERROR") if ref.id == "a" else None, lambda: 9.0)


def told(observer: Observer, moved: str, new: Snapshot, view: str = "nodes") -> None:
    observer.published(CLOUD, Feed(view), [ref(one) for one in moved], Snapshot(), new)


# ---------------------------------------------------------------------- readings


def test_a_history_that_begins_anew_is_told_the_whole_list_again(observer: Observer, history: Noting) -> None:
    told(observer, "ab", shot(row("a"), row("b")))
    history.begun = 1
    told(observer, "a", shot(row("a"), row("b")))
    assert history.newest == (["a", "b"], [], True)
    told(observer, "a", shot(row("a"), row("b")))
    assert history.newest == (["a"], [], False)


def test_the_first_whole_reading_is_noted_whole_and_then_what_has_moved(observer: Observer, history: Noting) -> None:
    told(observer, "abc", shot(row("a"), row("b"), row("c")))
    assert history.newest == (["a", "b", "c"], [], True)
    told(observer, "bc", shot(row("a"), row("b", "ERROR"), at=6.0))
    assert history.newest == (["b"], ["c"], False)
    assert [(one.profile, one.view, one.at) for one in history.readings] == [("lab", "nodes", 5.0), ("lab", "nodes", 6)]


def test_what_was_never_read_or_is_no_list_of_the_cloud_is_not_noted(observer: Observer, history: Noting) -> None:
    told(observer, "a", shot(row("a"), at=None))
    told(observer, "a", shot(row("a")), view="pools")
    assert history.readings == []


def test_a_reading_in_part_proves_no_end_and_the_next_whole_one_is_noted_whole(
    observer: Observer, history: Noting
) -> None:
    told(observer, "ab", shot(row("a"), row("b"), missing=WEST))
    assert history.newest == (["a", "b"], [], False)
    told(observer, "b", shot(row("a"), missing=WEST, at=6.0))
    assert history.newest == ([], [], False)
    told(observer, "", shot(row("a"), at=7.0))
    assert history.newest == (["a"], [], True)
    told(observer, "a", shot(row("a", "ERROR"), at=8.0))
    assert history.newest == (["a"], [], False)


@pytest.mark.parametrize(("known", "whole"), [(False, True), (True, False)])
def test_after_a_part_that_lacked_some_who_moved_the_next_whole_one_is_noted_whole(
    observer: Observer, history: Noting, known: bool, whole: bool
) -> None:
    told(observer, "ab", shot(row("a"), row("b")))
    ghosts = {ref("b"): Ghost(row("b"), 5.0)} if known else {}
    told(observer, "b", shot(row("a"), missing=WEST, ghosts=ghosts, at=6.0))
    told(observer, "", shot(row("a"), at=7.0))
    assert history.newest[2] is whole


# ---------------------------------------------------------------------- operations


def operation(**changes: Any) -> Any:
    usual: dict[str, Any] = {
        "ref": ref("a"),
        "name": "a",
        "adopted": False,
        "open": True,
        "settled_at": None,
        "action": SimpleNamespace(label="Stop"),
        "outcome": "accepted",
        "entry": "e1",
    }
    return SimpleNamespace(**{**usual, **changes})


@pytest.mark.parametrize(
    ("changes", "noted"),
    [
        ({}, True),
        ({"adopted": True}, False),
        ({"adopted": True, "open": False}, True),
        ({"open": False}, True),
        ({"ref": Ref("lab", "nodes", "")}, False),
    ],
    ids=["ours", "of another console, open", "of another console, ended", "ended", "of a list"],
)
def test_each_end_of_an_operation_is_noted_and_those_of_others_only_when_they_end(
    observer: Observer, history: Noting, changes: dict[str, Any], noted: bool
) -> None:
    observer.operation(operation(**changes))
    assert len(history.operations) == noted


@pytest.mark.parametrize(("settled", "at"), [(None, 9.0), (7.0, 7.0)])
def test_it_is_noted_with_its_time_and_the_health_of_the_row(
    observer: Observer, history: Noting, settled: float | None, at: float
) -> None:
    observer.operation(operation(settled_at=settled))
    observer.operation(operation(ref=ref("gone"), settled_at=settled))
    assert [(one.at, one.health) for one in history.operations] == [(at, Health.BAD), (at, Health.UNKNOWN)]
    first = history.operations[0]
    assert (first.what, first.before, first.after, first.key) == (What.OPERATION, "Stop", "accepted", "e1")


# ---------------------------------------------------------------------- changes


def seen(old: Snapshot, new: Snapshot, *moved: str) -> list[str]:
    return [f"{one.name} {one.text}" for one in observed(NODES, [ref(of) for of in moved], old, new, 9.0)]


def test_what_came_went_and_changed_is_told_and_what_was_not_read_is_not() -> None:
    old = shot(row("a"), row("b"), row("c"))
    assert seen(old, shot(row("a", "ERROR"), row("d"), row("c"), at=6.0), "a", "b", "d") == [
        "a RUNNING → ERROR (bad)",
        "b RUNNING → gone",
        "d new → RUNNING (ok)",
    ]
    assert seen(old, shot(row("a"), missing=WEST, at=6.0), "b") == []
    assert seen(old, shot(row("a"), row("b"), row("c", readable=False), at=6.0), "c") == []


@pytest.mark.parametrize(
    ("what", "before", "after", "text"),
    [
        (What.APPEARED, "", "UP", "new → UP (bad)"),
        (What.GONE, "UP", "", "UP → gone"),
        (What.STATE, "", "DOWN", "none → DOWN (bad)"),
        (What.STATE, "UP", "", "UP → none (bad)"),
        (What.OPERATION, "Stop", "accepted", "Stop: accepted"),
        (What.LOCK, "", "yes", "lock none → yes"),
        (What.OWNER, "kim", "", "owner kim → none"),
    ],
)
def test_a_change_in_words(what: What, before: str, after: str, text: str) -> None:
    assert ObservedChange(9.0, ref("a"), "a", what, before, after, Health.BAD, Health.OK).text == text


# ---------------------------------------------------------------------- facts


def test_the_facts_of_a_row_are_short_and_those_of_one_that_cannot_be_read_are_none() -> None:
    long = "x" * (LONGEST + 1)
    rows = [row("a", address="127.0.0.1"), row("b", long, long), row("c", address=NONE_TEXT), row("d", readable=False)]
    assert LONGEST == 200
    assert list(FactsOf(NODES, rows)) == [
        Facts("a", "a", "RUNNING", "ok", "127.0.0.1"),
        Facts("b", "b", long[:200], "bad", long[:200]),
        Facts("c", "c", "RUNNING", "ok"),
    ]


def test_the_facts_are_found_by_the_roles_of_their_columns() -> None:
    roles = (Role.OWNER, Role.OTHER_ADDRESS, Role.LOCK, Role.ADDRESS)
    view = replace(NODES, columns=tuple(Column(role.value.upper(), lambda _: Cell(""), role=role) for role in roles))
    one = replace(
        row("a"), cells=tuple(Cell(text) for text in ("a", "", "RUNNING", "kim", "203.0.113.1", "yes", "::1"))
    )
    assert list(FactsOf(view, [one])) == [Facts("a", "a", "RUNNING", "ok", "::1", "203.0.113.1", "yes", "kim")]
