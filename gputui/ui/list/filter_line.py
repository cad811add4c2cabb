"""The input for the filter; the lists follow while one types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len
from textual.binding import Binding
from textual.events import Paste
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from gputui.core.filter import Filter, joined_lines, parse
from gputui.core.filter_terms import FIELDS
from gputui.ui.host import host_of
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.typed_before import TypedBefore, remember_typed

HISTORY = "filter"
HINT = "filter: words, !word, /regex/, state:error, gpu>=8, age>2h, either | or"


class FilterSuggester(Suggester):
    """Completes the last word of a filter: the name of a field, or behind it a value that is there.

    `fields` returns the fields there are, `values` the texts of one of them in the list that is shown.
    """

    def __init__(self, fields: Callable[[], Sequence[str]], values: Callable[[str], Iterable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.fields, self._values = fields, values

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line with its last word completed; a value behind a quote may have spaces."""
        at = _last_word(value)
        before, word = value[:at], value[at:]
        bare = word.lstrip("!")
        field, colon, begun = bare.partition(":")
        if colon:
            quote = '"' if begun.startswith('"') else ""
            begun = begun.removeprefix(quote)
            found = sorted(one for one in set(self._values(field.lower())) if quote or " " not in one)
            done = next((one for one in found if one.casefold().startswith(begun.casefold()) and one != begun), "")
            return f"{before}{word[: len(word) - len(begun)]}{done}{quote}" if done and begun else None
        names = (*FIELDS, *self.fields())
        if bare in names:
            return None  # it is a word as often as a field
        done = next((one for one in names if len(bare) > 1 and one.startswith(bare) and one != bare), "")
        return f"{before}{word[: len(word) - len(bare)]}{done}:" if done else None


def complaint_line(wanted: Filter, scrolled: int, width: int) -> str:
    """Return carets below the place of a complaint, and what is wrong behind or, without room there, before them."""
    start, end = (cell_len(wanted.text[:at]) - scrolled for at in wanted.place)
    start = min(max(0, start), max(0, width - 1))
    carets = "^" * max(1, min(end, width) - start)
    behind = f"{' ' * start}{carets} {wanted.reason}"
    if cell_len(behind) <= width or start <= cell_len(wanted.reason):
        return behind
    return f"{wanted.reason:>{start - 1}} {carets}"


def _last_word(text: str) -> int:
    """Return where the last term of a text begins: behind the last space, of which those behind a quote are no end."""
    end = text.rfind('"') if text.count('"') % 2 else len(text)
    return text.rfind(" ", 0, end) + 1


class FilterLine(Input):
    """Hidden until opened. Enter keeps the filter, esc clears it; both hide the line. ctrl+u empties it.

    Tab completes the name of a field or a value. Of several pasted lines none is lost: any of them is meant.
    """

    DEFAULT_CSS = """
    FilterLine { display: none; }
    FilterLine.-open { display: block; }
    """
    BINDINGS = [
        Binding("escape", "leave(True)", show=False),
        Binding("enter", "leave(False)", show=False),
        Binding("ctrl+u", "wipe", show=False),
        Binding("tab", "cursor_right", show=False),
        Binding("up", "typed_before(-1)", show=False),
        Binding("down", "typed_before(1)", show=False),
    ]

    class Typed(Message):
        """The filter has changed."""

        def __init__(self, wanted: Filter) -> None:
            super().__init__()
            self.wanted = wanted

    class Left(Message):
        """The line was hidden."""

    def __init__(self, *, id: str, suggester: FilterSuggester) -> None:
        super().__init__(id=id, placeholder=HINT, compact=True, select_on_focus=False, suggester=suggester)
        self.complaint = Bar(id=f"{id}-complaint")
        """The line below: what is wrong, with carets where."""
        self.complaint.display = False
        self._suggester = suggester
        self._before = TypedBefore(lambda: host_of(self).preferences.now.typed.get(HISTORY, ()))

    def open(self, text: str) -> None:
        """Show the line with the current filter."""
        self._before.restart()
        self.value = text
        self.cursor_position = len(text)
        self.add_class("-open")
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply the filter while typing."""
        event.stop()
        if self.has_class("-open"):
            wanted = parse(event.value, self._suggester.fields())
            self.post_message(self.Typed(wanted))
            self.call_after_refresh(self._complain, wanted)

    def _complain(self, wanted: Filter) -> None:
        """Show what is wrong below the place, wherever the line has been scrolled to."""
        told = self.has_class("-open") and bool(wanted.complaint)
        self.complaint.display = told
        if told:
            line = complaint_line(wanted, self.scroll_offset.x, self.size.width)
            self.complaint.show([(line, "degraded")])

    def on_paste(self, event: Paste) -> None:
        """Insert all lines; Textual would take the first and drop the others."""
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(joined_lines(event.text))

    def action_wipe(self) -> None:
        """Empty the line. It stays open: what is typed next is text, not a key of the list."""
        self.value = ""

    def action_typed_before(self, by: int) -> None:
        """Show what was typed before, or after that."""
        self.value = self._before.step(self.value, by)
        self.cursor_position = len(self.value)

    def action_leave(self, clear: bool) -> None:
        """Hide the line."""
        self.remove_class("-open")
        self.complaint.display = False
        if clear:
            self.post_message(self.Typed(parse("")))
        else:
            remember_typed(host_of(self).preferences.change, HISTORY, self.value)
        self.post_message(self.Left())
