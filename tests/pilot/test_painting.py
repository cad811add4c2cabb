"""What is painted: the cells that changed, and nothing of what is covered."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region

from gputui.ui.app import ConsoleApp
from gputui.ui.terminal.themes import textual_theme
from gputui.ui.widgets.part_lines import Line, PartLines, changed
from gputui.ui.widgets.reader import Reader, plain
from tests.clocks import until
from tests.pilot.consoles import Wish, console
from tests.pilot.table_app import shipped_theme


class Lines(App[None]):
    """Two columns of lines."""

    CSS = "Screen { layout: horizontal; } PartLines { width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        theme = textual_theme(shipped_theme())
        self.register_theme(theme)
        self.theme = theme.name

    def compose(self) -> ComposeResult:
        yield PartLines(id="left")
        yield PartLines(id="right")


async def test_a_screen_that_covers_the_list_is_not_sent_again(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        app: ConsoleApp = here.app
        app.push_screen(Reader("a text", plain("a line")))
        await here.until(lambda: here.shows(Reader))
        assert app._background_screens == []
        await here.press("escape")
        await here.until(lambda: app.screen is app.console_screen)
        await here.choose("gpu-node-014")
        await here.press("X")
        await here.dialog()
        assert app._background_screens == [app.console_screen], "a dialog does not cover it"


# -- lines ----------------------------------------------------------------------------------------------------------


def test_only_what_differs_is_painted() -> None:
    old: Line = (("CPU ", "strong"), ("████", "meter"), ("······", "dim"), ("  40%", ""), ("   same   ", ""))
    new: Line = (("CPU ", "strong"), ("██████", "meter"), ("····", "dim"), ("  60%", ""), ("   same   ", ""))
    assert list(changed(old, new, 3, 80)) == [Region(8, 3, 2, 1), Region(16, 3, 1, 1)]
    assert list(changed(old, old, 3, 80)) == []
    assert list(changed((("a", "ok"),), (("a", "bad"),), 0, 80)) == [Region(0, 0, 1, 1)]
    assert list(changed((("abc", ""),), (), 0, 80)) == [Region(0, 0, 3, 1)]
    far = (("x" + " " * 20 + "y", ""),)
    assert list(changed((("a" + " " * 20 + "b", ""),), far, 0, 80)) == [Region(0, 0, 1, 1), Region(21, 0, 1, 1)]
    assert list(changed((("a" + " " * 20 + "b", ""),), far, 0, 10)) == [Region(0, 0, 1, 1)]


PARTS = st.lists(st.tuples(st.text("ab █機", max_size=5), st.sampled_from(["", "dim"])), max_size=5).map(tuple)


@given(PARTS, PARTS)
def test_everything_that_differs_is_painted(old: Line, new: Line) -> None:
    def cells(line: Line) -> list[tuple[str, str]]:
        return [(char, name) for text, name in line for char in text for _ in range(2 if char == "機" else 1)]

    regions = list(changed(old, new, 0, 80))
    painted = {x for region in regions for x in range(region.x, region.right)}
    before, after = cells(old), cells(new)
    for x in range(max(len(before), len(after))):
        if before[x : x + 1] != after[x : x + 1]:
            assert x in painted
    assert all(one.right < other.x for one, other in pairwise(regions))


async def test_lines_scroll_and_follow_the_window() -> None:
    app = Lines()
    async with app.run_test(size=(40, 5)) as pilot:
        lines = app.query_one("#left", PartLines)
        lines.show([((f"line {n}", ""),) for n in range(20)])
        lines.focus()
        await until(lambda: lines.allow_vertical_scroll and app.focused is lines)
        await pilot.press("G")
        await until(lambda: lines.scroll_y == 15)
        assert "line 19" in "".join(segment.text for segment in lines.render_line(4))
        lines.show([((f"line {n}!", ""),) for n in range(20)])
        await pilot.pause()
        assert "line 19!" in "".join(segment.text for segment in lines.render_line(4))
