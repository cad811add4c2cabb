"""The base of every screen that asks something: what is pressed before it can have been read does not count."""

from __future__ import annotations

from time import monotonic
from typing import TypeVar

from gputui.ui.widgets.overlay_screen import OverlayScreen

DEAD_SECONDS = 0.3
T = TypeVar("T")


class TimedDialog(OverlayScreen[T]):
    """Knows since when it can be seen: a loaded machine may take longer to draw it than the dead time."""

    def __init__(self) -> None:
        super().__init__()
        self.seen_at = float("inf")

    def on_mount(self) -> None:
        """The clock starts behind the first drawing. Textual calls this one, too, where a dialog has its own."""
        self.call_after_refresh(self.seen_anew)

    def seen_anew(self) -> None:
        """From now on it can be seen as it is: the dead time begins."""
        self.seen_at = monotonic()

    @property
    def ripe(self) -> bool:
        """Whether it has been there long enough to have been read."""
        return not self.too_early(monotonic())

    def too_early(self, at: float) -> bool:
        """Whether something that was done at that time (monotonic) cannot have been meant for it."""
        return at - self.seen_at < DEAD_SECONDS
