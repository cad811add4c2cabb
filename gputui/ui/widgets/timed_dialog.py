"""The base of every screen with a question: keys pressed before it can have been read are ignored."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Protocol, TypeVar, runtime_checkable

from gputui.ui.widgets.overlay_screen import OverlayScreen

DEAD_SECONDS = 0.3
LOW = 18
"""Lines of the window below which a dialog drops its margins, so that its keys stay on screen."""
T = TypeVar("T")


@runtime_checkable
class TellsSeen(Protocol):
    """An app that knows when its terminal has taken what is drawn."""

    def when_seen(self, then: Callable[[], None]) -> None:
        """Call `then` when everything that has been drawn by now can have been seen."""


class TimedDialog(OverlayScreen[T]):
    """Measures time from when it became visible.

    A slow computer may take longer to draw it than the dead time, and a slow line to carry it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen_at = float("inf")

    def on_mount(self) -> None:
        """Start the clock after the first draw. Textual also calls this handler if a subclass has its own."""
        self.seen_anew()

    def seen_anew(self) -> None:
        """Start the dead time once the present content has become visible."""
        self.seen_at = float("inf")
        self.call_after_refresh(self._drawn)

    def _drawn(self) -> None:
        if isinstance(self.app, TellsSeen):
            self.app.when_seen(self._seen)
        else:
            self._seen()

    def _seen(self) -> None:
        self.seen_at = monotonic()

    @property
    def ripe(self) -> bool:
        """Whether it has been visible long enough to have been read."""
        return not self.too_early(monotonic())

    def too_early(self, at: float) -> bool:
        """Whether an action at that time (monotonic) was too early to be meant for this screen."""
        return at - self.seen_at < DEAD_SECONDS
