"""The interface of the application for its screens and controllers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from textual.message_pump import MessagePump

from gputui.ui.widgets.reader import DumpWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.notifications import SeverityLevel
    from textual.screen import Screen
    from textual.widget import AwaitMount

    from gputui.core.rows import Ref
    from gputui.core.traffic import DrawnFrames
    from gputui.engine.preferences_file import PreferencesFile
    from gputui.engine.store import Store
    from gputui.ui.ssh_service import SshService

T = TypeVar("T")


class Host(DumpWriter, Protocol):
    """The application as its screens see it.

    `paused` while another program has the terminal: nothing is drawn. `has_copied` once something was copied.
    `filters` are those of the configuration by name.
    """

    store: Store
    ssh: SshService
    dumps: Path
    preferences: PreferencesFile
    filters: Mapping[str, str]
    keymap: Mapping[str, str]
    paused: bool
    has_copied: bool

    @property
    def ascii_only(self) -> bool:
        """Whether only ASCII may be drawn."""

    @property
    def copying_doubt(self) -> str:
        """What may keep a copied text from the terminal; empty if nothing is known to."""

    @property
    def terminal_attributes(self) -> list[Any] | None:
        """The terminal's original termios attributes; None while they are in force."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notice for some seconds."""

    def run_on_row(self, command: str, ref: Ref) -> None:
        """Run a command of the table on one row, as its key does on the list."""

    def clear_notifications(self) -> None:
        """Remove all notices."""

    def push_screen(self, screen: Screen[T], callback: Callable[[T | None], None] | None = None) -> AwaitMount:
        """Show a screen; `callback` gets its result."""

    async def push_screen_wait(self, screen: Screen[T]) -> T:
        """Show a screen and wait for its result. In a worker only."""

    def copy_to_clipboard(self, text: str) -> None:
        """Send text to the terminal's clipboard."""

    def suspend(self) -> AbstractContextManager[None]:
        """Give the terminal back for the duration of the block. Raises SuspendNotSupported."""

    @property
    def frames_drawn(self) -> DrawnFrames:
        """What was sent to the terminal since the start."""

    def action_redraw(self) -> None:
        """Draw everything again, after another program has written on the terminal."""

    def resumed(self) -> None:
        """Redraw after another program had the terminal."""

    def quit_now(self) -> None:
        """End the console; ask once more if sessions would end with it."""

    def exit(self) -> None:
        """End the console."""


def host_of(node: MessagePump) -> Host:
    """Return the application that a screen or widget runs in."""
    return cast(Host, node.app)
