"""A tiny app on our frames, run in a real pty by test_frames: `frames_app.py FOLDER [full]`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from gputui.config.colours import Depth
from gputui.config.palettes import ThemeFile
from gputui.config.profiles import DEFAULT_THEME
from gputui.config.themes import read_theme, shipped
from gputui.ui.terminal.driver import ConsoleDriver
from gputui.ui.terminal.frugal_app import FrugalApp
from gputui.ui.widgets.timed_dialog import TimedDialog

STEPS, STEP_SECONDS, SCREEN = 60, 0.01, 1800


class Asking(TimedDialog[None]):
    """A question."""

    def compose(self) -> ComposeResult:
        yield Static("really?")

    def _seen(self) -> None:
        super()._seen()
        (FOLDER / "seen").touch()


class FramesApp(FrugalApp[None]):
    """Draws much, and says how long its loop was held up by that."""

    CSS = "Static { width: 100%; height: 100%; }"
    BINDINGS = [Binding("q", "quit"), Binding("w", "work"), Binding("a", "ask"), Binding("t", "turn")]

    def compose(self) -> ComposeResult:
        yield Static("ready", id="text")

    async def action_work(self) -> None:
        """Another full screen every few milliseconds; where somebody looks `done` says the longest hold-up."""
        self.run_worker(self._work())

    async def _work(self) -> None:
        longest = 0.0
        for step in range(STEPS):
            self.query_one("#text", Static).update(f"step-{step} " + chr(97 + step % 26) * SCREEN)
            asked = time.monotonic()
            await asyncio.sleep(STEP_SECONDS)
            longest = max(longest, time.monotonic() - asked - STEP_SECONDS)
        (FOLDER / "writing").write_text(f"{longest}")
        (FOLDER / "writing").rename(FOLDER / "done")

    def action_ask(self) -> None:
        """Open a question."""
        self.push_screen(Asking())

    def action_turn(self) -> None:
        """Change one character."""
        self.query_one("#text", Static).update("Ready")


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    THEME = read_theme(shipped() / f"{DEFAULT_THEME}.toml")
    assert isinstance(THEME, ThemeFile)
    FramesApp(THEME, Depth.DIRECT, driver_class=ConsoleDriver, full_frames="full" in sys.argv, erases=True).run()
