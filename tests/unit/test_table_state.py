"""Cursor and marks: whatever happens to the rows, they stay on the same identities or let go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gputui.core.cells import Cell
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table.order import Sort, sorted_place
from gputui.ui.table.state import TableState
from tests.examples import examples


def row(identity: int, value: int = 0) -> Row:
    return Row(Ref("p", "v", str(identity)), f"name-{identity}", "", Health.OK, (Cell(str(value), value),))


def state_of(*identities: int) -> TableState:
    state = TableState()
    state.take(by_ref(*identities))
    return state


def by_ref(*identities: int) -> dict[Ref, Row]:
    return {made.ref: made for made in map(row, identities)}


def cursor(state: TableState) -> str | None:
    return state.selection.cursor.id if state.selection.cursor else None


def test_the_first_rows_ever_put_the_cursor_on_the_first() -> None:
    state = TableState()
    state.take({})
    assert cursor(state) is None
    state.take(by_ref(4, 5))
    assert cursor(state) == "4"


def test_the_cursor_stays_on_the_first_line_until_somebody_moves_or_holds_it() -> None:
    for act in (lambda state: state.selection.step(state.order, 1), lambda state: state.selection.hold()):
        state = state_of(5, 6)
        state.take(by_ref(3, 4, 5, 6))
        assert (cursor(state), state.selection.line) == ("3", 0)
        act(state)
        chosen = cursor(state)
        state.take(by_ref(1, 2, 3, 4, 5, 6))
        assert cursor(state) == chosen


def test_nothing_to_hold_holds_nothing() -> None:
    state = state_of()
    state.selection.hold()
    state.take(by_ref(4))
    assert cursor(state) == "4"


def test_rows_that_come_before_do_not_move_the_cursor() -> None:
    state = state_of(1, 2, 3)
    state.selection.step(state.order, 1)
    state.take(by_ref(7, 8, 9, 1, 2, 3))
    assert (cursor(state), state.selection.line) == ("2", 4)


def test_a_far_move_is_followed_too() -> None:
    state = state_of(*range(1000))
    state.selection.hold()
    state.take(by_ref(*range(1, 1000), 0))
    assert (cursor(state), state.selection.line) == ("0", 999)


def test_a_row_that_leaves_leaves_nothing_chosen_and_its_place_remembered() -> None:
    for step, expected in ((1, "4"), (-1, "2")):
        state = state_of(1, 2, 3, 4)
        state.selection.to_line(state.order, 2)
        state.take(by_ref(1, 2, 4))
        assert cursor(state) is None
        state.selection.step(state.order, step)
        assert cursor(state) == expected


def test_from_a_row_that_the_filter_hides_the_cursor_is_only_away() -> None:
    state = state_of(1, 2, 3)
    state.selection.to_line(state.order, 1)
    filtered(state, 3)
    assert cursor(state) is None
    filtered(state, 1)
    assert (cursor(state), state.selection.line) == ("2", 1)
    filtered(state, 3)
    state.selection.step(state.order, 1)
    filtered(state, 1)
    assert cursor(state) == "3", "another row was chosen meanwhile"


def test_where_nothing_can_be_chosen_the_first_row_that_comes_has_the_cursor() -> None:
    state = state_of(1, 2)
    state.selection.hold()
    filtered(state, 5)
    state.selection.to_line(state.order, 0)
    state.take(by_ref(1, 2, 7))
    assert cursor(state) == "7"
    filtered(state, 0)
    assert cursor(state) == "1", "the row that was chosen before is shown again"


def filtered(state: TableState, least: int) -> None:
    state.keep = lambda shown: int(shown.ref.id) >= least
    state.arrange()


def test_a_row_that_comes_back_is_not_chosen_again() -> None:
    state = state_of(1, 2)
    state.selection.hold()
    state.take(by_ref(2))
    state.take(by_ref(1, 2))
    assert cursor(state) is None


def test_the_filter_takes_the_cursor_away_but_not_the_marks() -> None:
    state = state_of(1, 2, 3)
    state.selection.hold()
    state.mark_only(state.order[:2])
    state.keep = lambda shown: shown.ref.id != "1"
    state.arrange()
    assert cursor(state) is None
    assert {ref.id for ref in state.selection.marks} == {"1", "2"}
    assert state.hidden_marks == 1


def test_marks_of_vanished_rows_go() -> None:
    state = state_of(1, 2)
    state.mark_only(state.order)
    state.take(by_ref(2))
    assert {ref.id for ref in state.selection.marks} == {"2"}
    state.take(by_ref(1, 2))
    assert {ref.id for ref in state.selection.marks} == {"2"}


def test_choosing_what_is_not_shown_changes_nothing() -> None:
    state = state_of(1, 2)
    assert not state.selection.choose(state.order, Ref("p", "v", "9"))
    assert cursor(state) == "1"
    assert state.selection.choose(state.order, None)
    assert cursor(state) is None


def test_a_new_version_that_stays_on_its_line_costs_no_sorting(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {one.ref: one for one in (row(n, (n * 7) % 100) for n in range(100))}
    table = TableState()
    table.take(made, {ref: (int(ref.id),) for ref in made})
    table.sort = Sort(0)
    table.arrange()
    order, asked = list(table.order), list[Row]()

    def counted(one: Row, sort: Sort, given: tuple[int, ...]) -> tuple[object, ...]:
        asked.append(one)
        return sorted_place(one, sort, given)

    monkeypatch.setattr("gputui.ui.table.state.sorted_place", counted)
    new = {ref: (replace(one, state="other"), (int(ref.id),)) for ref, one in list(made.items())[:40]}
    table.change(new, ())
    assert (list(table.order), asked) == (order, [])
    assert all(table.rows[ref] is one for ref, (one, _) in new.items())
    last = row(0, 1000)
    table.change({last.ref: (last, (0,))}, ())
    assert table.order == [*(ref for ref in order if ref != last.ref), last.ref]
    assert asked


class TableMachine(RuleBasedStateMachine):
    """Random snapshots, sorts, filters, marks and moves against what a person would say is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.state = TableState()
        self.chosen: Ref | None = None
        self.marked: set[Ref] = set()
        self.held = False
        self.missed: Ref | None = None

    @rule(identities=st.lists(st.integers(0, 12), unique=True), values=st.integers(0, 3))
    def take(self, identities: list[int], values: int) -> None:
        self.state.take({made.ref: made for made in (row(n, n % (values + 1)) for n in identities)})
        self.marked &= self.state.rows.keys()
        self._rows_changed()

    @rule(least=st.one_of(st.none(), st.integers(0, 12)))
    def filter(self, least: int | None) -> None:
        self.state.keep = None if least is None else lambda shown: int(shown.ref.id) >= least
        self.state.arrange()
        self._rows_changed()

    @rule(sort=st.one_of(st.none(), st.builds(Sort, st.just(0), st.booleans())))
    def sort(self, sort: Sort | None) -> None:
        self.state.sort = sort
        self.state.arrange()
        self._rows_changed()

    @rule(lines=st.sampled_from([-20, -3, -1, 1, 3, 20]))
    def step(self, lines: int) -> None:
        order, before, line = self.state.order, self.chosen, self.state.selection.line
        self.state.selection.step(order, lines)
        if order:
            start = order.index(before) if before is not None else line - (lines > 0)
            self.chosen, self.missed = order[max(0, min(start + lines, len(order) - 1))], None
        self.held = bool(order)

    @rule()
    def hold(self) -> None:
        self.state.selection.hold()
        if not self.held and self.chosen is not None:
            self.held, self.missed = True, None

    @rule(line=st.integers(0, 12))
    def mark(self, line: int) -> None:
        if line < len(self.state.order):
            ref = self.state.order[line]
            self.marked ^= {ref}
            self.state.mark_only(self.state.selection.marks ^ {ref})

    def _rows_changed(self) -> None:
        if self.held and self.chosen in self.state.order:
            return
        if self.held and self.chosen is not None:
            self.missed = self.chosen
        self.missed = self.missed if self.missed in self.state.rows else None
        if self.missed in self.state.order:
            self.chosen, self.missed, self.held = self.missed, None, True
        elif self.held:
            self.chosen = None
        else:
            self.chosen = self.state.order[0] if self.state.order else None

    @invariant()
    def cursor_and_marks_are_who_they_were(self) -> None:
        selection = self.state.selection
        assert selection.cursor == self.chosen
        assert selection.marks == self.marked
        if selection.cursor is not None:
            assert self.state.order[selection.line] == selection.cursor
            assert self.state.rows[selection.cursor].name == f"name-{selection.cursor.id}"
        assert self.state.hidden_marks == len(self.marked - set(self.state.order))


TestTableMachine = TableMachine.TestCase
TestTableMachine.settings = settings(max_examples=examples(150), stateful_step_count=40, deadline=None)
