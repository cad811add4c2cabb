"""How little the table paints, how it looks, and that nothing old is ever seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from textual.color import Color
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from gputui.core.cells import EMPTY, words
from gputui.ui.table.canvas import LineCanvas
from gputui.ui.table.widths import PATIENCE
from gputui.ui.terminal.themes import textual_theme
from tests.pilot.table_app import (
    TableApp,
    line_of,
    names,
    nothing_said,
    ref,
    row,
    rows,
    screen_lines,
    shipped_theme,
    start,
    wait_until,
)


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


async def test_nothing_changed_means_nothing_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        with painting(app, monkeypatch) as asked, nothing_said(app):
            table.show(rows(*range(1, 41)))  # new objects, the same to see
            table.show(table.rows)
            table.redraw()
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
            table.redraw()
            await pilot.pause()
        (regions,) = asked
        assert [region.y for region in regions] == [1]
        assert "16s" in line_of(app, "node-1").split()


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


def colours(app: TableApp, name: str) -> set[object]:
    strips = app.screen._compositor.render_strips()
    strip = next(strip for strip in strips if f" {name} " in strip.text)
    return {segment.style.color for segment in strip.crop(3, 30) if segment.style}


async def test_stale_rows_have_no_colour_of_health() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        assert len(colours(app, "node-2")) > 1
        table.show(rows(1, 2), stale=frozenset({"p"}))
        await pilot.pause()
        assert len(colours(app, "node-2")) == 1
        table.show(rows(1, 2), stale=frozenset({"another"}))
        await pilot.pause()
        assert len(colours(app, "node-2")) > 1


async def test_the_theme_can_change_under_it() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        await start(app, pilot, *range(1, 41))
        dark = background(app, "node-3", 3)
        await pilot.press("G")
        app.register_theme(textual_theme(shipped_theme("gputui-light")))
        app.theme = "gputui-light"
        await wait_until(pilot, lambda: background(app, "node-38", 3) != dark)
        await pilot.press("g")  # lines drawn before the change come back into view
        await pilot.pause()
        assert background(app, "node-3", 3) not in (dark, None)


@pytest.mark.parametrize("newer", [(1, 5), (*range(50, 90), 1)], ids=["in place", "elsewhere"])
async def test_what_changes_while_it_is_hidden_is_seen_afterwards(newer: tuple[int, ...]) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, 1, 2)
        table.choose(ref(1))
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


async def test_a_column_is_as_wide_as_its_rows_need_again_after_a_while() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        table = await start(app, pilot, 1, 1_000_000_000)
        wide = screen_lines(app)[0].index("HEALTH")
        table.change({}, [ref(1_000_000_000)])
        app.clock.time += PATIENCE / 2
        table.redraw()
        await pilot.pause()
        assert screen_lines(app)[0].index("HEALTH") == wide
        app.clock.time += PATIENCE
        table.redraw()
        await pilot.pause()
        assert screen_lines(app)[0].index("HEALTH") == wide - len("1000000000") + 1
        assert line_of(app, "node-1").index("ok") == screen_lines(app)[0].index("HEALTH") + 2
