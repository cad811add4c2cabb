"""A tiny app on our driver, run in a real pty by test_driver: it shows what the driver does, nothing else."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from gputui.ui.terminal.driver import ConsoleDriver


class PlainKeys(ConsoleDriver):
    """The driver without the kitty protocol."""

    kitty = False


class ContinuedWhileLeaving(ConsoleDriver):
    """Hears what a dying terminal sends behind its SIGHUP, at the moment at which its threads are to end."""

    def disable_input(self) -> None:
        os.kill(os.getpid(), signal.SIGCONT)
        super().disable_input()


class DriverApp(App[None]):
    """Says on its screen what has reached it."""

    BINDINGS = [
        Binding("q", "leave"),
        Binding("s", "lend_terminal"),
        Binding("w", "flood"),
        Binding("z", "stopped_in_a_frame"),
        Binding("escape", "note('escaped')"),
        Binding("up", "note('went-up')"),
        Binding("é", "note('accent')"),
    ]

    def compose(self) -> ComposeResult:
        yield Static("ready", id="text")

    def action_note(self, word: str) -> None:
        self.query_one(Static).update(word)

    def action_leave(self) -> None:
        self.exit(return_code=7)

    def action_lend_terminal(self) -> None:
        driver = self._driver
        assert isinstance(driver, ConsoleDriver)
        with self.suspend():
            for _ in range(200):
                driver.write("NEVER-SHOWN")
            os.write(1, b"lent-out\r\n")
            line = os.read(0, 100).decode().strip()
        self.query_one(Static).update(f"back-with-{line}")

    def action_stopped_in_a_frame(self) -> None:
        """A stop from outside comes between any two steps: here after a frame's beginning."""
        driver = self._driver
        assert isinstance(driver, ConsoleDriver)
        driver.write("\x1b[?2026h")
        os.kill(os.getpid(), signal.SIGTSTP)

    def action_flood(self) -> None:
        """Write far more than a pty holds; the loop must get to the end of this at once."""
        driver = self._driver
        assert isinstance(driver, ConsoleDriver)
        for _ in range(2000):
            driver.write("x" * 100)
        Path(sys.argv[2]).write_text(f"{driver.backlog} {time.monotonic()}")


if __name__ == "__main__":
    drivers = {"plain": ConsoleDriver, "plain-keys": PlainKeys, "continued": ContinuedWhileLeaving}
    app = DriverApp(driver_class=drivers[sys.argv[1]])
    app.run(mouse="--mouse" in sys.argv)
    sys.exit(app.return_code)
