"""Cells that are made when they are asked for: the same as if they had been made at once, and never more of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.cells import BUG_CELL, EMPTY, Cell, Column, Role, words
from gputui.core.health import Health
from gputui.core.made_cells import ItemCells, OtherCells
from gputui.core.rows import Ref, Row
from gputui.engine.fleet import FLEET_COLUMNS, LIVE, as_lost, as_stale, fleet_form
from gputui.engine.standings import UNSEEN
from gputui.ui.table.order import Sort, ordered
from tests.toy import NODES

COLUMNS = tuple(Column[str](letter.upper(), lambda item, letter=letter: words(item + letter)) for letter in "abcde")
PLACES = st.integers(-6, 6)
ADDRESS = [column.role for column in FLEET_COLUMNS].index(Role.ADDRESS)


@given(PLACES, st.none() | PLACES, st.none() | PLACES, st.sampled_from([None, 1, 2, -1]))
def test_they_are_taken_as_those_of_a_tuple(at: int, start: int | None, stop: int | None, step: int | None) -> None:
    made = ItemCells(COLUMNS, "x")
    at_once = tuple(column.cell("x") for column in COLUMNS)
    assert (made, tuple(made), len(made), hash(made)) == (at_once, at_once, len(at_once), hash(at_once))
    assert made[start:stop:step] == at_once[start:stop:step]
    if -len(at_once) <= at < len(at_once):
        assert made[at] == at_once[at]
    else:
        with pytest.raises(IndexError):
            made[at]


def test_they_are_equal_if_each_is() -> None:
    made = ItemCells(COLUMNS, "x")
    assert made == ItemCells(COLUMNS, "x") != ItemCells(COLUMNS, "y")
    assert made != ItemCells(COLUMNS[1:], "x")
    assert made != list(made), "as a tuple"
    assert OtherCells(made, {1: EMPTY}) == OtherCells(ItemCells(COLUMNS, "x"), {1: EMPTY}) != made
    assert OtherCells(made, {1: EMPTY}) == (made[0], EMPTY, *made[2:])
    assert OtherCells(made, {}) == made != OtherCells(made, {}, dim=True)


def test_a_bug_costs_its_own_cell(caplog: pytest.LogCaptureFixture) -> None:
    def broken(item: str) -> Cell:
        raise ValueError(item)

    made = ItemCells((COLUMNS[0], Column("BROKEN", broken), COLUMNS[2]), "x")
    assert list(made) == [words("xa"), BUG_CELL, words("xc")]
    assert "ValueError" in caplog.text


def counted_rows(count: int) -> tuple[Counter[str], list[Row]]:
    """Rows of a list with the columns ADDRESS and OWNER, and how often a cell of each was made."""
    calls: Counter[str] = Counter()

    def of(name: str) -> Column[str]:
        def cell(item: str) -> Cell:
            calls[name] += 1
            return words(f"{name} of {item}")

        return Column(name, cell, role=Role[name])

    view = replace(NODES, columns=(of("ADDRESS"), of("OWNER")), health=None, state=None, label=lambda item: item)
    columns = (Column[str]("NAME", words, role=Role.NAME), *view.columns)
    plain = [
        Row(Ref("p", "nodes", f"{number}"), f"{number}", "", Health.OK, ItemCells(columns, f"{number}"))
        for number in range(count)
    ]
    formed = fleet_form(view, "p")
    return calls, [formed(row, UNSEEN, LIVE, EMPTY) for row in plain]


def test_a_row_of_the_fleet_makes_the_cells_that_are_drawn() -> None:
    calls, rows = counted_rows(50)
    assert not calls
    assert rows[7].cells[ADDRESS] == words("ADDRESS of 7")
    assert calls == {"ADDRESS": 1}


def test_sorting_makes_the_cells_of_its_column_alone() -> None:
    calls, rows = counted_rows(50)
    by_ref = {row.ref: row for row in rows}
    assert [ref.id for ref in ordered(list(by_ref), by_ref, None, Sort(ADDRESS, reverse=True))][:2] == ["49", "48"]
    assert calls == {"ADDRESS": 50}


def test_what_a_word_is_searched_in_is_made_once_for_a_row() -> None:
    calls, rows = counted_rows(5)
    assert all("owner of" in row.text for row in rows for _ in range(3))
    assert calls["OWNER"] == 5


def test_what_changes_on_all_rows_at_once_makes_no_cells() -> None:
    """A list becomes stale, or loses most of its rows: neither may cost all cells of all rows."""
    calls, rows = counted_rows(50)
    changed = [as_lost(as_stale(row)) for row in rows]
    assert not calls
    assert [changed[3].cells[ADDRESS], changed[3].own[2]] == [
        replace(words("ADDRESS of 3"), tone="dim"),
        words("OWNER of 3"),
    ]
