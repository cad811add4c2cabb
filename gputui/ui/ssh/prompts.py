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
from gputui.ui.widgets.timed_dialog import TimedDialog


class Prompts(TimedDialog[tuple[str, ...] | None]):
    """Returns one answer per prompt, or None. All texts must be clean; none of them is markup."""

    DEFAULT_CSS = """
    Prompts { align: center middle; }
    Prompts > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Prompts .title { text-style: bold; margin-bottom: 1; }
    Prompts VerticalScroll { height: auto; max-height: 8; scrollbar-size-vertical: 1; }
    Prompts #prompts { max-height: 9; margin-top: 1; }
    Prompts Input { background: $surface; }
    Prompts Input:focus { background: $surface-active; }
    Prompts .hint { margin-top: 1; color: $text-muted; }
    """
    BINDINGS = [
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
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
            with VerticalScroll(can_focus=False):
                yield Static(Text("\n".join(self._lines)))
            with VerticalScroll(id="prompts", can_focus=False):
                for prompt in self._prompts:
                    yield Static(Text(prompt.text))
                    yield TextLine("") if prompt.echo else SecretLine("")
            hidden = "" if all(prompt.echo for prompt in self._prompts) else "     not shown while typed"
            yield Static(Text(f"enter  send     esc  {self._leaving}{hidden}"), classes="hint")

    def on_mount(self) -> None:
        """Focus the first input."""
        self.query(Input).first().focus()

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
