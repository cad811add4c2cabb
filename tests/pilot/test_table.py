"""The table's keys, cursor, marks and order: what is done and what is then seen under the bar."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events

from gputui.core.health import Health
from gputui.ui.table.live_table import LiveTable
from tests.examples import examples
from tests.pilot.table_app import (
    TableApp,
    line_of,
    names,
    nothing_said,
    ref,
    row,
    rows,
    screen_lines,
    start,
)


async def test_the_first_rows_are_seen_with_the_cursor_on_the_first() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2, 3)
        assert screen_lines(app)[0].split() == ["NAME", "HEALTH", "GPUS", "AGE", "IMAGE"]
        assert screen_lines(app)[1].startswith(" ▌ node-1  ● ok")
        assert line_of(app, "node-3").split() == ["node-3", "●", "ok", "8", "13s", "ubuntu"]
        assert (table.cursor_ref, table.shown_count, table.total_count) == (ref(1), 3, 3)
        assert [message.ref for message in app.said if isinstance(message, LiveTable.Moved)] == [ref(1)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("j", 2),
        ("down", 2),
        ("j j k", 2),
        ("G", 40),
        ("end home", 1),
        ("G g", 1),
        ("G k up", 38),
        ("pagedown", 7),
        ("ctrl+f ctrl+f ctrl+b", 7),
        ("pageup", 1),
    ],
)
async def test_keys_move_the_cursor_and_it_stays_in_sight(keys: str, expected: int) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        await pilot.press(*keys.split())
        await pilot.pause()
        assert table.cursor_ref == ref(expected)
        assert line_of(app, f"node-{expected}").startswith(" ▌ ")
        assert sum("▌" in line for line in screen_lines(app)) == 1


async def test_a_refresh_never_moves_the_cursor_to_another_row() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        await pilot.press("j", "j")
        with nothing_said(app):
            table.show(rows(90, 91, 92, 93, 94, 95, 96, *range(1, 41)))
            await pilot.pause()
        assert table.cursor_ref == ref(3)
        assert line_of(app, "node-3").startswith(" ▌ ")  # it was in sight and still is


async def test_when_its_row_goes_nothing_is_chosen_and_the_next_step_lands_nearby() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2, 3, 4)
        await pilot.press("j", "j")
        table.show(rows(1, 2, 4))
        await pilot.pause()
        assert table.cursor_ref is None
        assert not any("▌" in line for line in screen_lines(app))
        assert isinstance(app.said[-1], LiveTable.Moved) and app.said[-1].ref is None
        with nothing_said(app):
            await pilot.press("enter", "space")
        await pilot.press("j")
        assert table.cursor_ref == ref(4)


async def test_enter_opens_the_row_it_was_pressed_on() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        await start(app, pilot, 1, 2, 3)
        await pilot.press("j", "enter")
        assert isinstance(app.said[-1], LiveTable.Opened)
        assert app.said[-1].ref == ref(2)
        assert app.said[-1].control is app.table


async def test_marks_are_set_shown_counted_and_cleared() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2, 3)
        await pilot.press("space", "space")
        assert table.marks == {ref(1), ref(2)}
        assert table.cursor_ref == ref(3)
        assert line_of(app, "node-1").startswith("●  ")
        table.set_filter(lambda shown: shown.name != "node-1")
        await pilot.pause()
        assert (table.hidden_marks, table.shown_count, table.total_count) == (1, 2, 3)
        assert table.cursor_ref == ref(3)
        await pilot.press("*")
        assert table.marks == {ref(1), ref(2), ref(3)}
        table.set_filter(None)
        table.show(rows(2, 3))
        assert table.marks == {ref(2), ref(3)}
        assert isinstance(app.said[-1], LiveTable.MarksChanged)
        await pilot.pause()
        await pilot.press("ctrl+backslash")
        assert table.marks == frozenset()
        assert not any(line.startswith("●") for line in screen_lines(app))


async def test_many_rows_are_sorted_by_pieces_between_which_the_loop_has_its_turn() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 6001))
        table.to_line(2)
        table.sort_by(0, reverse=True)
        turns = 0
        while table._state.arranging:
            assert (table.shown_refs[0], table.cursor_ref) == (ref(1), ref(3))
            await asyncio.sleep(0)
            turns += 1
        assert turns > 20
        assert (table.shown_refs[0], table.shown_refs[-1]) == (ref(6000), ref(1))
        assert (table.cursor_ref, table._state.selection.line) == (ref(3), 5997)
        await pilot.pause()
        assert line_of(app, "node-3 ").startswith(" ▌ ")
        table.set_filter(lambda shown: shown.name.endswith("7"))
        table.finish_arranging()
        assert (table.shown_count, table.cursor_ref) == (600, None)


async def test_sorting_by_keys_shows_an_arrow_and_keeps_the_cursor_on_its_row() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot)
        given_rows = [row(1, gpus=8), row(2, gpus=2, health=Health.BAD), row(3, gpus=4)]
        table.show({made.ref: made for made in given_rows})
        await pilot.press("shift+right")
        assert names(app) == ["node-1", "node-2", "node-3"]
        assert screen_lines(app)[0].startswith("   NAME↑")
        await pilot.press("shift+right")
        assert names(app) == ["node-2", "node-1", "node-3"]
        await pilot.press("shift+right", "shift+down")
        assert names(app) == ["node-1", "node-3", "node-2"]
        assert "GPUS↓" in screen_lines(app)[0]
        assert table.cursor_ref == ref(1)
        await pilot.press("shift+up")
        assert names(app) == ["node-2", "node-3", "node-1"]
        await pilot.press("shift+left", "shift+left", "shift+left")
        assert table.sorting is None
        assert names(app) == ["node-1", "node-2", "node-3"]
        assert line_of(app, "node-1").startswith(" ▌ ")


async def test_columns_out_of_sight_are_reached_and_the_name_stays() -> None:
    app = TableApp()
    async with app.run_test(size=(30, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        table.wide = True
        await pilot.pause()
        assert screen_lines(app)[0].rstrip().endswith("›")
        await pilot.press("right")
        assert screen_lines(app)[0].split() == ["‹", "NAME", "GPUS", "AGE", "IMAGE"]
        assert screen_lines(app)[1].split() == ["▌", "node-1", "8", "11s", "ubun…"]
        await pilot.press("right", "right", "right")
        assert screen_lines(app)[1].split() == ["▌", "node-1", "11s", "ubuntu"]  # there is nothing further
        await pilot.press("left", "left", "left", "left")
        assert screen_lines(app)[0].split()[:2] == ["NAME", "HEALTH"]


async def test_the_column_sorted_by_comes_into_view() -> None:
    app = TableApp()
    async with app.run_test(size=(30, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        table.sort_by(3)
        await pilot.pause()
        assert "AGE↑" in screen_lines(app)[0]


async def test_the_mouse_chooses_and_scrolls_and_opens_nothing() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        await pilot.click(table, offset=(5, 3), times=2)
        assert table.cursor_ref == ref(3)
        table.post_message(events.MouseScrollDown(table, 5, 3, 0, 0, 0, False, False, False))
        await pilot.pause()
        assert table.top > 0
        assert table.cursor_ref == ref(3)
        assert not any(isinstance(message, LiveTable.Opened) for message in app.said)
        await pilot.click(table, offset=(5, 0))
        assert table.cursor_ref == ref(3)


async def test_a_click_below_the_last_row_chooses_nothing() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        await pilot.click(table, offset=(5, 6))
        assert table.cursor_ref == ref(1)


async def test_every_key_has_an_id_of_its_own_and_can_be_given_another() -> None:
    ids = [binding.id for binding in LiveTable.BINDINGS if not isinstance(binding, tuple)]
    assert len(set(ids)) == len(ids) == 16
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2, 3)
        app.set_keymap({"table.down": "n"})
        await pilot.press("n", "j")
        assert table.cursor_ref == ref(2)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("show"), st.lists(st.integers(0, 30), unique=True, max_size=25)),
        st.tuples(st.just("sort"), st.sampled_from([None, 0, 1, 2])),
        st.tuples(st.just("filter"), st.sampled_from([None, 2, 3])),
        st.tuples(st.just("step"), st.sampled_from([-7, -1, 1, 7])),
        st.tuples(st.just("mark"), st.just(0)),
        st.tuples(st.just("scroll"), st.integers(0, 25)),
        st.tuples(st.just("paint"), st.just(0)),
    ),
    max_size=25,
)


def act(table: LiveTable, verb: str, value: Any) -> None:
    if verb == "show":
        table.show({ref(n): row(n, gpus=n * 7 % 5) for n in value})
    elif verb == "sort":
        table.sort_by(value, reverse=value == 2)
    elif verb == "filter":
        table.set_filter(None if value is None else lambda shown: int(shown.ref.id) % value != 0)
    elif verb == "step":
        table.action_step(value)
    elif verb == "mark":
        table.action_mark()
    elif verb == "scroll":
        table.scroll_to(y=value, animate=False)


@settings(max_examples=examples(25), deadline=None)
@given(STEPS)
def test_whatever_happens_the_line_with_the_bar_is_the_chosen_row(steps: list[tuple[str, Any]]) -> None:
    async def play() -> None:
        app = TableApp()
        async with app.run_test(size=(60, 8)) as pilot:
            table = await start(app, pilot, *range(10))
            for verb, value in [*steps, ("paint", 0)]:
                act(table, verb, value)
                if verb == "paint":
                    await pilot.pause()
                    check(app)

    asyncio.run(play())


def check(app: TableApp) -> None:
    table, lines = app.table, screen_lines(app)[1:]
    order = [shown.id for shown in table.shown_refs]
    seen = [line[3:].split()[0].removeprefix("node-") for line in lines if line[:50].strip()]
    assert seen == order[table.top : table.top + 7]
    barred = [line[3:].split()[0] for line in lines if line[1:2] == "▌"]
    chosen = table.cursor_ref
    assert barred == ([f"node-{chosen.id}"] if chosen and f"{chosen.id}" in seen else [])
    marked = {line[3:].split()[0].removeprefix("node-") for line in lines if line.startswith("●")}
    assert marked == {mark.id for mark in table.marks} & set(seen)
    assert table.marks <= table.rows.keys()
    assert chosen is None or chosen in table.shown_refs
