"""Since when a machine is so: what was seen counts, then what history holds, and nothing is made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gputui.core.cells import EMPTY, NONE_TEXT, at_least, shown_text, verdict, words
from gputui.core.rows import Ref, Row
from gputui.engine.fleet import PLACES, brief_reason, fleet_form, since_cell
from gputui.engine.history.records import MachinePast, Remembered
from gputui.engine.standings import Standing, Standings
from tests.toy import NODES, STATES

REF = Ref("p", "nodes", "1")
READ = 10_000.0


def row(state: str, address: str = "10.0.0.1") -> Row:
    health = STATES[state]
    cells = (words("n"), verdict(health), words(state), words("8"), words(address))
    return Row(REF, "n", state, health, cells)


def remembered(state: str, **more: float) -> dict[str, Remembered]:
    past = MachinePast(health_since=more.get("since"))
    return {"1": Remembered(state, STATES[state].word, more.get("seen_at", READ), past, more.get("changed"))}


def test_what_is_listed_first_has_been_so_at_least_since_then() -> None:
    known = Standings(NODES)
    assert known.saw(row("ERROR"), READ, new=False) == Standing(READ)
    assert known.of(REF) == Standing(READ)


def test_what_comes_later_and_what_falls_begins_then() -> None:
    known = Standings(NODES)
    assert known.saw(row("RUNNING"), READ, new=True) == Standing(READ, READ, READ)
    assert known.saw(row("ERROR"), READ + 5, new=True) == Standing(READ + 5, READ + 5, READ + 5)
    assert known.saw(row("ERROR"), READ + 9, new=True).since == READ + 5
    moved = known.saw(row("ERROR", "10.0.0.2"), READ + 12, new=True)
    assert (moved.since, moved.changed) == (READ + 5, READ + 12)
    known.forget(REF)
    assert known.of(REF) == Standing()


def test_history_tells_what_was_before() -> None:
    known = Standings(NODES)
    known.saw(row("ERROR"), READ, new=False)
    assert known.recall([REF], remembered("ERROR", since=500.0, seen_at=800.0, changed=900.0)) == [REF]
    assert known.of(REF) == Standing(800.0, 500.0, 900.0)
    assert not known.recall([REF], {}), "of an unknown machine it tells nothing"


def test_what_changed_while_nobody_watched_counts_from_when_it_was_noticed() -> None:
    known = Standings(NODES)
    known.saw(row("ERROR"), READ, new=False)
    known.recall([REF], remembered("RUNNING", since=500.0, seen_at=500.0))
    assert known.of(REF) == Standing(READ, READ, READ)


def test_what_changed_before_history_answered_stays() -> None:
    known = Standings(NODES)
    known.saw(row("RUNNING"), READ, new=False)
    known.saw(row("ERROR"), READ + 5, new=True)
    assert known.recall([REF], remembered("RUNNING", since=500.0)) == []
    assert known.of(REF).since == READ + 5


@pytest.mark.parametrize(
    ("after", "shown"), [(59, NONE_TEXT), (60, ">1m"), (3599, ">59m"), (7 * 3600 + 1900, ">7h"), (864_000, ">10d")]
)
def test_a_beginning_that_nobody_saw_is_told_as_at_least(after: float, shown: str) -> None:
    cell = since_cell(Standing(READ))
    assert cell == at_least(cell.value)  # type: ignore[arg-type]
    assert shown_text(cell, READ + after) == shown
    assert shown_text(since_cell(Standing(1.0, READ)), READ + 5) == "5s"


@pytest.mark.parametrize(
    ("reasons", "brief"),
    [
        ((), ""),
        (("exit code 137: killed (SIGKILL): out of memory likely",), "out of memory likely"),
        (("exit code 132: illegal instruction: the program was built for another processor",), "illegal instruction"),
        (("1 of 3 pods run", "more"), "1 of 3 pods run"),
    ],
)
def test_a_reason_is_told_in_two_or_three_words(reasons: tuple[str, ...], brief: str) -> None:
    assert brief_reason(reasons) == brief


def test_a_reason_stands_with_the_state_of_what_is_ill_but_not_in_place_of_an_operation() -> None:
    view = replace(NODES, reasons=lambda _: ("exit code 137: killed: out of memory",))
    state = fleet_form(view, "p")
    ill = replace(row("ERROR"), item=object())
    told = state(ill, Standing(), words("live"), EMPTY)
    assert (told.cells[2].text, told.cells[2].value) == ("out of memory, ERROR", "ERROR")
    assert told.cells[PLACES["why"]].text == "exit code 137: killed: out of memory"
    under_way = replace(ill, cells=(*ill.cells[:2], words("ERROR stop…"), *ill.cells[3:]))
    assert state(under_way, Standing(), words("live"), EMPTY).cells[2].text == "ERROR stop…"
    well = replace(row("RUNNING"), item=object())
    assert state(well, Standing(), words("live"), EMPTY).cells[2].text == "RUNNING"
