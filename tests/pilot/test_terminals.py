"""What kinds of terminals get: signs they can draw, on the first screen too, and whatever size they are or become."""

from __future__ import annotations

import io
import random
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from gputui.commands.terminal_check import speaks_utf8
from gputui.config.colours import Depth
from gputui.config.profiles import DEFAULT_THEME
from gputui.ui.shell.welcome import WelcomeApp
from gputui.ui.terminal.ascii import AsciiDriver
from gputui.ui.terminal.driver import ConsoleDriver
from tests.pilot.consoles import Wish, console, theme_of
from tests.pilot.table_app import screen_lines


@pytest.mark.parametrize(
    ("encoding", "term", "speaks"),
    [
        ("utf-8", "xterm-256color", True),
        ("UTF8", "tmux", True),
        ("utf-8", "linux", False),
        ("utf-8", "screen.linux", False),
        ("ascii", "xterm", False),
    ],
)
def test_only_terminals_that_have_our_signs_get_them(
    encoding: str, term: str, speaks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    monkeypatch.setenv("TERM", term)
    assert speaks_utf8() is speaks


@pytest.mark.parametrize(("ascii_only", "driver"), [(True, AsciiDriver), (False, ConsoleDriver)])
def test_the_first_screen_speaks_ascii_where_asked_to(tmp_path: Path, ascii_only: bool, driver: type) -> None:
    app = WelcomeApp(tmp_path / "config.toml", theme_of(DEFAULT_THEME, tmp_path), Depth.DIRECT, ascii_only=ascii_only)
    assert app.driver_class is driver


async def test_a_window_of_any_size_at_any_moment_shows_a_list_that_fits(tmp_path: Path) -> None:
    rng = random.Random(4)
    sizes = [(rng.randint(1, 220), rng.randint(1, 60)) for _ in range(8)]
    async with console(tmp_path, Wish(only=("scp", "datenfab"))) as here:
        await here.go("2")
        chosen = here.page.cursor_ref
        assert chosen is not None
        assert here.page.choose(chosen)
        for size in (*sizes, (40, 10)):
            await here.pilot.resize_terminal(*size)
            await here.press(rng.choice("12"))
        await here.press("2")
        await here.pilot.pause()
        lines = screen_lines(here.app)
        assert len(lines) == 10
        assert all(cell_len(line) == 40 for line in lines)
        assert here.page.cursor_ref == chosen
        name = here.page.rows[chosen].name
        (line,) = (line for line in lines if line.startswith(" ▌ "))
        assert line[3:].startswith(name[:10])
        assert here.page.rows[chosen].health.word in line
