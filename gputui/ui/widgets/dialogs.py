"""The confirmation of a change: Cancel has the focus, Enter on a fresh dialog cancels, and haste never confirms."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from rich.cells import cell_len
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Button, Input, Static

from gputui.ui.widgets.question import Question
from gputui.ui.widgets.reader import Pages
from gputui.ui.widgets.styles import Line, StyleName
from gputui.ui.widgets.timed_dialog import TimedDialog
from gputui.ui.widgets.wrapping import wrapped

RENEW_SECONDS = 0.25
READ_ON = "     ↑ ↓  read on"
LOW = 18
"""Lines of the window below which a dialog drops its margins, so that Cancel stays on screen."""
BURST = 3
"""This many letters before the dialog can have been read are not an answer, but text pasted into the terminal."""


class Answer(Enum):
    """The result of a dialog."""

    YES = "yes"
    NO = "no"
    FORM = "back to the inputs"
    DOCUMENT = "edit the request as a file"


class Dialog(TimedDialog[Answer]):
    """Returns YES only for a deliberate yes.

    `renew` returns the current question: if a target changes while the dialog is open, the dialog says so and must be
    read and answered again.
    """

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary;
    }
    Dialog.-disrupts > Vertical { border: round $warning; }
    Dialog.-destroys > Vertical { border: heavy $error; }
    Dialog .title { text-style: bold; margin-bottom: 1; }
    Dialog .changed { color: $warning; text-style: bold; margin-bottom: 1; display: none; }
    Dialog Stakes { background: $panel; height: 1; }
    Dialog.-low > Vertical { padding: 0 1; max-height: 100%; }
    Dialog.-low .title, Dialog.-low .changed { margin-bottom: 0; }
    Dialog.-low Input { border: none; height: 1; }
    Dialog.-low .hint, Dialog.-low Button, Dialog.-low Input { margin-top: 0; }
    Dialog .hint { margin-top: 1; color: $text-muted; }
    Dialog Input { margin-top: 1; }
    Dialog Button { margin-top: 1; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]
    BINDINGS = [
        Binding("escape,n,q", "cancel", "Cancel", show=False),
        Binding("y", "agree", "Yes", show=False),
        Binding("e", "form", "Inputs", show=False),
        Binding("ctrl+e", "document", "Edit as a file", show=False),
        Binding("down,pagedown", "scroll(1)", show=False),
        Binding("up,pageup", "scroll(-1)", show=False),
    ]

    def __init__(self, question: Question, renew: Callable[[], Question] | None = None) -> None:
        super().__init__()
        self.question = question
        self._renew = renew
        self._hasty = 0

    def compose(self) -> ComposeResult:
        """Title, targets and requests, how to say yes, and Cancel."""
        with Vertical():
            yield Static(classes="title")
            yield Static(Text("A target has changed: read again."), classes="changed")
            yield Stakes()
            yield Static(classes="hint")
            yield TypedInput(id="typed", select_on_focus=False)
            yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Focus Cancel."""
        self._fill()
        self.set_focus(self.query_one("#cancel", Button))
        if self._renew is not None:
            self.set_interval(RENEW_SECONDS, self._look_again)

    def _fill(self) -> None:
        question = self.question
        for risk in ("looks", "reversible", "disrupts", "destroys"):
            self.set_class(question.risk.name.lower() == risk, f"-{risk}")
        self.query_one(".title", Static).update(Text(question.title))
        self.query_one(TypedInput).display = self.typing
        self._fit()

    def on_resize(self) -> None:
        """Scroll the middle: title, hint and Cancel stay on screen."""
        self._fit()

    def _fit(self) -> None:
        low = self.size.height < LOW
        width = max(20, min(76, self.size.width * 96 // 100) - (4 if low else 6))
        hint = _hint(self.question)
        told = sum(-(-cell_len(text) // width) for text in (self.question.title, hint + READ_ON))
        around = (3 if low else 8) + 1 + (1 if low else 4) * self.typing
        changed = (1 if low else 2) * self.query_one(".changed").display
        self.query_one(Stakes).put(self.question, width, max(2, self.size.height - around - told - changed))
        self.query_one(".hint", Static).update(Text(hint))
        self.call_after_refresh(self._say_more)

    def _say_more(self) -> None:
        """If not everything is visible, show how to scroll."""
        if self.is_attached:
            more = self.query_one(Stakes).max_scroll_y > 0
            self.query_one(".hint", Static).update(Text(_hint(self.question) + READ_ON * more))

    @property
    def typing(self) -> bool:
        """Whether something must be typed to say yes."""
        return bool(self.question.type_this) and not self.question.blocked

    def _look_again(self) -> None:
        if self._renew is None or (question := self._renew()) == self.question:
            return
        self.question = question
        self.query_one(TypedInput).clear()
        self.query_one(".changed", Static).display = True
        self._fill()
        self.set_focus(self.query_one("#cancel", Button))
        self.seen_anew()

    def must_be_meant(self, key: events.Key) -> bool:
        """Keys that say yes or lead elsewhere; their timing is checked in `takes`."""
        if self.too_early(key.time):
            return False
        return key.key == "enter" if self.typing else key.key not in ("n", "q", "enter")

    def takes(self, key: events.Key) -> bool:
        """Whether a key may be an answer: not if pressed before the question could be read; a burst ends the dialog.

        The time at which the key came from the terminal counts, however long it waited in the queue.
        """
        if not self.too_early(key.time):
            return True
        entering = key.key == "enter" and self.query_one(TypedInput).has_focus
        if not (key.is_printable or entering) or (key.character in ("n", "q") and not self.typing):
            return True  # they cancel or move, which is never too early
        self._hasty += 1
        if self._hasty == BURST:
            self.notify("too many keys at once: nothing was done", severity="warning", markup=False)
            self.dismiss(Answer.NO)
        return False

    def on_key(self, event: events.Key) -> None:
        """Typed text goes to the name at once, without focusing its field first."""
        field = self.query_one(TypedInput)
        if event.is_printable and event.character and self.typing and not field.has_focus:
            field.focus()
            field.insert_text_at_cursor(event.character)
            event.stop()
            event.prevent_default()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where a name must be typed, letters are text; only esc cancels and only ctrl+e leads elsewhere."""
        if action in ("agree", "form"):
            return not self.typing
        return True

    def action_agree(self) -> None:
        """Answer yes, unless it is too early to have been read."""
        self._answer_yes()

    def _answer_yes(self) -> None:
        """Check once more for a change that came after the last update."""
        self._look_again()
        if self.ripe and not self.question.blocked:
            self.dismiss(Answer.YES)

    def action_cancel(self) -> None:
        """Answer no."""
        self.dismiss(Answer.NO)

    def action_form(self) -> None:
        """Return to the inputs."""
        if self.question.form:
            self.dismiss(Answer.FORM)

    def action_document(self) -> None:
        """Edit the request's body as a file."""
        if self.question.document:
            self.dismiss(Answer.DOCUMENT)

    def action_scroll(self, by: int) -> None:
        """Scroll the targets and the requests."""
        self.query_one(Stakes).scroll_relative(y=by * 4, animate=False)

    @on(Button.Pressed, "#cancel")
    def _cancel_pressed(self) -> None:
        self.dismiss(Answer.NO)

    @on(Input.Submitted, "#typed")
    def _typed(self, event: Input.Submitted) -> None:
        if not self.typing:
            return
        if event.value == self.question.type_this:
            self._answer_yes()
        else:
            self.notify(f"not the same as {self.question.type_this}", severity="warning", markup=False)


class Stakes(Pages, can_focus=False, inherit_bindings=False):
    """The targets and every request, in full: only visible lines are drawn, however many there are."""

    def __init__(self) -> None:
        super().__init__(())

    def put(self, question: Question, width: int, most: int) -> None:
        """Show the content of a question in lines of that width, at most `most` at once."""
        gap: list[Line] = [()] if question.request else []
        lines = [_indented(line, "") for line in question.lines]
        self._text = [*lines, *gap, *(_indented(line, "dim") for line in question.request)]
        self.styles.height = min(most, sum(len(wrapped(line, width - 1)) for line in self._text))
        self._wrap()


def _indented(line: str, style: StyleName) -> Line:
    """Return a line whose continuation is indented below its beginning."""
    text = line.lstrip(" ")
    return (" " * (len(line) - len(text)), ""), (text, style)


class TypedInput(Input):
    """An input for text that must be typed by hand: pasting does nothing."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()


def _hint(question: Question) -> str:
    if question.blocked:
        return f"Nothing to do: {question.blocked}.     esc  back"
    more = "     e  change the inputs" if question.form and not question.type_this else ""
    more += "     ctrl+e  edit as a file" if question.document else ""
    if question.type_this:
        return f"Type  {question.type_this}  and press Enter to {question.verb}.{more}"
    return f"y  {question.verb}     n esc  cancel{more}"
