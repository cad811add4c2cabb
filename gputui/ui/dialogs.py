"""The questions before a change: Cancel has the focus, Enter on a fresh dialog cancels, haste never confirms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from gputui.core.actions import Choice, Risk
from gputui.core.problem import Failed

DEAD_SECONDS = 0.3
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Question:
    """What a dialog asks. `type_this` is what must be typed to confirm; empty where `y` is enough."""

    title: str
    lines: tuple[str, ...]
    risk: Risk
    verb: str
    type_this: str = ""


class Dialog(ModalScreen[bool]):
    """Ends with True only for a deliberate yes."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Dialog.-disrupts > Vertical { border: round $warning; }
    Dialog.-destroys > Vertical { border: heavy $error; }
    Dialog .title { text-style: bold; margin-bottom: 1; }
    Dialog .hint { margin-top: 1; color: $text-muted; }
    Dialog Input { margin-top: 1; }
    Dialog Button { margin-top: 1; }
    """
    BINDINGS = [
        Binding("escape,n,q", "cancel", "Cancel", show=False),
        Binding("y", "agree", "Yes", show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__(classes=f"-{question.risk.name.lower()}")
        self.question = question
        self._opened = monotonic()

    def compose(self) -> ComposeResult:
        """Title, what is at stake, the way to say yes, and Cancel."""
        question = self.question
        with Vertical():
            yield Static(Text(question.title), classes="title")
            yield Static(Text("\n".join(_cut(question.lines))), classes="stakes")
            if question.type_this:
                yield Static(Text(f"Type  {question.type_this}  and press Enter to {question.verb}."), classes="hint")
                yield TypedInput(id="typed", select_on_focus=False)
            else:
                yield Static(Text(f"y  {question.verb}     n esc  cancel"), classes="hint")
            yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """The clock of the dead time starts when the dialog can be seen."""
        self.query_one("#cancel", Button).focus()
        self.call_after_refresh(self._seen)

    def _seen(self) -> None:
        self._opened = monotonic()

    @property
    def ripe(self) -> bool:
        """Whether it has been there long enough to have been read."""
        return monotonic() - self._opened >= DEAD_SECONDS

    def on_key(self, event: events.Key) -> None:
        """Typing goes to the name at once, so that nobody has to find the field first."""
        typed = self.query(TypedInput)
        if typed and event.is_printable and event.character and not typed.first().has_focus and self.ripe:
            field = typed.first()
            field.focus()
            field.insert_text_at_cursor(event.character)
            event.stop()
            event.prevent_default()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`y`, `n` and `q` are letters where a name must be typed; there only esc cancels."""
        if action == "agree":
            return not self.question.type_this
        return True

    def action_agree(self) -> None:
        """Yes, unless it comes too soon to have been read."""
        if self.ripe:
            self.dismiss(True)

    def action_cancel(self) -> None:
        """No."""
        self.dismiss(False)

    @on(Button.Pressed, "#cancel")
    def _cancel_pressed(self) -> None:
        self.dismiss(False)

    @on(Input.Submitted, "#typed")
    def _typed(self, event: Input.Submitted) -> None:
        if not self.ripe:
            return
        if event.value == self.question.type_this:
            self.dismiss(True)
        else:
            self.notify(f"not the same as {self.question.type_this}", severity="warning", markup=False)


class TypedInput(Input):
    """An input for what must be typed by hand: pasting into it does nothing."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()


def _cut(lines: Sequence[str]) -> list[str]:
    shown = list(lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        shown.append(f"… and {len(lines) - MOST_LINES} more")
    return shown


class Chooser(ModalScreen[Choice | None]):
    """One value out of some that are fetched while it is open."""

    DEFAULT_CSS = """
    Chooser { align: center middle; background: $background 60%; }
    Chooser > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 90%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Chooser .title { text-style: bold; margin-bottom: 1; }
    Chooser OptionList { height: auto; max-height: 14; }
    """
    BINDINGS = [Binding("escape,q", "cancel", "Cancel", show=False)]

    def __init__(self, title: str, fetch: Callable[[], Awaitable[Sequence[Choice]]]) -> None:
        super().__init__()
        self._title = title
        self._fetch = fetch
        self._choices: Sequence[Choice] = ()
        self._opened = monotonic()

    def compose(self) -> ComposeResult:
        """Title, what is being fetched, the list."""
        with Vertical():
            yield Static(Text(self._title), classes="title")
            yield Static(Text("reading the choices…"), id="state")
            yield OptionList(markup=False, id="choices")

    def on_mount(self) -> None:
        """Fetch the choices."""
        self.run_worker(self._fill(), exit_on_error=False)

    @property
    def ripe(self) -> bool:
        """Whether the choices have been there long enough to have been read."""
        return monotonic() - self._opened >= DEAD_SECONDS

    async def _fill(self) -> None:
        state, options = self.query_one("#state", Static), self.query_one("#choices", OptionList)
        try:
            self._choices = await self._fetch()
        except Failed as failed:
            state.update(Text(str(failed.problem)))
            return
        state.update(Text("enter  choose     esc  cancel" if self._choices else "there is nothing to choose from"))
        options.add_options([Option(Text(_label(choice))) for choice in self._choices])
        if self._choices:
            options.highlighted = 0
            options.focus()
        self._opened = monotonic()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if self.ripe:
            self.dismiss(self._choices[event.option_index])

    def action_cancel(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)


def _label(choice: Choice) -> str:
    return f"{choice.label}   {choice.note}" if choice.note else choice.label
