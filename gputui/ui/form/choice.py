"""A field for one or several values from a list that is read while the form is open; typing narrows it."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.geometry import Size
from textual.widget import Widget

from gputui.core.actions import Choice
from gputui.ui.form.messages import Again, Edited, Step
from gputui.ui.form.state import ChoiceState, matching

MOST_LINES = 8
_AROUND = 8
"""Lines of the window that the rest of the form needs while a list is open."""
_MOVES = {"up": -1, "down": 1, "pageup": -MOST_LINES, "pagedown": MOST_LINES, "home": -(10**9), "end": 10**9}


class ChoiceBox(Widget, can_focus=True):
    """A line with the chosen values; enter or typing opens the list below it."""

    DEFAULT_CSS = """
    ChoiceBox { height: auto; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    ChoiceBox > .choice--dim { color: $text-muted; }
    ChoiceBox > .choice--bad { color: $error; }
    ChoiceBox > .choice--cursor { text-style: bold reverse; }
    """
    COMPONENT_CLASSES = {"choice--dim", "choice--bad", "choice--cursor"}

    def __init__(self, text: str, *, many: bool) -> None:
        super().__init__()
        self.many = many
        self.opened = False
        self._values = [value for value in text.split("\n") if value]
        self._offer = ChoiceState()
        self._wanted = ""
        self._shown: list[Choice] = []
        self._cursor = 0

    @property
    def text(self) -> str:
        """The chosen values, one per line."""
        return "\n".join(self._values)

    def show(self, text: str) -> None:
        """Choose these values."""
        self._values = [value for value in text.split("\n") if value]
        self.refresh(layout=True)

    def show_offer(self, offer: ChoiceState) -> None:
        """Show the available choices; an empty list is closed."""
        if offer != self._offer:
            self._offer = offer
            self.opened = self.opened and bool(offer.choices)
            self._narrow(self._wanted)
            self.refresh(layout=True)

    # ------------------------------------------------------------------ keys

    def on_key(self, event: events.Key) -> None:
        """Handle the list's keys; others go to the form."""
        if self._typed(event) if self.opened else self._typed_closed(event):
            event.stop()
            event.prevent_default()
            self.refresh(layout=True)

    def _typed_closed(self, event: events.Key) -> bool:
        if event.key == "enter" and not self._offer.choices:
            self.post_message(Step(1))
        elif event.key == "r" and self._offer.problem is not None:
            self.post_message(Again(self))
        elif event.key in ("enter", "space"):
            self._open()
        elif event.key in ("backspace", "delete") and self._values:
            self._choose([])
        elif event.is_printable and event.character:
            self._open(event.character)
        else:
            return False
        return True

    def _typed(self, event: events.Key) -> bool:
        if event.key in _MOVES:
            self._cursor = max(0, min(self._cursor + _MOVES[event.key], len(self._shown) - 1))
        elif event.key == "escape":
            self.opened = False
        elif event.key == "enter":
            self._enter()
        elif event.key == "space" and self.many:
            self._toggle()
        elif event.key in ("backspace", "ctrl+u"):
            self._narrow("" if event.key == "ctrl+u" else self._wanted[:-1])
        elif event.is_printable and event.character:
            self._narrow(self._wanted + event.character)
        else:
            return False
        return True

    def _open(self, wanted: str = "") -> None:
        if self._offer.choices:
            self.opened = True
            self._narrow(wanted)
            values = [choice.value for choice in self._shown]
            self._cursor = next((at for at, value in enumerate(values) if value in self._values), 0)
            self.call_after_refresh(self.scroll_visible, animate=False)

    def _narrow(self, wanted: str) -> None:
        self._wanted, self._cursor = wanted, 0
        self._shown = matching(self._offer.choices or (), wanted)

    def _enter(self) -> None:
        """Take the line under the cursor; for several values they are already chosen."""
        if not self.many:
            if not self._shown:
                return
            self._choose([self._shown[self._cursor].value])
        self.opened = False
        self.post_message(Step(1))

    def _toggle(self) -> None:
        if self._shown:
            value = self._shown[self._cursor].value
            chosen = {*self._values} ^ {value}
            self._choose([choice.value for choice in self._offer.choices or () if choice.value in chosen])

    def _choose(self, values: list[str]) -> None:
        self._values = [value for value in values if value]
        self.post_message(Edited())

    def on_blur(self) -> None:
        """Close the list without choosing when the focus leaves."""
        self.opened = False
        self.refresh(layout=True)

    def on_click(self, event: events.Click) -> None:
        """Open the list, or act like enter or space on the clicked line."""
        at = event.y - 1 + self._first
        if not self.opened:
            self._open()
        elif event.y and at < len(self._shown):
            self._cursor = at
            self._toggle() if self.many else self._enter()
        self.refresh(layout=True)

    # ------------------------------------------------------------------ drawing

    @property
    def _room(self) -> int:
        return max(3, min(MOST_LINES, self.app.size.height - _AROUND))

    @property
    def _first(self) -> int:
        """Return the first visible line of the list: the cursor stays in the middle if possible."""
        return max(0, min(self._cursor - self._room // 2, len(self._shown) - self._room))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line, plus those of the open list."""
        return 1 + (min(self._room, max(1, len(self._shown))) if self.opened else 0)

    def render(self) -> RenderResult:
        """The chosen values, or the filter above the list."""
        if not self.opened:
            return self._summary()
        first = self._first
        lines = [self._filter(len(self._shown))]
        lines += [self._line(choice, at) for at, choice in enumerate(self._shown[first : first + self._room], first)]
        if not self._shown:
            lines.append(self._dim("  nothing matches"))
        return Text("\n").join(lines)

    def _summary(self) -> Text:
        offer = self._offer
        why = f"✖ {offer.problem.brief}: r tries again" if offer.problem is not None else offer.words
        by_value = {choice.value: choice for choice in offer.choices or ()}
        labels = [by_value[value].label if value in by_value else value for value in self._values]
        if labels:
            text = Text(f"{len(labels)} chosen: {', '.join(labels)}" if self.many else labels[0])
            note = by_value[self._values[0]].note if not self.many and self._values[0] in by_value else ""
            aside = why or note
            return text.append_text(self._dim(f"   {aside}")) if aside else text
        if offer.problem is not None:
            return Text(why, self.get_component_rich_style("choice--bad", partial=True))
        return self._dim(why or f"enter chooses from {len(by_value)}")

    def _filter(self, count: int) -> Text:
        of = f"{count} of {len(self._offer.choices or ())}"
        text = Text(f"filter: {self._wanted}▌")
        chosen = f" · {len(self._values)} chosen · space marks, enter goes on" if self.many else ""
        return text.append_text(self._dim(f"  {of}{chosen}"))

    def _line(self, choice: Choice, at: int) -> Text:
        here = at == self._cursor
        mark = "x" if choice.value in self._values else " "
        line = Text(f"{'›' if here else ' '} " + (f"[{mark}] " if self.many else ""))
        style = self.get_component_rich_style("choice--cursor", partial=True) if here else ""
        line.append(choice.label, style)
        return line.append_text(self._dim(f"   {choice.note}")) if choice.note else line

    def _dim(self, words: str) -> Text:
        return Text(words, self.get_component_rich_style("choice--dim", partial=True))
