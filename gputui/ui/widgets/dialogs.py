"""The confirmation of a change: Cancel has the focus, Enter on a fresh dialog cancels, and haste never confirms."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Input, Static

from gputui.ui.widgets.dialog_layout import DialogLayout, arrange
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.timed_dialog import LOW, TimedDialog

RENEW_SECONDS = 0.25
BURST = 3
"""This many letters before the dialog can have been read are not an answer, but text pasted into the terminal."""
CHANGED = "A target has changed: read again."
_PARTS = ("title", "names", "effect", "hint")


class Answer(Enum):
    """The result of a dialog."""

    YES = "yes"
    NO = "no"
    FORM = "back to the inputs"
    DOCUMENT = "edit the request as a file"


class Dialog(TimedDialog[Answer]):
    """Returns YES only for a deliberate yes.

    `renew` returns the current question: if what a yes would do changes while the dialog is open, the dialog says so
    and must be read and answered again.
    """

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical {
        width: auto; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
        background: $panel; border: round $primary; border-subtitle-color: $text-muted;
        border-title-color: $warning; border-title-style: bold;
    }
    Dialog.-disrupts > Vertical { border: round $warning; }
    Dialog.-destroys > Vertical { border: heavy $error; }
    Dialog Static { width: 1fr; height: auto; }
    Dialog .title { text-style: bold; margin-bottom: 1; }
    Dialog .names, Dialog .effect { height: auto; }
    Dialog Stakes { background: $panel; height: 1; margin-top: 1; }
    Dialog .hint { margin-top: 1; }
    Dialog Horizontal { height: 1; margin-top: 1; }
    Dialog #sign { width: 2; }
    Dialog Input, Dialog Input:focus { width: 1fr; margin-right: 2; background: $surface; }
    Dialog.-low > Vertical { padding: 0 1; max-height: 100%; }
    Dialog.-low .title { margin-bottom: 0; }
    Dialog.-low .hint, Dialog.-low Horizontal, Dialog.-low Stakes, Dialog Stakes.-first { margin-top: 0; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]
    BINDINGS = [
        Binding("n", "leave", "Cancel", show=False),
        Binding("y", "agree", "Yes", show=False),
        Binding("e", "form", "Inputs", show=False),
        Binding("ctrl+o", "inputs", "Inputs", show=False),
        Binding("ctrl+e", "document", "Edit as a file", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(1, True)", show=False),
        Binding("pageup", "scroll(-1, True)", show=False),
    ]

    def __init__(self, question: Question, renew: Callable[[], Question] | None = None) -> None:
        super().__init__()
        self.question = question
        self._renew = renew
        self._hasty = 0
        self._wiped = False

    def compose(self) -> ComposeResult:
        """Title, targets, effect, what scrolls, how to say yes, and Cancel."""
        with Vertical():
            yield Static(classes="title")
            yield Static(classes="names")
            yield Static(classes="effect")
            yield Stakes()
            yield Static(classes="hint")
            with Horizontal():
                yield Static(Text("› "), id="sign")
                yield TypedInput(id="typed", select_on_focus=False, compact=True)
                yield Cancel("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Focus Cancel."""
        self._fill()
        self.set_focus(self.query_one("#cancel", Button))
        if self._renew is not None:
            self.set_interval(RENEW_SECONDS, self._look_again)

    def _fill(self) -> None:
        for risk in ("looks", "reversible", "disrupts", "destroys"):
            self.set_class(self.question.risk.name.lower() == risk, f"-{risk}")
        self.query_one(TypedInput).display = self.query_one("#sign").display = self.typing
        self._fit()

    def on_resize(self) -> None:
        """Arrange everything anew: title, names, effect, hint and Cancel stay on screen."""
        self._fit()

    def notices_changed(self) -> None:
        """Arrange everything above the notices."""
        self._fit()

    def _fit(self) -> None:
        columns, rows = self.size.width, self.rows_left
        low = self.size.height < LOW
        frame_wide, frame_high = (4, 2) if low else (6, 4)
        room = rows if low else rows * 96 // 100
        layout = arrange(self.question, columns * 96 // 100 - frame_wide, room - frame_high, low=low)
        self.query_one(Vertical).styles.width = layout.width + frame_wide
        for name in _PARTS:
            lines: list[str] = getattr(layout, name)
            part = self.query_one(f".{name}", Static)
            part.update(Text("\n".join(lines)))
            part.display = bool(lines)
        self.query_one(Stakes).put(layout)
        self.call_after_refresh(self._tell_scrolling)

    def _tell_scrolling(self) -> None:
        """If not everything is visible, say so at the lower edge, and how much more there is."""
        if self.is_attached:
            self.query_one(Vertical).border_subtitle = self.query_one(Stakes).more

    @property
    def typing(self) -> bool:
        """Whether something must be typed to say yes."""
        return bool(self.question.type_this) and not self.question.blocked

    def _look_again(self) -> None:
        """Show the current question; if a yes to it would do something else, it must be answered anew."""
        if self._renew is None:
            return
        before, self.question = self.question, self._renew()
        if before == self.question:
            if before.told != self.question.told:
                self._fill()
            return
        typed = self.query_one(TypedInput)
        self._wiped = self._wiped or bool(typed.value)
        typed.clear()
        self.query_one(Vertical).border_title = CHANGED
        self._fill()
        self.set_focus(self.query_one("#cancel", Button))
        self.seen_anew()

    @property
    def changed(self) -> bool:
        """Whether it says that a target has changed since it was opened."""
        return self.query_one(Vertical).border_title is not None

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
        """Where a name must be typed, letters are text: esc cancels, ctrl+o and ctrl+e lead elsewhere."""
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

    def action_leave(self) -> None:
        """Answer no."""
        self.dismiss(Answer.NO)

    def action_form(self) -> None:
        """Return to the inputs."""
        if self.question.form:
            self.dismiss(Answer.FORM)

    def action_inputs(self) -> None:
        """Return to the inputs where letters are text."""
        if self.typing:
            self.action_form()

    def action_document(self) -> None:
        """Edit the request's body as a file."""
        if self.question.document:
            self.dismiss(Answer.DOCUMENT)

    def action_scroll(self, by: int, page: bool = False) -> None:
        """Scroll the requests and whatever else does not fit: by a line, or by a page."""
        stakes = self.query_one(Stakes)
        stakes.scroll_relative(y=by * (max(1, stakes.size.height - 1) if page else 1), animate=False)
        self.call_after_refresh(self._tell_scrolling)

    @on(Button.Pressed, "#cancel")
    def _cancel_pressed(self) -> None:
        self.dismiss(Answer.NO)

    def on_cancel_entered(self) -> None:
        """Cancel; but not if it has the focus only because what was typed was thrown away: Enter was meant for that."""
        if not self._wiped:
            self.dismiss(Answer.NO)
            return
        self._wiped = False
        answer = f"type {self.question.type_this}" if self.typing else "answer"
        then = f"nothing to do: {self.question.blocked}" if self.question.blocked else f"read again, then {answer}"
        self.notify(f"a target has changed, nothing was done: {then}", severity="warning", markup=False)

    @on(Input.Changed, "#typed")
    def _typing(self, event: Input.Changed) -> None:
        self._wiped = self._wiped and not event.value

    @on(Input.Submitted, "#typed")
    def _typed(self, event: Input.Submitted) -> None:
        if not self.typing:
            return
        if event.value == self.question.type_this:
            self._answer_yes()
        else:
            self.notify(f"not the same as {self.question.type_this}", severity="warning", markup=False)


class Stakes(Pages, can_focus=False, inherit_bindings=False):
    """What scrolls, every request in full: only visible lines are drawn, however many there are."""

    def __init__(self) -> None:
        super().__init__(())

    def put(self, layout: DialogLayout) -> None:
        """Show what scrolls in a layout."""
        self._text = layout.scroll
        self.display = bool(layout.scroll)
        self.set_class(not (layout.names or layout.effect), "-first")
        self.styles.height = layout.height
        self._lay_out()

    @property
    def more(self) -> str:
        """Return how to scroll and how many lines are below; empty if everything is visible."""
        if not self.display or self.max_scroll_y <= 0:
            return ""
        below = round(self.max_scroll_y - self.scroll_y)
        return f"↑ ↓  read on, {below} more" if below else "↑  read back"


class Cancel(Button):
    """A button that tells Enter from a click: Enter may have been meant for what had the focus before."""

    class Entered(Message):
        """Enter was pressed on it."""

    def action_press(self) -> None:
        """Report it instead of pressing the button."""
        self.post_message(self.Entered())


class TypedInput(Input):
    """An input for text that must be typed by hand: pasting does nothing."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
