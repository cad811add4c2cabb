"""The inputs of a form: text, secret, flag or lines; each beside its label, above its help or complaint."""

from __future__ import annotations

import unicodedata

from rich.repr import Result
from rich.text import Text
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from gputui.core.actions import Field
from gputui.ui.form.choice import ChoiceBox
from gputui.ui.form.messages import Edited, Step
from gputui.ui.form.values import YES

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def seen(text: str, keep: str = "") -> str:
    """Return `text` without invisible characters, which could be pasted and sent unnoticed."""
    return "".join(char for char in text if char in keep or unicodedata.category(char) not in _UNSEEN)


class TextLine(Input):
    """One line of text."""

    def __init__(self, text: str, *, secret: bool = False) -> None:
        super().__init__(text, password=secret, compact=True, select_on_focus=False)
        self.cursor_blink = False

    @property
    def text(self) -> str:
        """The current text."""
        return self.value

    def show(self, text: str) -> None:
        """Set the text."""
        self.value = text

    def validate_value(self, value: str) -> str:
        """Keep the value a single visible line, wherever it comes from."""
        return seen(value)

    def on_paste(self, event: events.Paste) -> None:
        """Join pasted lines; none of them submits."""
        event.text = seen(event.text)


class SecretLine(TextLine):
    """A line that is never shown: it cannot be copied, and its messages do not show it."""

    class Changed(Input.Changed):
        """As of any input, but its repr hides the value."""

        def __repr__(self) -> str:
            return "Changed(***)"

        def __rich_repr__(self) -> Result:
            yield "***"

    class Submitted(Input.Submitted):
        """As of any input, but its repr hides the value."""

        def __repr__(self) -> str:
            return "Submitted(***)"

        def __rich_repr__(self) -> Result:
            yield "***"

    def __init__(self, text: str) -> None:
        super().__init__(text, secret=True)

    def action_copy(self) -> None:
        """Disabled: the secret must not be copied."""

    def action_cut(self) -> None:
        """Disabled: the secret must not be copied."""


class FlagBox(Widget, can_focus=True):
    """A yes/no box; space toggles it."""

    DEFAULT_CSS = """
    FlagBox { height: 1; width: 1fr; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def show(self, text: str) -> None:
        """Set the value."""
        self.text = text
        self.refresh()

    def render(self) -> RenderResult:
        """A box and a word."""
        return Text("[x] yes" if self.text == YES else "[ ] no")

    def on_key(self, event: events.Key) -> None:
        """Space toggles, enter moves on."""
        if event.key == "space":
            self._change()
        elif event.key == "enter":
            self.post_message(Step(1))
        else:
            return
        event.stop()

    def on_click(self) -> None:
        """Toggle, like space."""
        self._change()

    def _change(self) -> None:
        self.show("" if self.text == YES else YES)
        self.post_message(Edited())


class LinesBox(TextArea):
    """Several lines; the arrow keys leave the box at its first and last line."""

    DEFAULT_CSS = """
    LinesBox { height: auto; min-height: 2; max-height: 6; padding: 0; }
    """

    def __init__(self, text: str) -> None:
        super().__init__(text, compact=True, highlight_cursor_line=False)
        self.cursor_blink = False

    def show(self, text: str) -> None:
        """Set the text."""
        self.text = text

    def on_paste(self, event: events.Paste) -> None:
        """Remove invisible characters except line breaks."""
        event.text = seen(event.text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up a line, or to the previous field."""
        if self.cursor_at_first_line and not select:
            self.post_message(Step(-1))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down a line, or to the next field."""
        if self.cursor_at_last_line and not select:
            self.post_message(Step(1))
        else:
            super().action_cursor_down(select)


Editor = TextLine | FlagBox | LinesBox | ChoiceBox


def editor_of(field: Field, text: str) -> Editor:
    """Return the input for a kind of field."""
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
    """One field: its label, its input, and below that the help or a complaint."""

    DEFAULT_CSS = """
    FieldBox { layout: horizontal; height: auto; width: 1fr; max-width: 110; }
    FieldBox > .label { width: 26; }
    FieldBox.-here > .label { color: $primary; text-style: bold; }
    FieldBox > Vertical { width: 1fr; height: auto; padding: 0 1 0 0; }
    FieldBox Horizontal { height: 1; }
    FieldBox Horizontal .editor { width: 16; }
    FieldBox .unit { width: auto; padding: 0 1; color: $text-muted; }
    FieldBox .note { color: $text-muted; min-height: 1; }
    FieldBox.-wrong .note { color: $error; }
    FieldBox .editor { background: $panel; }
    FieldBox .editor:focus { background: $surface-active; }
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
            if self.field.unit:
                with Horizontal():
                    yield self.editor
                    yield Static(Text(self.field.unit), classes="unit")
            else:
                yield self.editor
            yield self._note

    @property
    def note(self) -> str:
        """The text below the input."""
        return str(self._note.content)

    def say(self, complaint: str, news: str = "") -> None:
        """Show the complaint, otherwise the news, otherwise the help."""
        self.set_class(bool(complaint), "-wrong")
        words = " ".join(f"{glyph} {text}" for glyph, text in (("▲", news), ("✖", complaint)) if text)
        words = words or _help(self.field)
        if words != self.note:
            self._note.update(Text(words))

    def on_descendant_focus(self) -> None:
        """Mark the focused field with a sign, as colours may not be available."""
        self._mark(here=True)
        self.call_after_refresh(self.scroll_visible, animate=False)

    def on_descendant_blur(self) -> None:
        """After the focus leaves, a missing value may be reported."""
        self.visited = True
        self._mark(here=False)

    def _mark(self, *, here: bool) -> None:
        self.set_class(here, "-here")
        self._label.update(Text(f"{'▌' if here else ' '} {self.field.label}"))


def _help(field: Field) -> str:
    optional = "" if field.required or field.kind == "flag" else "optional"
    shape = "key=value, one a line" if field.kind == "pairs" else "one a line" if field.kind == "lines" else ""
    return " · ".join(part for part in (field.help, shape, optional) if part)
