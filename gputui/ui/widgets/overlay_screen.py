"""The base of every screen over the list: `esc` and `q` leave it, `:` is at hand, and it can be dismissed only once."""

from __future__ import annotations

from typing import TypeVar

from rich.console import RenderableType
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

from gputui.ui.widgets.backdrop import Backdrop
from gputui.ui.widgets.notice_lines import NoticeLines
from gputui.ui.widgets.worker_errors import WorkerErrors

T = TypeVar("T")


class OverlayScreen(NoticeLines, WorkerErrors, ModalScreen[T]):
    """Ends with the first result given. `esc`, and `q` where no text is typed, lead one step back.

    Textual's dismiss removes the top screen: a second dismissal (two key presses in one packet) would remove another
    screen, or end the console if there is none. What is behind it keeps its colours: dimmed ones could not be read.
    """

    DEFAULT_CSS = "OverlayScreen { background: transparent; }"
    BINDINGS = [Binding("escape,q", "leave", "Back", show=False, id="place.back")]

    @property
    def busy(self) -> str:
        """Why it cannot be left without a question; empty if it can."""
        return ""

    def render(self) -> RenderableType | Backdrop:  # type: ignore[override]  # Textual draws either
        """Return what is behind it."""
        behind = super().render()
        if isinstance(behind, BackgroundScreen) and not behind.color.a:
            return Backdrop(behind.screen)
        return behind

    def action_leave(self) -> None:
        """Go one step back, without a result."""
        self.dismiss()

    @property
    def _modal_binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        """Textual: the keys of this screen. The application's own, such as `:`, are the same over every list."""
        whole = self._binding_chain
        return [*super()._modal_binding_chain, *(entry for entry in whole if entry[0] is self.app)]

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """End this screen, and those above it; does nothing if it has already ended."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.screen.dismiss()
        return super().dismiss(result)
