"""Texts under foldable headings: the mapping from lines to sections, without a screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from gputui.ui.widgets.styles import Part, StyleName


def no_tone(line: int) -> StyleName:
    """Return the widget's own style for every line."""
    return ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the clean lines below it; `key` is its identity, `tone` returns the style of a line by its number.

    `peek` follows the heading while the section is folded.
    """

    key: Hashable
    head: tuple[Part, ...]
    lines: Sequence[str]
    peek: str = ""
    tone: Callable[[int], StyleName] = no_tone
    open: bool = True


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of the outline: the heading of a section (`line` None) or one of its lines."""

    section: Section
    line: int | None
    open: bool


@dataclass(slots=True)
class Outline:
    """Sections and their folding state, remembered by key.

    The cursor stays on the first line, whatever is there, until it is moved; then it stays on its own line.
    """

    sections: Sequence[Section] = ()
    cursor: int = 0
    _folds: dict[Hashable, bool] = field(default_factory=dict)
    _ends: list[int] = field(default_factory=list)
    _held: bool = False

    @property
    def height(self) -> int:
        """The number of visible lines."""
        return self._ends[-1] if self._ends else 0

    @property
    def at_cursor(self) -> Spot | None:
        """The line under the cursor."""
        return self.spot(self.cursor) if self._ends else None

    @property
    def heading(self) -> int:
        """The heading's line number of the section under the cursor."""
        return self._start(bisect_right(self._ends, self.cursor))

    @property
    def here(self) -> Section | None:
        """The section under the cursor."""
        spot = self.at_cursor
        return spot.section if spot is not None else None

    def is_open(self, section: Section) -> bool:
        """Whether its lines are visible: as folded by hand, or else by default."""
        return self._folds.get(section.key, section.open)

    def show(self, sections: Sequence[Section]) -> None:
        """Show other sections."""
        before, at = (self.here, self._line_in_section()) if self._ends and self._held else (None, 0)
        self.sections = sections
        self._measure()
        if before is not None:
            self._return_to(before.key, at)

    def fold(self, section: Section, *, open: bool) -> None:
        """Fold or open a section; the cursor moves to its heading if its line was hidden."""
        self._folds[section.key] = open
        self._settle()

    def fold_all(self, *, open: bool) -> None:
        """Fold or open all sections."""
        self._folds |= {section.key: open for section in self.sections}
        self._settle()

    def spot(self, y: int) -> Spot:
        """Return the content of a line, counted from 0. Raises IndexError past the end."""
        at = bisect_right(self._ends, y)
        section = self.sections[at]
        line = y - self._start(at)
        return Spot(section, line - 1 if line else None, self.is_open(section))

    def move(self, by: int) -> None:
        """Move the cursor by lines, stopping at the ends."""
        self._held = True
        self._clip(self.cursor + by)

    def next(self, by: int) -> None:
        """Go to the next heading, or back to this section's heading or the previous one."""
        self._held = True
        at = bisect_right(self._ends, self.cursor)
        if by < 0 and self.cursor > self._start(at):
            by += 1
        self.cursor = self._start(max(0, min(at + by, len(self.sections) - 1))) if self.sections else 0

    def _start(self, at: int) -> int:
        return self._ends[at - 1] if at else 0

    def _line_in_section(self) -> int:
        return self.cursor - self._start(bisect_right(self._ends, self.cursor))

    def _measure(self) -> None:
        heights = (1 + (len(section.lines) if self.is_open(section) else 0) for section in self.sections)
        self._ends = list(accumulate(heights))
        self._clip(self.cursor)

    def _clip(self, line: int) -> None:
        self.cursor = max(0, min(line, self.height - 1))

    def _settle(self) -> None:
        self._held = True
        section, at = self.here, self._line_in_section()
        self._measure()
        if section is not None:
            self._return_to(section.key, at)

    def _return_to(self, key: Hashable, line: int) -> None:
        at = next((at for at, section in enumerate(self.sections) if section.key == key), None)
        if at is not None:
            last = self._ends[at] - 1
            self.cursor = min(self._start(at) + line, last) if self.is_open(self.sections[at]) else self._start(at)
