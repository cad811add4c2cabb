"""Notices take lines of their own: they never lie over a dialog or over the rows of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.widgets._toast import Toast

from gputui.ui.widgets.styles import Line
from gputui.ui.widgets.wrapping import wrapped

if TYPE_CHECKING:
    _Base = Screen[Any]
else:
    _Base = object  # Textual takes a class's styles and keys from its first base that is a widget


MOST_LINES = 3
"""Lines of one notice."""
_FRAME = 3
"""Cells beside its text."""


def fitted(message: str, width: int) -> tuple[str, int]:
    """Return the message as a notice in a window of that width shows it, and its lines; an ellipsis ends a long one."""
    room = max(10, width - _FRAME)
    lines = [piece for text in message.split("\n") for piece in wrapped(((text, ""),), room)]
    if len(lines) <= MOST_LINES:
        return message, len(lines)
    *whole, last = (_text(line) for line in lines[:MOST_LINES])
    return "\n".join((*whole, f"{last[: room - 2]} …")), MOST_LINES


def _text(line: Line) -> str:
    return "".join(text for text, _ in line)


class NoticeLines(_Base):
    """Mixed into every screen. `notice_lines` is the number of lines that notices take at its lower edge."""

    notice_lines = 0
    _listening = False

    @property
    def rows_left(self) -> int:
        """The lines of the window that notices leave."""
        return max(0, self.size.height - self.notice_lines)

    def on_screen_resume(self) -> None:
        """Listen to changes of the layout from when it is shown."""
        if not self._listening:
            self._listening = True
            self.screen_layout_refresh_signal.subscribe(self, self._laid_out, immediate=True)

    def on_screen_suspend(self) -> None:
        """Leave the notices to the screen that is on top now: through a dialog they would be seen twice."""
        self.query("ToastHolder").remove()

    def _laid_out(self, _: Screen[Any]) -> None:
        lines = sum(toast.outer_size.height for toast in self.query(Toast))
        if lines != self.notice_lines:
            self.notice_lines = lines
            self.call_later(self.notices_changed)  # a layout asked for during a layout would be forgotten

    def notices_changed(self) -> None:
        """Called when notices take more or fewer lines."""
