"""The cells that have just changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from textual.timer import Timer

from gputui.core.rows import Ref, Row

FLASH_SECONDS = 1.0
NOTHING: frozenset[int] = frozenset()


class Flashes:
    """Changed cells in two generations: a timer of half the time keeps each between half and all of it."""

    def __init__(self) -> None:
        self._new: dict[Ref, frozenset[int]] = {}
        self._old: dict[Ref, frozenset[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._new or self._old)

    def note(self, before: Mapping[Ref, Row], after: Mapping[Ref, Row], refs: Iterable[Ref]) -> None:
        """Record the columns in which two readings of these rows differ; new rows are not highlighted."""
        for ref in refs:
            old, new = before.get(ref), after[ref]
            if old is not None and old is not new:
                changed = frozenset(
                    index for index, pair in enumerate(zip(old.cells, new.cells, strict=False)) if pair[0] != pair[1]
                )
                if changed:
                    self._new[ref] = changed | self._new.get(ref, NOTHING)

    def of(self, ref: Ref) -> frozenset[int]:
        """Return the highlighted columns of this row."""
        if not self:
            return NOTHING
        return self._new.get(ref, NOTHING) | self._old.get(ref, NOTHING)

    def age(self) -> None:
        """Drop the older generation: half the time has passed."""
        self._old, self._new = self._new, {}


class Fading:
    """Highlights changed cells for a moment, if `on`.

    `begin` starts a timer (None while there is no screen); `redraw` is called whenever a highlight ends.
    """

    def __init__(
        self, begin: Callable[[float, Callable[[], None]], Timer | None], redraw: Callable[[], None], *, on: bool
    ) -> None:
        self._begin, self._redraw, self._on = begin, redraw, on
        self._flashes = Flashes()
        self._timer: Timer | None = None

    def note(self, before: Mapping[Ref, Row], after: Mapping[Ref, Row], refs: Iterable[Ref]) -> None:
        """Highlight the cells in which two readings of these rows differ."""
        if self._on:
            self._flashes.note(before, after, refs)
            if self._flashes and self._timer is None:
                self._timer = self._begin(FLASH_SECONDS / 2, self._fade)

    def of(self, ref: Ref) -> frozenset[int]:
        """Return the highlighted columns of this row."""
        return self._flashes.of(ref)

    def _fade(self) -> None:
        self._flashes.age()
        if not self._flashes and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._redraw()
