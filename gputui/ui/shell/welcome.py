"""The first screen without a configuration: what to do, and the demo."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from gputui.config.colours import Depth
from gputui.config.palettes import ThemeFile
from gputui.config.providers import names
from gputui.ui.terminal.ascii import AsciiDriver
from gputui.ui.terminal.driver import ConsoleDriver
from gputui.ui.terminal.suspend import stop_job
from gputui.ui.terminal.themed_app import ThemedApp

SAMPLE = """\
[profiles.samsung-prod]
provider = "scp"              # {providers}
environment = "e"
region = "kr-west1"
access_key = "env:SCP_ACCESS_KEY"
secret_key = "env:SCP_SECRET_KEY"
protected = true              # every change asks for the typed name"""

NOTHING_YET = "There is no configuration yet. It belongs here (mode 0600)"
NO_PROFILES = "The configuration has no profiles yet. They belong here (mode 0600)"


class WelcomeApp(ThemedApp[str], inherit_bindings=False):
    """Returns "demo" or nothing."""

    CSS = """
    VerticalScroll { align: center middle; padding: 1 2; }
    Static { width: 76; max-width: 100%; height: auto; }
    .title { text-style: bold; color: $primary; }
    .sample { background: $panel; padding: 0 1; margin: 1 0; }
    """
    BINDINGS = [
        Binding("d,enter", "leave('demo')", "Demo", show=False),
        Binding("q,escape", "leave('')", "Quit", show=False),
        Binding("ctrl+c", "leave('')", "Quit", show=False, priority=True),
        Binding("ctrl+z", "stop_job", "Suspend", show=False),
    ]

    def __init__(
        self, config: Path, theme: ThemeFile, depth: Depth, *, ascii_only: bool = False, why: str = NOTHING_YET
    ) -> None:
        super().__init__(theme, depth, driver_class=AsciiDriver if ascii_only else ConsoleDriver)
        self._config = config
        self._why = why

    def compose(self) -> ComposeResult:
        """What gputui is, what it needs, which keys to press."""
        with VerticalScroll(can_focus=False):
            yield Static(Text("gputui: one console over every GPU cloud you rent from"), classes="title")
            yield Static(Text(f"\n{self._why}:\n\n  {self._config}\n"))
            yield Static(Text("One table for each account, for example:"))
            yield Static(Text(SAMPLE.format(providers=" | ".join(names()))), classes="sample")
            yield Static(Text("gputui config check  says what is wrong with it, line by line.\n"))
            yield Static(Text("d  look around first, in the demo: five embedded clouds, no account needed\nq  quit"))

    def action_stop_job(self) -> None:
        """Give the terminal back to the shell until `fg`."""
        stop_job(self)

    def action_leave(self, choice: str) -> None:
        """End with the choice."""
        self.exit(choice)
