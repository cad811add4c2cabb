"""Folding texts on the screen: only what is seen is drawn, long lines go sideways, everything can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from textual.app import ComposeResult

from gputui.config.colours import Depth
from gputui.ui.terminal.themed_app import ThemedApp
from gputui.ui.widgets.outline import Section
from gputui.ui.widgets.outline_view import OutlineView
from tests.pilot.table_app import shipped_theme


class Lines(Sequence[str]):
    """A long text that remembers which of its lines were asked for."""

    def __init__(self, count: int) -> None:
        self.total = count
        self.asked: set[int] = set()

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        assert isinstance(index, int)
        self.asked.add(index)
        return f"line {index} " + "[bold]x" * 50

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("never all of them")


class ViewApp(ThemedApp[None]):
    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__(shipped_theme(), Depth.DIRECT)
        self.sections = sections
        self.view = OutlineView()

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(self.sections)
        self.view.focus()

    def line(self, y: int) -> str:
        return self.view.render_line(y).text


def section(key: str, lines: Sequence[str]) -> Section:
    return Section(key, ((key, "key"),), lines, "peeked at")


async def test_of_a_hundred_thousand_lines_only_those_seen_are_asked_for() -> None:
    lines = Lines(100_000)
    app = ViewApp([section("a", lines)])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert app.line(9).startswith("▌   line 99999 [bold]x")
        assert app.line(9).endswith("›")
        await pilot.press("right")
        assert app.line(9).startswith("▌  ‹99 [bold]x")
        assert len(lines.asked) <= 20


async def test_keys_fold_and_go_from_heading_to_heading() -> None:
    app = ViewApp([section("a", ["1", "2"]), section("b", ["3"])])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "space")
        assert [app.line(y).strip() for y in range(3)] == ["▌▸ apeeked at", "▾ b", "3"]
        await pilot.press("n", "enter", "p", "enter")
        assert [app.line(y).strip() for y in range(4)] == ["▌▾ a", "1", "2", "▸ bpeeked at"]
        await pilot.press("z", "z")
        assert app.view.outline.height == 5
