"""The base of every screen over the list: it shows bugs of its workers, and can be dismissed only once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from gputui.ui.widgets.worker_errors import WorkerErrors

T = TypeVar("T")


class OverlayScreen(WorkerErrors, ModalScreen[T]):
    """Ends with the first result given.

    Textual's dismiss removes the top screen: a second dismissal (two key presses in one packet) would remove another
    screen, or end the console if there is none.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """End this screen, and those above it; does nothing if it has already ended."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.screen.dismiss()
        return super().dismiss(result)
