"""How a change shows on the row of its target: each word, each bound, and what it never hides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gputui.core.actions import Progress
from gputui.core.cells import EMPTY, is_age, shown_text, verdict, words
from gputui.core.health import Health
from gputui.core.request import SendStatus
from gputui.core.rows import Ref, Row
from gputui.core.spans import spoken
from gputui.engine.fleet import as_stale
from gputui.engine.marks import changes_by_itself, operation_cell, with_operation
from gputui.engine.operations import Operation
from tests.toy import PING, STOP

REF = Ref("p", "nodes", "a")
SENT = 1000.0


def row(health: Health = Health.OK, state: str = "RUNNING") -> Row:
    return Row(REF, "toy-a", state, health, (words("toy-a"), verdict(health), words(state)))


def change(**given: Any) -> Operation:
    return Operation("1", REF, "toy-a", STOP, **{"send_status": SendStatus.ACCEPTED, "sent_at": SENT, **given})


def shown(operation: Operation, at: Row | None = None, after: float = 1.0) -> tuple[Health, str]:
    marked = with_operation(at or row(), operation, SENT + after)
    return marked.health, marked.cells[2].text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "RUNNING stop…"),
        ({"send_status": None}, "sending… 1 s, RUNNING"),
        ({"send_status": SendStatus.UNKNOWN}, "RUNNING stop?"),
        ({"send_status": SendStatus.UNKNOWN, "began": True}, "RUNNING stop…"),
    ],
)
def test_what_is_under_way_is_changing(given: dict[str, Any], text: str) -> None:
    assert shown(change(**given)) == (Health.CHANGING, text)


@pytest.mark.parametrize(
    ("given", "after", "text"),
    [
        ({}, 12.0, "Stop… 12s"),
        ({"send_status": None}, 1.0, "Stop… 1s"),
        ({"send_status": SendStatus.UNKNOWN}, 90.0, "Stop? 1m"),
        ({"progress": Progress.CONTRADICTED, "settled_at": SENT + 5}, 65.0, "Stop failed 1m"),
        ({"progress": Progress.CONTRADICTED, "settled_at": SENT + 5, "seen": True}, 65.0, "–"),
        ({"send_status": SendStatus.REFUSED, "settled_at": SENT + 5}, 10.0, "Stop refused 10s"),
        ({"send_status": SendStatus.REFUSED, "settled_at": SENT + 5}, 100.0, "–"),
        ({"progress": Progress.DONE, "settled_at": SENT + 5}, 10.0, "–"),
    ],
)
def test_the_fleet_says_what_is_being_done_and_for_how_long(given: dict[str, Any], after: float, text: str) -> None:
    cell = operation_cell(change(**given), SENT + after)
    assert shown_text(cell, SENT + after) == text
    assert is_age(cell) or cell is EMPTY


def test_past_its_patience_it_says_for_how_long() -> None:
    assert shown(change(), after=STOP.patience) == (Health.CHANGING, "RUNNING stop…")
    health, text = shown(change(), after=STOP.patience + 60)
    assert (health, text) == (Health.CHANGING, f"RUNNING stop… {spoken(STOP.patience + 60)}")


def test_the_verdict_that_is_read_is_the_one_that_counts() -> None:
    assert with_operation(row(), change(), SENT + 1).cells[1] == verdict(Health.CHANGING)


@pytest.mark.parametrize("health", [Health.BAD, Health.DEGRADED])
@pytest.mark.parametrize("given", [{}, {"settled_at": SENT, "progress": Progress.CONTRADICTED, "end": "failed: ERROR"}])
def test_what_is_at_fault_stays_at_fault(health: Health, given: dict[str, Any]) -> None:
    marked = with_operation(row(health, "ERROR"), change(**given), SENT + 1)
    assert (marked.health, marked.cells[1]) == (health, verdict(health))
    assert marked.cells[2].text != "ERROR"


def test_what_is_stale_stays_stale() -> None:
    stale = as_stale(row())
    marked = with_operation(stale, change(), SENT + 1)
    assert (marked.health, marked.cells[1]) == (stale.health, stale.cells[1])
    assert marked.cells[2].text == "RUNNING stop…"


@pytest.mark.parametrize("send_status", [SendStatus.REFUSED, SendStatus.NOT_SENT])
@pytest.mark.parametrize(("after", "text"), [(59.0, "RUNNING stop refused"), (60.0, "RUNNING"), (61.0, "RUNNING")])
def test_a_refusal_is_shown_for_a_minute_and_is_no_health(send_status: SendStatus, after: float, text: str) -> None:
    assert shown(change(send_status=send_status, settled_at=SENT), after=after) == (Health.OK, text)


@pytest.mark.parametrize(
    ("end", "text"),
    [
        ("failed: ERROR", "failed, RUNNING"),
        ("accepted, then rolled back by the cloud", "rolled back, RUNNING"),
    ],
)
def test_a_bad_end_is_marked_until_it_is_seen(end: str, text: str) -> None:
    failed = change(settled_at=SENT, progress=Progress.CONTRADICTED, end=end)
    assert shown(failed, after=10_000.0) == (Health.DEGRADED, text)
    assert shown(replace(failed, seen=True)) == (Health.OK, "RUNNING")


def test_a_good_end_is_no_mark() -> None:
    assert shown(change(settled_at=SENT, progress=Progress.DONE, end="confirmed")) == (Health.OK, "RUNNING")


ENDED = {"settled_at": SENT, "progress": Progress.CONTRADICTED, "end": "failed: ERROR"}


@pytest.mark.parametrize(
    ("given", "text"),
    [({}, "toy-a stop…"), (ENDED, "toy-a failed"), ({"send_status": None}, "toy-a sending… 1 s")],
)
def test_where_a_list_shows_no_state_it_stands_at_the_name(given: dict[str, Any], text: str) -> None:
    nameless = replace(row(state=""), cells=(words("toy-a"), verdict(Health.OK), words("")))
    assert with_operation(nameless, change(**given), SENT + 1).cells[0].text == text


def test_a_name_that_reads_like_the_state_is_not_taken_for_it() -> None:
    alike = replace(row(), cells=(words("RUNNING"), verdict(Health.OK), words("RUNNING")))
    cells = with_operation(alike, change(), SENT + 1).cells
    assert (cells[0].text, cells[2].text) == ("RUNNING", "RUNNING stop…")


@pytest.mark.parametrize(
    ("given", "after", "moves"),
    [
        ({}, 1e6, True),
        ({"send_status": SendStatus.REFUSED, "settled_at": SENT}, 59.0, True),
        ({"send_status": SendStatus.REFUSED, "settled_at": SENT}, 60.0, False),
        ({"send_status": SendStatus.REFUSED, "settled_at": None}, 60.0, True),
        ({"action": PING, "send_status": SendStatus.UNKNOWN, "settled_at": SENT}, PING.patience, True),
        ({"action": PING, "send_status": SendStatus.UNKNOWN, "settled_at": SENT}, PING.patience + 1, False),
        ({"settled_at": SENT, "progress": Progress.DONE, "end": "confirmed"}, 1.0, False),
        (ENDED, 1.0, False),
    ],
)
def test_what_the_clock_alone_changes(given: dict[str, Any], after: float, moves: bool) -> None:
    assert changes_by_itself(replace(change(), **given), SENT + after) is moves


def test_a_stale_row_of_the_fleet_is_not_found_as_fine() -> None:
    seen = row()
    stale = as_stale(replace(seen, own=seen.cells))
    assert "ok" in seen.text and "ok" not in stale.text.split()
    assert "? stale" in stale.text
