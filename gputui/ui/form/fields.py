"""The inputs of a form: a line, a secret, a flag, several lines; each beside its label, over its help or complaint."""

from __future__ import annotations

import unicodedata

from rich.repr import Result
from rich.text import Text
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from gputui.core.actions import Field
from gputui.ui.form.choice import ChoiceBox
from gputui.ui.form.messages import Edited, Step
from gputui.ui.form.state import YES

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def seen(text: str, keep: str = "") -> str:
    """`text` without the characters nobody sees: pasted, they would be sent unnoticed."""
    return "".join(char for char in text if char in keep or unicodedata.category(char) not in _UNSEEN)


class TextLine(Input):
    """One line of text."""

    def __init__(self, text: str, *, secret: bool = False) -> None:
        super().__init__(text, password=secret, compact=True, select_on_focus=False)
        self.cursor_blink = False

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.value

    def show(self, text: str) -> None:
        """Put a text into it."""
        self.value = text

    def validate_value(self, value: str) -> str:
        """However it came here, it is one line that can be seen."""
        return seen(value)

    def on_paste(self, event: events.Paste) -> None:
        """Several lines become one; none of them submits."""
        event.text = seen(event.text)


class SecretLine(TextLine):
    """One line that is never shown: it cannot be copied out, and its messages do not show it."""

    class Changed(Input.Changed):
        """As of any input, but silent about its value."""

        def __repr__(self) -> str:
            return "Changed(***)"

        def __rich_repr__(self) -> Result:
            yield "***"

    class Submitted(Input.Submitted):
        """As of any input, but silent about its value."""

        def __repr__(self) -> str:
            return "Submitted(***)"

        def __rich_repr__(self) -> Result:
            yield "***"

    def __init__(self, text: str) -> None:
        super().__init__(text, secret=True)

    def action_copy(self) -> None:
        """Not out of here."""

    def action_cut(self) -> None:
        """Not out of here."""


class FlagBox(Widget, can_focus=True):
    """Yes or no; space changes it."""

    DEFAULT_CSS = """
    FlagBox { height: 1; width: 1fr; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def show(self, text: str) -> None:
        """Set it."""
        self.text = text
        self.refresh()

    def render(self) -> RenderResult:
        """A box and a word."""
        return Text("[x] yes" if self.text == YES else "[ ] no")

    def on_key(self, event: events.Key) -> None:
        """Space changes it, enter goes on."""
        if event.key == "space":
            self._change()
        elif event.key == "enter":
            self.post_message(Step(1))
        else:
            return
        event.stop()

    def on_click(self) -> None:
        """As space."""
        self._change()

    def _change(self) -> None:
        self.show("" if self.text == YES else YES)
        self.post_message(Edited())


class LinesBox(TextArea):
    """Several lines; the arrow keys leave it at its first and last one."""

    DEFAULT_CSS = """
    LinesBox { height: auto; min-height: 2; max-height: 6; padding: 0; }
    """

    def __init__(self, text: str) -> None:
        super().__init__(text, compact=True, highlight_cursor_line=False)
        self.cursor_blink = False

    def show(self, text: str) -> None:
        """Put a text into it."""
        self.text = text

    def on_paste(self, event: events.Paste) -> None:
        """Only line breaks are taken besides what can be seen."""
        event.text = seen(event.text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """Up a line, or to the field before."""
        if self.cursor_at_first_line and not select:
            self.post_message(Step(-1))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down a line, or to the next field."""
        if self.cursor_at_last_line and not select:
            self.post_message(Step(1))
        else:
            super().action_cursor_down(select)


Editor = TextLine | FlagBox | LinesBox | ChoiceBox


def editor_of(field: Field, text: str) -> Editor:
    """The input for a kind of field."""
    match field.kind:
        case "secret":
            return SecretLine(text)
        case "flag":
            return FlagBox(text)
        case "pairs" | "lines":
            return LinesBox(text)
        case "choice" | "choices":
            return ChoiceBox(text, many=field.kind == "choices")
    return TextLine(text)


class FieldBox(Widget):
    """One field: its label, where it is filled in, and below that the help, or the complaint instead."""

    DEFAULT_CSS = """
    FieldBox { layout: horizontal; height: auto; width: 1fr; max-width: 110; }
    FieldBox > .label { width: 26; }
    FieldBox.-here > .label { color: $primary; text-style: bold; }
    FieldBox > Vertical { width: 1fr; height: auto; padding: 0 1 0 0; }
    FieldBox .note { color: $text-muted; min-height: 1; }
    FieldBox.-wrong .note { color: $error; }
    FieldBox .editor { background: $panel; }
    FieldBox .editor:focus { background-tint: $foreground 8%; }
    """

    def __init__(self, field: Field, text: str) -> None:
        super().__init__()
        self.field = field
        self.visited = False
        self.editor = editor_of(field, text)
        self.editor.add_class("editor")
        self._label = Static(Text(f"  {field.label}"), classes="label")
        self._note = Static(Text(_help(field)), classes="note")

    def compose(self) -> ComposeResult:
        """Label, input, note."""
        yield self._label
        with Vertical():
            yield self.editor
            yield self._note

    @property
    def note(self) -> str:
        """What stands under the input."""
        return str(self._note.content)

    def say(self, complaint: str, news: str = "") -> None:
        """What is wrong, or else what has happened, or else the help."""
        self.set_class(bool(complaint), "-wrong")
        words = " ".join(f"{glyph} {text}" for glyph, text in (("▲", news), ("✖", complaint)) if text)
        words = words or _help(self.field)
        if words != self.note:
            self._note.update(Text(words))

    def on_descendant_focus(self) -> None:
        """Where one is, is told by a sign, too: colours alone tell nobody without them."""
        self._mark(here=True)
        self.call_after_refresh(self.scroll_visible, animate=False)

    def on_descendant_blur(self) -> None:
        """Left: from now on it may be said that something is missing."""
        self.visited = True
        self._mark(here=False)

    def _mark(self, *, here: bool) -> None:
        self.set_class(here, "-here")
        self._label.update(Text(f"{'▌' if here else ' '} {self.field.label}"))


def _help(field: Field) -> str:
    optional = "" if field.required or field.kind == "flag" else "optional"
    shape = "key=value, one a line" if field.kind == "pairs" else "one a line" if field.kind == "lines" else ""
    return " · ".join(part for part in (field.help, shape, optional) if part)
