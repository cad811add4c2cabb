"""`!`: the input for a command on many machines, with the machines listed below it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input, Static

from gputui.core.text import clean
from gputui.ui.fan_out.targets import RunTargets
from gputui.ui.widgets.bars import Bar, key_parts
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.styles import Line
from gputui.ui.widgets.timed_dialog import TimedDialog

PAUSE_SECONDS = 0.05
"""An Enter that follows another key faster than this was not typed: it is part of pasted text."""


class CommandLine(Input):
    """An input with the command history on the arrow keys."""

    BINDINGS = [Binding("up", "past(-1)", show=False), Binding("down", "past(1)", show=False)]

    def __init__(self, text: str, past: Sequence[str]) -> None:
        super().__init__(text, placeholder="a command for each of them", compact=True, select_on_focus=False)
        self._past = list(past)
        self._at = len(self._past)
        self._own = text

    def action_past(self, by: int) -> None:
        """Show an older or a newer command; after the newest comes the unfinished text."""
        if self._at == len(self._past):
            self._own = self.value
        at = max(0, min(self._at + by, len(self._past)))
        if at != self._at:
            self._at = at
            self.value = self._past[at] if at < len(self._past) else self._own
            self.cursor_position = len(self.value)


class CommandScreen(TimedDialog[str | None]):
    """Returns the command, or None. Text may be pasted; an Enter in pasted text runs nothing."""

    DEFAULT_CSS = """
    CommandScreen { background: $surface; color: $foreground; }
    CommandScreen Horizontal { height: 1; margin: 1 0; }
    CommandScreen #sign { width: 3; text-style: bold; color: $accent; background: $surface; }
    CommandScreen CommandLine, CommandScreen CommandLine:focus { width: 1fr; height: 1; background: $surface; }
    CommandScreen Pages { height: 1fr; }
    """
    BINDINGS = [
        Binding("tab", "each", show=False),
        Binding("pagedown", "scroll(1)", show=False),
        Binding("pageup", "scroll(-1)", show=False),
    ]

    def __init__(self, targets: RunTargets, past: Sequence[str], text: str = "") -> None:
        super().__init__()
        self._targets = targets
        self._line = CommandLine(text, past)
        self._pages = Pages(())
        self._last_key = float("-inf")
        self._bursting = False

    def compose(self) -> ComposeResult:
        """Title, input, machines, keys."""
        yield Bar(id="command-title")
        with Horizontal():
            yield Static(Text(" $ "), id="sign")
            yield self._line
        yield self._pages
        yield Bar(id="command-keys")

    def on_mount(self) -> None:
        """Focus the input."""
        self._draw()
        self._pages.can_focus = False
        self._line.focus()

    def _draw(self) -> None:
        count = len(self._targets.ready)
        hidden = f" {self._targets.hidden} hidden by the filter " if self._targets.hidden else ""
        kind = "marked machine" if self._targets.about == "marked" else "machine"
        title = f" Run on {count} {kind}{'s' if count != 1 else ''}"
        title += ", all that are shown" if self._targets.about == "shown" else ""
        self.query_one("#command-title", Bar).show([(title, "strong")], [(hidden, "degraded")])
        each = ("tab", "once" if self._targets.each else "on each")
        keys = [("enter", "run"), *[each] * bool(self._targets.shared), ("↑ ↓", "commands of before"), ("esc", "back")]
        self.query_one("#command-keys", Bar).show(key_parts(*keys))
        self._pages.show(list(_told(self._targets)))

    def takes(self, key: events.Key) -> bool:
        """Ignore an Enter pressed too early, and the rest of a paste after it, which was a second line."""
        gap, self._last_key = key.time - self._last_key, key.time
        if self._bursting and gap < PAUSE_SECONDS:
            return False
        self._bursting = key.key == "enter" and (gap < PAUSE_SECONDS or self.too_early(key.time))
        if self._bursting:
            words = "that Enter came with pasted text: read the line, then press it again"
            self.notify(words, severity="warning", markup=False)
        return not self._bursting

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        command = event.value.strip()
        if clean(command) != command:
            words = f"it holds characters that cannot be seen: {clean(command)}"
            self.notify(words, severity="warning", markup=False)
        elif command:
            self.dismiss(command)

    def action_each(self) -> None:
        """Choose whether machines that share an address and port are each run on, or one of them."""
        if self._targets.shared:
            self._targets.each = not self._targets.each
            self._targets.look()
            self._draw()

    def action_scroll(self, by: int) -> None:
        """Scroll a long list of machines."""
        self._pages.scroll_relative(y=by * max(1, self._pages.size.height - 1), animate=False)


def _told(targets: RunTargets) -> list[Line]:
    lines: list[Line] = []
    for line in targets.lines():
        before, colon, behind = line.partition(": ")
        lines.append((("  ", ""), (before + colon, "key" if colon else ""), (behind, "")))
    return lines
