"""The table on a screen: keys, what is seen under the cursor, and how little is painted."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from gputui.core.cells import EMPTY, Column, moment, number, verdict, words
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table import LiveTable
from gputui.ui.table_canvas import LineCanvas

NOW = 1_700_000_000.0
COLUMNS = [
    Column[Any]("NAME", lambda _: EMPTY),
    Column[Any]("HEALTH", lambda _: EMPTY),
    Column[Any]("GPUS", lambda _: EMPTY, right=True),
    Column[Any]("AGE", lambda _: EMPTY, right=True),
    Column[Any]("IMAGE", lambda _: EMPTY, wide=True),
]


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


class TableApp(App[None]):
    """One table, and what it has said."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.clock = Clock()
        self.table = LiveTable(COLUMNS, now=self.clock, id="table", **options)
        self.said: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_live_table_moved(self, message: LiveTable.Moved) -> None:
        self.said.append(message)

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        self.said.append(message)

    def on_live_table_marks_changed(self, message: LiveTable.MarksChanged) -> None:
        self.said.append(message)


def ref(identity: int) -> Ref:
    return Ref("p", "nodes", str(identity))


def row(identity: int, *, gpus: int = 8, health: Health = Health.OK) -> Row:
    cells = (
        words(f"node-{identity}"),
        verdict(health),
        number(gpus),
        moment(datetime.fromtimestamp(NOW - 10 - identity, UTC)),
        words("ubuntu"),
    )
    return Row(ref(identity), f"node-{identity}", "", health, cells)


def rows(*identities: int) -> dict[Ref, Row]:
    return {made.ref: made for made in map(row, identities)}


def screen_lines(app: App[Any]) -> list[str]:
    """What stands on the terminal, as the compositor composed it."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def line_of(app: TableApp, name: str) -> str:
    return next(line for line in screen_lines(app) if f" {name} " in line)


def names(app: TableApp) -> list[str]:
    lines = screen_lines(app)[1:]
    return [line[3:].split()[0] for line in lines if line[:79].strip()]


@contextmanager
def painting(app: TableApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Region, ...]]]:
    """Every request to repaint the table meanwhile: its regions, none for all of it."""
    asked: list[tuple[Region, ...]] = []
    refresh = Widget.refresh

    def watched(self: Widget, *regions: Region, **options: Any) -> Widget:
        if self is app.table:
            asked.append(regions)
        return refresh(self, *regions, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Widget, "refresh", watched)
        yield asked


@contextmanager
def nothing_said(app: TableApp) -> Iterator[None]:
    before = list(app.said)
    yield
    assert app.said == before


async def start(app: TableApp, pilot: Pilot[None], *identities: int) -> LiveTable:
    app.table.show(rows(*identities))
    app.table.focus()
    await pilot.pause()
    return app.table


async def test_the_first_rows_are_seen_with_the_cursor_on_the_first() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2, 3)
        assert screen_lines(app)[0].split() == ["NAME", "HEALTH", "GPUS", "AGE"]
        assert screen_lines(app)[1].startswith(" ▌ node-1  ● ok")
        assert line_of(app, "node-3").split() == ["node-3", "●", "ok", "8", "13s"]
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


async def test_nothing_changed_means_nothing_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        with painting(app, monkeypatch) as asked, nothing_said(app):
            table.show(rows(*range(1, 41)))  # new objects, the same to see
            table.show(table.rows)
            table.tick()
            table.set_filter(lambda _: True)
            await pilot.pause()
        assert asked == []


async def test_one_changed_cell_paints_one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp(flash=False)
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        with painting(app, monkeypatch) as asked:
            table.show(rows(*range(1, 41)) | {ref(3): row(3, gpus=4)} | {ref(30): row(30, gpus=1)})
            await pilot.pause()
        (regions,) = asked
        assert [(region.y, region.height) for region in regions] == [(3, 1)]
        assert regions[0].width < 10
        assert line_of(app, "node-3").split()[3] == "4"


async def test_a_move_paints_the_two_lines_it_concerns(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        await start(app, pilot, *range(1, 41))
        with painting(app, monkeypatch) as asked:
            await pilot.press("j")
            await pilot.pause()
        assert [[region.y for region in regions] for regions in asked] == [[1, 2]]


async def test_time_paints_only_the_ages_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot)
        table.show(rows(1, 200))  # 11 seconds and 3 minutes
        await pilot.pause()
        app.clock.time += 5
        with painting(app, monkeypatch) as asked:
            table.tick()
            await pilot.pause()
        (regions,) = asked
        assert [region.y for region in regions] == [1]
        assert line_of(app, "node-1").split()[-1] == "16s"


async def test_a_row_that_comes_or_goes_does_not_lay_out_the_screen_again() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        layouts = app.screen._layout_updates
        table.show(rows(*range(1, 40)))
        await pilot.pause()
        assert app.screen._layout_updates == layouts
        assert table.max_scroll_y == 39 + 1 - 8
        table.show(rows(1, 2))
        await pilot.pause()
        assert names(app) == ["node-1", "node-2"]
        assert not table.show_vertical_scrollbar


def background(app: TableApp, name: str, column: int) -> Color | None:
    """The background of the cell at `column` of the line of this row."""
    strips = app.screen._compositor.render_strips()
    strip = next(strip for strip in strips if f" {name} " in strip.text)
    style = next(iter(strip.crop(column, column + 1))).style
    return Color.from_rich_color(style.bgcolor) if style and style.bgcolor else None


async def test_a_changed_cell_stands_out_for_a_moment() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        plain = background(app, "node-2", 25)
        table.show(rows(1) | {ref(2): row(2, gpus=4)})
        await pilot.pause()
        x = screen_lines(app)[0].index("GPUS")
        assert background(app, "node-2", x) != plain
        assert background(app, "node-2", 3) == plain
        await wait_until(pilot, lambda: background(app, "node-2", x) == plain)


async def test_no_flashing_where_it_is_not_wanted() -> None:
    app = TableApp(flash=False)
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        plain = background(app, "node-2", 25)
        table.show(rows(1) | {ref(2): row(2, gpus=4)})
        await pilot.pause()
        assert background(app, "node-2", screen_lines(app)[0].index("GPUS")) == plain


async def wait_until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await pilot.pause(0.02)


def colours(app: TableApp, name: str) -> set[object]:
    strips = app.screen._compositor.render_strips()
    strip = next(strip for strip in strips if f" {name} " in strip.text)
    return {segment.style.color for segment in strip.crop(3, 30) if segment.style}


async def test_stale_rows_have_no_colour_of_health() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        assert len(colours(app, "node-2")) > 1
        for stale in ({"stale": True}, {"dim": True}, {"stale_profiles": frozenset({"p"})}):
            table.show(rows(1, 2), **stale)
            await pilot.pause()
            assert len(colours(app, "node-2")) == 1, stale
            table.show(rows(1, 2), stale_profiles=frozenset({"another"}))
            await pilot.pause()
            assert len(colours(app, "node-2")) > 1


async def test_the_theme_can_change_under_it() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        await start(app, pilot, *range(1, 41))
        dark = background(app, "node-3", 3)
        await pilot.press("G")
        app.theme = "textual-light"
        await wait_until(pilot, lambda: background(app, "node-38", 3) != dark)
        await pilot.press("g")  # lines drawn before the change come back into view
        await pilot.pause()
        assert background(app, "node-3", 3) not in (dark, None)


@pytest.mark.parametrize("newer", [(1, 5), (*range(50, 90), 1)], ids=["in place", "elsewhere"])
async def test_what_changes_while_it_is_hidden_is_seen_afterwards(newer: tuple[int, ...]) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        table.display = False
        await pilot.pause()
        table.show(rows(*newer))
        await pilot.pause()
        table.display = True
        await pilot.pause()
        assert table.cursor_ref == ref(1)
        assert line_of(app, "node-1").startswith(" ▌ ")
        assert set(names(app)) - {"▌"} <= {f"node-{n}" for n in newer}


async def test_what_changes_behind_another_screen_is_seen_afterwards() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        await app.push_screen(Screen())
        table.show(rows(7, 8))
        await pilot.pause()
        await app.pop_screen()
        await pilot.pause()
        assert names(app) == ["node-7", "node-8"]


async def test_a_smaller_window_keeps_the_cursor_in_sight() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 30)) as pilot:
        await start(app, pilot, *range(1, 41))
        await pilot.press(*["j"] * 20)
        await pilot.resize_terminal(40, 6)
        await pilot.pause()
        assert line_of(app, "node-21").startswith(" ▌ ")


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (10, 3), (40, 10), (200, 50)])
async def test_no_size_is_too_small(size: tuple[int, int]) -> None:
    app = TableApp()
    async with app.run_test(size=size) as pilot:
        await start(app, pilot, *range(1, 41))
        await pilot.press("j", "right", "shift+right", "G", "space", "left")
        assert all(strip.cell_length == size[0] for strip in app.screen._compositor.render_strips())


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


async def test_a_name_that_looks_like_markup_is_only_a_name() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot)
        hostile = dataclasses.replace(row(1), cells=(words("[/x]"), words("[@click=app.quit]a[/]"), EMPTY, EMPTY))
        table.show({ref(1): hostile})
        await pilot.pause()
        assert "[/x]" in screen_lines(app)[1]
        assert "[@click=app.quit]a[/]" in screen_lines(app)[1]


def test_what_we_use_of_textuals_inside_is_where_we_think() -> None:
    """`_scroll_update` tells the scrollbars of a new height without laying out the screen."""
    assert callable(LineCanvas._scroll_update)
    assert {"virtual_size", "scroll_y"} <= LineCanvas._reactives.keys()


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


@settings(max_examples=25, deadline=None)
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
