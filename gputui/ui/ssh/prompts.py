"""The dialog for passphrases, passwords and codes. Input is hidden unless the prompt allows echo."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static

from gputui.ssh.prompter import Prompt
from gputui.ui.form.fields import SecretLine, TextLine
from gputui.ui.widgets.dialog_layout import packed
from gputui.ui.widgets.timed_dialog import LOW, TimedDialog
from gputui.ui.widgets.wrapping import wrapped


class Prompts(TimedDialog[tuple[str, ...] | None]):
    """Returns one answer per prompt, or None. All texts must be clean; none of them is markup."""

    DEFAULT_CSS = """
    Prompts { align: center middle; }
    Prompts > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Prompts .title { text-style: bold; margin-bottom: 1; }
    Prompts VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    Prompts #prompts { margin-top: 1; }
    Prompts Input { background: $surface; }
    Prompts Input:focus { background: $surface-active; }
    Prompts .hint { margin-top: 1; color: $text-muted; }
    Prompts.-low > Vertical { padding: 0 1; max-height: 100%; }
    Prompts.-low .title { margin-bottom: 0; }
    Prompts.-low #prompts, Prompts.-low .hint { margin-top: 0; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]
    BINDINGS = [
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("pagedown", "read(1)", show=False),
        Binding("pageup", "read(-1)", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], prompts: Sequence[Prompt], leaving: str) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._prompts = prompts
        self._leaving = leaving

    def compose(self) -> ComposeResult:
        """The sender, its message, and an input for each answer."""
        with Vertical():
            yield Static(Text(self._title), classes="title")
            with VerticalScroll(id="told", can_focus=False):
                yield Static(Text("\n".join(self._lines)))
            with VerticalScroll(id="prompts", can_focus=False):
                for prompt in self._prompts:
                    yield Static(Text(prompt.text))
                    yield TextLine("") if prompt.echo else SecretLine("")
            yield Static(classes="hint")

    def on_mount(self) -> None:
        """Focus the first input."""
        self._fit()
        self.query(Input).first().focus()

    def on_resize(self) -> None:
        """Keep title, inputs and keys in sight: what the machine says scrolls."""
        self._fit()

    def _fit(self) -> None:
        columns, rows = self.size
        low = rows < LOW
        width = max(20, min(76, columns * 96 // 100) - (4 if low else 6))
        hint = packed(("enter  send", f"esc  {self._leaving}", *self._unseen(low=low)), width)
        self.query_one(".hint", Static).update(Text("\n".join(hint)))
        title = len(wrapped(((self._title, ""),), width))
        inputs = sum(len(wrapped(((prompt.text, ""),), width)) + 1 for prompt in self._prompts)
        room = (rows - 2 if low else rows * 96 // 100 - 7) - title - len(hint)
        self.query_one("#prompts").styles.max_height = max(2, min(inputs, room - 1))
        self.query_one("#told").styles.max_height = max(1, room - min(inputs, room - 1))
        self.call_after_refresh(self._tell_scrolling)

    def _unseen(self, *, low: bool) -> tuple[str, ...]:
        return () if low or all(prompt.echo for prompt in self._prompts) else ("not shown while typed",)

    def _tell_scrolling(self) -> None:
        """If not all that the machine says is visible, say so at the lower edge."""
        if self.is_attached:
            more = self.query_one("#told").max_scroll_y > 0
            self.query_one(Vertical).border_subtitle = "pgup pgdn  read on" if more else ""

    def action_read(self, by: int) -> None:
        """Scroll what the machine says."""
        told = self.query_one("#told")
        told.scroll_relative(y=by * max(1, told.size.height - 1), animate=False)

    def takes(self, key: events.Key) -> bool:
        """Whether a key may be an answer: keys typed before the dialog could be read are ignored."""
        return key.key == "escape" or not self.too_early(key.time)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        fields = list(self.query(Input))
        at = fields.index(event.input)
        if at + 1 < len(fields):
            fields[at + 1].focus()
        else:
            self.dismiss(tuple(field.value for field in fields))
