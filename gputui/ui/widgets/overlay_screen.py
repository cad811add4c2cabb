"""The base of every screen that lies over the list: bugs of its workers are shown, and it ends once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from gputui.ui.widgets.worker_errors import WorkerErrors

T = TypeVar("T")


class OverlayScreen(WorkerErrors, ModalScreen[T]):
    """Ends with a result, whoever says so first.

    Textual takes away whatever lies on top when a screen is dismissed: one that is dismissed twice (two presses in one
    packet) would take another one with it, or end the console where there is none.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """End it, and what lies over it; nothing where it has ended already."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.screen.dismiss()
        return super().dismiss(result)
