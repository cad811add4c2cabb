"""Widths and places of columns: in cells, never jumping, never beyond the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gputui.core.cells import EMPTY, Cell, Column, RunningCell, lasting, moment, words
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table.columns import GUTTER, ColumnChoice, Layout, fit, lay_out, skip_for
from gputui.ui.table.widths import MOST_PATIENCE, PATIENCE, Widths

NOW = 1_700_000_000.0


def column(title: str, *, right: bool = False, wide: bool = False, max_width: int = 40) -> Column[Any]:
    return Column(title, lambda _: EMPTY, right=right, wide=wide, max_width=max_width)


def row(*cells: Cell) -> Row:
    return Row(Ref("p", "v", "1"), "n", "", Health.OK, cells)


def columns_in(layout: Layout) -> list[int]:
    return [slot.column for slot in layout.slots]


@pytest.mark.parametrize(
    ("text", "width", "right", "expected"),
    [
        ("abc", 5, False, "abc  "),
        ("abc", 5, True, "  abc"),
        ("abcdef", 4, False, "abc…"),
        ("한글이름", 8, False, "한글이름"),
        ("한글이름", 6, False, "한글 …"),
        ("한글", 6, True, "  한글"),
        ("a", 1, False, "a"),
        ("ab", 1, False, "…"),
    ],
)
def test_text_is_fitted_in_cells(text: str, width: int, right: bool, expected: str) -> None:
    assert fit(text, width, right=right, ellipsis="…") == expected


@given(st.text(), st.integers(1, 30), st.booleans())
def test_whatever_the_text_it_takes_its_cells_and_controls_nothing(text: str, width: int, right: bool) -> None:
    shown = fit(text, width, right=right, ellipsis="…")
    assert cell_len(shown) == width
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)


def test_columns_grow_with_their_text_up_to_their_limit_and_not_back_at_once() -> None:
    widths = Widths([column("NAME"), column("NOTE", max_width=10)])
    assert widths.needed == [4, 4]
    assert widths.measure([row(words("한글이름"), words("x" * 50))], NOW)
    assert widths.needed == [8, 10]
    assert not widths.measure([row(words("a"), words("b"))], NOW)
    assert widths.needed == [8, 10]


def named(id: str, *texts: str) -> Row:
    return Row(Ref("p", "v", id), id, "", Health.OK, tuple(map(words, texts)))


def listed(*rows: Row) -> dict[Ref, Row]:
    return {one.ref: one for one in rows}


def test_columns_shrink_a_while_after_their_widest_row_is_gone() -> None:
    widths = Widths([column("NAME"), column("NOTE")])
    long, short = named("1", "a-very-long-name", "x"), named("2", "short-name", "a longer note")
    rows = listed(long, short)
    widths.measure(rows.values(), NOW)
    assert not widths.settle(rows, (), NOW) and widths.needed == [16, 13]
    rows = listed(short)
    for passed in (0.0, 1.0, PATIENCE - 0.1):  # at none of these refreshes does the table move
        assert not widths.settle(rows, (), NOW + passed)
    assert widths.settle(rows, (), NOW + PATIENCE)
    assert widths.needed == [10, 13]
    assert not widths.settle(rows, (), NOW + 10 * PATIENCE)


def test_so_they_do_where_the_row_itself_needs_less() -> None:
    widths = Widths([column("STATE")])
    widths.measure([named("1", "SHUTTING_DOWN"), named("2", "OFF")], NOW)
    rows = listed(named("1", "STOPPED"), named("2", "OFF"))
    widths.measure(rows.values(), NOW)
    assert not widths.settle(rows, (), NOW)
    assert widths.settle(rows, (), NOW + PATIENCE) and widths.needed == [7]


def test_a_row_that_comes_back_or_another_as_wide_keeps_the_width() -> None:
    widths = Widths([column("NAME")])
    one, other = named("1", "as-wide-as-2"), named("2", "as-wide-as-1")
    widths.measure([one, other], NOW)
    assert not widths.settle(listed(one), (), NOW)
    widths.measure([other], NOW + 5)
    assert not widths.settle(listed(one, other), (), NOW + PATIENCE)  # it was gone for a moment
    assert not widths.settle(listed(one), (), NOW + PATIENCE)
    assert not widths.settle(listed(one), (), NOW + 2 * PATIENCE)
    assert widths.needed == [12]


def test_what_comes_and_goes_moves_the_table_ever_more_seldom() -> None:
    widths, base, guest = Widths([column("STATE")]), named("1", "RUNNING"), named("2", "SHUTTING_DOWN")
    now, moves = NOW, 0
    while now < NOW + 3600:  # a state that is there for 15 of every 30 seconds
        away = (now - NOW) % 30 < 15
        rows = listed(base) if away else listed(base, guest)
        moves += widths.measure(rows.values(), now)
        moves += widths.settle(rows, (), now)
        now += 1.0
    assert moves <= 4
    for _ in range(20):
        now += MOST_PATIENCE
        widths.settle(listed(base), (), now)
    assert widths.needed == [7]


def test_rows_in_view_count_however_many_there_are() -> None:
    widths = Widths([column("NAME")])
    rows = listed(*(named(str(n), "short") for n in range(2000)), named("last", "the-last-one"))
    gone, last = named("gone", "the-widest-row"), rows[Ref("p", "v", "last")]
    widths.measure([*rows.values(), gone], NOW)
    widths.settle(rows, (last,), NOW)
    assert widths.settle(rows, (last,), NOW + PATIENCE)
    assert widths.needed == [len("the-last-one")]


def test_an_age_has_room_to_grow() -> None:
    widths = Widths([column("AGE", right=True)])
    widths.measure([row(moment(datetime.fromtimestamp(NOW - 3, UTC)))], NOW)
    assert widths.needed == [5]


COLUMNS = [column("NAME"), column("STATE"), column("GPUS", right=True), column("IMAGE"), column("NOTE", wide=True)]
NEEDED = [12, 10, 4, 20, 8]


def test_in_a_large_window_every_column_has_what_it_needs() -> None:
    layout = lay_out(COLUMNS, NEEDED, 60)
    assert [(slot.x, slot.width) for slot in layout.slots] == [(3, 12), (17, 10), (29, 4), (35, 20)]
    assert (layout.before, layout.after) == (0, 0)


def test_wide_columns_show_where_they_fit_whole_or_in_wide_mode() -> None:
    assert columns_in(lay_out(COLUMNS, NEEDED, 64)) == [0, 1, 2, 3]
    assert columns_in(lay_out(COLUMNS, NEEDED, 65)) == [0, 1, 2, 3, 4]
    assert columns_in(lay_out(COLUMNS, NEEDED, 60, wide=True)) == [0, 1, 2, 3, 4]


def test_a_wide_column_that_is_empty_leaves_its_room_to_the_next() -> None:
    columns = [column("NAME"), column("NOTE", wide=True), column("OWNER", wide=True)]
    assert columns_in(lay_out(columns, [12, 8, 8], GUTTER + 22)) == [0, 1]
    assert columns_in(lay_out(columns, [12, 8, 8], GUTTER + 22, filled=[True, False, True])) == [0, 2]
    assert columns_in(lay_out(columns, [12, 8, 8], 80, wide=True, filled=[True, False, False])) == [0, 1, 2]
    pinned = ColumnChoice(pinned=frozenset((1,)))
    assert columns_in(lay_out(columns, [12, 8, 8], 80, choice=pinned, filled=[True, False, False])) == [0, 1]
    widths = Widths(columns)
    widths.measure([row(words("a"), EMPTY, words("kim"))], NOW)
    assert widths.filled == [True, False, True]


def test_what_may_shrink_makes_room_for_a_wide_column() -> None:
    able = replace(column("STATE"), least=12)
    columns = [column("NAME"), able, column("NOTE", wide=True)]
    room = GUTTER + 12 + 2 + 16 + 2 + 8
    assert columns_in(lay_out(columns, [12, 26, 8], room)) == [0, 1, 2]
    assert columns_in(lay_out(columns, [12, 26, 8], room - 1)) == [0, 1]
    assert [slot.width for slot in lay_out(columns, [12, 26, 8], room).slots] == [12, 16, 8]


def test_what_lasts_has_room_for_its_words_and_its_age() -> None:
    widths = Widths([column("OPERATION"), column("PROFILE")])
    since = datetime.fromtimestamp(NOW - 3, UTC)
    widths.measure([row(lasting("Power off…", since), RunningCell("a long text that runs on over others"))], NOW)
    assert widths.needed == [len("Power off… ") + 5, len("PROFILE")]


def test_the_widest_text_gives_way_first() -> None:
    layout = lay_out(COLUMNS, NEEDED, 51)
    assert [slot.width for slot in layout.slots] == [12, 10, 4, 16]


def test_what_has_to_leave_the_screen_leaves_its_room_to_the_rest() -> None:
    columns = [column(title) for title in ("NAME", "STATE", "IMAGE", "ADDRESS")]
    layout = lay_out(columns, [12, 18, 14, 30], GUTTER + 12 + 2 + 18 + 2 + 14)
    assert [slot.width for slot in layout.slots] == [12, 18, 14]
    assert layout.after == 1


def test_what_does_not_fit_is_reached_by_skipping_and_the_name_stays() -> None:
    layout = lay_out(COLUMNS, NEEDED, 32)
    assert columns_in(layout) == [0, 1]
    assert layout.after == 2
    further = lay_out(COLUMNS, NEEDED, 32, skipped=2)
    assert columns_in(further) == [0, 3]
    assert (further.before, further.after) == (2, 0)


def test_a_number_is_shown_whole_or_not_at_all() -> None:
    columns, needed = [column("NAME"), column("BYTES", right=True)], [6, 8]
    assert columns_in(lay_out(columns, needed, GUTTER + 6 + 2 + 8)) == [0, 1]
    assert columns_in(lay_out(columns, needed, GUTTER + 6 + 2 + 7)) == [0]


def test_a_long_name_leaves_half_of_a_narrow_window_to_the_rest_but_has_all_where_it_is_alone() -> None:
    columns = [column("NAME"), column("STATE")]
    assert [slot.width for slot in lay_out(columns, [40, 10], GUTTER + 40).slots] == [20, 10]
    assert [slot.width for slot in lay_out(columns[:1], [40], GUTTER + 40).slots] == [40]


def test_a_column_asked_for_is_brought_into_view_by_the_least_skipping() -> None:
    assert skip_for(1, COLUMNS, NEEDED, 32, wide=False, skipped=0) == 0
    assert skip_for(3, COLUMNS, NEEDED, 32, wide=False, skipped=0) == 2
    assert skip_for(1, COLUMNS, NEEDED, 32, wide=False, skipped=2) == 0


SOME = st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.booleans()), min_size=1, max_size=12)


@given(SOME, st.integers(1, 200), st.integers(0, 15), st.booleans())
def test_columns_never_overlap_nor_leave_the_window(
    some: list[tuple[int, bool, bool]], window: int, skipped: int, wide: bool
) -> None:
    columns = [column("T", right=right, wide=hidden) for _, right, hidden in some]
    layout = lay_out(columns, [width for width, _, _ in some], window, wide=wide, skipped=skipped)
    end = GUTTER
    for slot in layout.slots:
        assert slot.x >= end
        assert slot.width >= 1
        end = slot.x + slot.span
        assert end <= max(window, GUTTER + 1)
    least = [index for index, known in enumerate(columns) if wide or not known.wide]
    shown = len(layout.slots) + layout.before + layout.after
    assert len(least) <= shown <= len(columns)
    if shown == len(least):
        assert columns_in(layout)[:1] == least[:1]
    else:
        assert not layout.before
        assert not layout.after
