"""The one-line widgets around the table: tabs, views, the banner, the last changes, the keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from gputui.core.feed import Phase
from gputui.ui.widgets.keys import pressing
from gputui.ui.widgets.lazy_components import LazyComponents
from gputui.ui.widgets.strips import fitted
from gputui.ui.widgets.styles import Part as Part
from gputui.ui.widgets.styles import StyleName, component, components, rules
from gputui.ui.widgets.wrapping import wrapped

_PREFIX = "bar"
_OWN: dict[StyleName, str] = {
    "strong": "text-style: bold; color: $foreground;",
    "key": "text-style: bold; color: $primary;",
}


def cut(text: str, cells: int, ellipsis: str = "…") -> str:
    """Return the text, cut with an ellipsis if it does not fit."""
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1) + ellipsis if cells > 0 else ""


def key_parts(*keys: tuple[str, str]) -> tuple[Part, ...]:
    """Return the parts of a line of keys with their descriptions."""
    return tuple(part for key, does in keys for part in ((f" {key}", "key"), (f" {does}  ", "")))


class Bar(LazyComponents, Widget):
    """One line of parts on the left and on the right; the left is cut first. Repainted only when a part has changed.

    A click on a part runs its action; on a key or its description it presses that key.
    """

    DEFAULT_CSS = "Bar { height: 1; background: $panel; color: $foreground; }\n" + rules("Bar", _PREFIX, _OWN)
    COMPONENT_CLASSES = components(_PREFIX)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._left: tuple[Part, ...] = ()
        self._right: tuple[Part, ...] = ()
        self._actions: Sequence[str] = ()

    def show(self, left: Sequence[Part], right: Sequence[Part] = (), actions: Sequence[str] = ()) -> None:
        """Show these parts. `actions` are those of the left parts, empty for a part without one."""
        self._actions = actions
        if (self._left, self._right) != (tuple(left), tuple(right)):
            self._left, self._right = tuple(left), tuple(right)
            self.refresh()

    @property
    def text(self) -> str:
        """The text of the bar, without styles."""
        return "".join(text for text, _ in (*self._left, *self._right))

    def render_line(self, y: int) -> Strip:
        """The bar as one line."""
        width = self.size.width
        left, right = self._segments(self._left), self._segments(self._right)
        room = max(0, width - sum(segment.cell_length for segment in right))
        if right and sum(segment.cell_length for segment in left) >= room:
            gap = Segment(" ", self.rich_style)
            return fitted([*fitted(left, room - 1, self.rich_style), gap, *right], width, self.rich_style)
        return fitted([*fitted(left, room, self.rich_style), *right], width, self.rich_style)

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the part under the mouse, or press the key that stands there."""
        at, action = self._under(event.x)
        if action:
            await self.run_action(action)
        elif at is not None and (word := self._key_at(at)):
            self.app.post_message(pressing(word))

    def _under(self, x: int) -> tuple[int | None, str]:
        """Return the left part at that cell with its action; None beside them."""
        end = 0
        for at, (text, _) in enumerate(self._left):
            end += cell_len(text)
            if x < min(end, self.size.width - cell_len("".join(part for part, _ in self._right))):
                return at, self._actions[at] if at < len(self._actions) else ""
        return None, ""

    def _key_at(self, at: int) -> str:
        """Return the first key of the part; for a description, of the one before it."""
        keys = next((text for text, style in self._left[at::-1][:2] if style == "key"), "")
        return next(iter(keys.split()), "")

    def _segments(self, parts: Iterable[Part]) -> list[Segment]:
        return [Segment(text, self._style(name)) for text, name in parts]

    def _style(self, name: StyleName) -> Style:
        return self.get_component_rich_style(component(_PREFIX, name)) if name else self.rich_style


@dataclass(frozen=True, slots=True)
class TabLabel:
    """One tab: its number, name, counts of bad and degraded machines, and problem in a few words and in one.

    `phase` is the state of its machines' feed: if it fails, the counts are hidden, as they are outdated.
    """

    number: int
    name: str
    bad: int = 0
    degraded: int = 0
    trouble: tuple[str, str] = ("", "")
    protected: bool = False
    phase: Phase = Phase.LIVE


@dataclass(frozen=True, slots=True)
class _Fit:
    """How much of a tab is shown: the width of the name (none: only its number), the words of its problem, and padding.

    `words` is the position of the words in `TabLabel.trouble`; None for a sign alone.
    """

    name: int
    words: int | None = None
    airy: bool = False
    degraded: bool = True


LONGEST_NAME, SHORTEST_NAME = 24, 3
ACTIVE_NAME = 10
"""The minimum width of the active tab's name."""
READABLE_NAME = 8
"""Names are cut to this before a problem is told in one word instead of a few."""
_BARE = _Fit(0, degraded=False)
_FITS = (
    _Fit(LONGEST_NAME, 0, True),
    *(_Fit(name, 0) for name in range(LONGEST_NAME, READABLE_NAME - 1, -1)),
    _Fit(LONGEST_NAME, 1, True),
    *(_Fit(name, 1) for name in range(LONGEST_NAME, SHORTEST_NAME - 1, -1)),
    _Fit(0, 1),
    _Fit(0),
    _BARE,
)


TabParts = tuple["int | None", list[Part]]
"""A tab's number and its parts; no number for what is beside the tabs."""


def tab_actions(line: Iterable[TabParts]) -> list[str]:
    """Return the action of each part of a tab line: to go to its tab."""
    return ["" if number is None else f"screen.tab({number})" for number, parts in line for _ in parts]


def tab_line(tabs: Sequence[TabLabel], active: int, width: int, *, ascii_only: bool) -> list[TabParts]:
    """Return the tab line, cut to `width`: padding first, then names, the words of problems, and finally whole tabs."""
    for fit in _FITS:
        line: list[TabParts] = [(None, [(" gputui ", "strong")])] if fit.airy else []
        line += [(tab.number, _tab(tab, fit, active=tab.number == active, ascii_only=ascii_only)) for tab in tabs]
        if _width(line) <= width:
            return line
    return _around(tabs, active, width, ascii_only=ascii_only)


def _around(tabs: Sequence[TabLabel], active: int, width: int, *, ascii_only: bool) -> list[TabParts]:
    """Return the active tab and the neighbours that fit, with signs for hidden tabs: red if one of them is bad."""
    at = next(index for index, tab in enumerate(tabs) if tab.number == active)
    all_parts: list[TabParts] = [
        (tab.number, _tab(tab, _BARE, active=index == at, ascii_only=ascii_only)) for index, tab in enumerate(tabs)
    ]
    before, after = ("<", ">") if ascii_only else ("‹", "›")

    def shown(first: int, last: int) -> list[TabParts]:
        left: list[TabParts] = [(first - 1, [(before, _worst(tabs[:first]))])] if first else []
        right: list[TabParts] = [(last, [(after, _worst(tabs[last:]))])] if last < len(tabs) else []
        return [*left, *all_parts[first:last], *right]

    first, last = at, at + 1
    for _ in tabs:
        for start, end in ((first, last + 1), (first - 1, last)):
            if start >= 0 and end <= len(tabs) and _width(shown(start, end)) <= width:
                first, last = start, end
    return shown(first, last)


def _worst(tabs: Sequence[TabLabel]) -> StyleName:
    return "bad" if any(tab.bad or tab.phase is Phase.FAILING for tab in tabs) else "dim"


def _width(line: Iterable[TabParts]) -> int:
    return cell_len("".join(text for _, parts in line for text, _ in parts).rstrip())


def _tab(tab: TabLabel, fit: _Fit, *, active: bool, ascii_only: bool) -> list[Part]:
    bad, degraded, part, ellipsis = ("X", "!", "%", "~") if ascii_only else ("✖", "▲", "◐", "…")
    limit = max(fit.name, ACTIVE_NAME) if active else fit.name
    name = cut(tab.name, limit, ellipsis)
    words = [str(tab.number)] if tab.number < 10 or not limit else []
    words += [name if tab.number else tab.name] if limit else []
    parts: list[Part] = [(" ", "")] if fit.airy else []
    parts.append((f" {' '.join(words)} ", "active" if active else ("degraded" if tab.protected else "")))
    trouble = "" if fit.words is None else tab.trouble[fit.words]
    if tab.phase is Phase.FAILING:
        return [*parts, (f"{bad} {trouble}".rstrip() + " ", "bad")]
    if tab.phase is Phase.STALE:
        return [*parts, (f"? {trouble}".rstrip() + " ", "degraded")]
    if tab.bad:
        parts.append((f"{bad}{tab.bad} ", "bad"))
    if tab.degraded and fit.degraded:
        parts.append((f"{degraded}{tab.degraded} ", "degraded"))
    if tab.phase is Phase.HUNG:
        parts.append((f"? {trouble}".rstrip() + " ", "degraded"))
    if tab.phase is Phase.PARTIAL:
        parts.append((f"{part} {trouble}".rstrip() + " ", "degraded"))
    return parts


class Banner(Widget):
    """Messages about the data shown: lines above the table, or instead of it; hidden when all is well."""

    DEFAULT_CSS = """
    Banner { height: auto; max-height: 50%; display: none; padding: 0 1; background: $surface; color: $foreground; }
    Banner.-bad { color: $error; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: tuple[str, ...] = ()
        self._most: int | None = None

    def say(self, lines: Sequence[str], *, bad: bool = False, most: int | None = None) -> None:
        """Show these clean lines, wrapped, in `most` lines of the window; without lines the banner is hidden."""
        self.set_class(bad, "-bad")
        if (self._lines, self._most) != (tuple(lines), most):
            self._lines, self._most = tuple(lines), most
            self.display = bool(lines)
            self.refresh(layout=True)

    @property
    def text(self) -> str:
        """The text of the banner."""
        return "\n".join(self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the messages take; the style limits them."""
        needed = len(self._wrapped(width))
        return needed if self._most is None else min(needed, self._most)

    def render_line(self, y: int) -> Strip:
        """One line of plain text, never markup; the last one says if there are more."""
        width, lines = self.size.width, self._wrapped(self.size.width)
        text = lines[y] if y < len(lines) else ""
        if y == self.size.height - 1 and len(lines) > self.size.height:
            text = cut(f"{text} …", width)
        return fitted([Segment(text, self.rich_style)], width, self.rich_style)

    def _wrapped(self, width: int) -> list[str]:
        found = (part for line in self._lines for part in wrapped(((line, ""),), max(1, width)))
        return ["".join(text for text, _ in part) for part in found]
