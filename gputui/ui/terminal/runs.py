"""What differs between two rows, as runs of cells that are sent in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from gputui.ui.terminal.cells import CellRow, ScreenCell
from gputui.ui.terminal.looks import Look

_BRIDGE = 4
"""Cells between two runs that are sent again rather than jumped over: a jump takes as many bytes."""
_WORTH_ERASING = 8
"""Blanks that are sent as an erasure, which takes the bytes of a sequence and of a jump behind it."""
_WORTH_ERASING_LINE = 3
"""Cells of which blanks may be erased before the others are sent."""
_JUMP, _ERASURE, _NEVER = 6, 4, 1_000_000
"""Bytes of a move of the cursor and of an erasure, about."""


@dataclass(slots=True)
class CellRun:
    """Cells side by side in looks that need no sequence between them; or a number of blanks to erase.

    `look` is None while there are only blanks: any look with that paper will do.
    """

    y: int
    x: int
    paper: str
    look: Look | None = None
    cells: CellRow = field(default_factory=list)
    erased: int = 0
    """How many cells are erased instead."""
    to_end: bool = False
    """Whether those are the rest of the line."""

    @property
    def end(self) -> int:
        """The cell behind it."""
        return self.x + (self.erased or len(self.cells))

    def takes(self, cell: ScreenCell) -> bool:
        """Whether that cell can come next."""
        if not self.cells or not self.cells[-1].sure:
            return False
        if cell.blank or self.look is None:
            return cell.look.paper == self.paper
        return cell.look is self.look

    def add(self, cell: ScreenCell) -> None:
        """Take the next cell."""
        self.cells.append(cell)
        if self.look is None and not cell.blank:
            self.look = cell.look


def runs_of(y: int, old: CellRow, new: CellRow, *, erases: bool) -> Iterator[CellRun]:
    """Yield what is to be sent for a row. `erases` tells that the terminal erases in the ground of its pen."""
    differing = [x for x, (was, now) in enumerate(zip(old, new, strict=True)) if was is not now]
    for _, together in groupby(differing, key=lambda x: new[x].look.paper):
        yield from _cheapest(y, new, [*together], erases=erases)


def _cheapest(y: int, new: CellRow, differing: list[int], *, erases: bool) -> Sequence[CellRun]:
    """Return the runs of cells of one paper, with blanks sent or erased."""
    kept = [*_runs(y, new, differing, erases=erases)]
    if len(differing) < _WORTH_ERASING_LINE:
        return kept
    return min(kept, _erased(y, new, differing, erases=erases), key=_bytes)


def _bytes(runs: Sequence[CellRun]) -> int:
    """Return about how many bytes they take."""
    return sum(_JUMP + (_ERASURE if run.erased else len(run.cells)) for run in runs) if runs else _NEVER


def _erasable(cell: ScreenCell, *, erases: bool) -> bool:
    return cell.blank and (erases or not cell.look.ground)


def _erased(y: int, new: CellRow, differing: list[int], *, erases: bool) -> Sequence[CellRun]:
    """Return an erasure of all of it, to the end of the line if possible, and what stands there; nothing if it cannot.

    All of it has one ground: then runs of other grounds, which may be sent before, are not erased by it.
    """
    first, end = differing[0], differing[-1] + 1
    blank = next((new[x] for x in reversed(differing) if new[x].blank), None)
    if blank is None or not _erasable(blank, erases=erases):
        return ()
    to_end = all(cell is blank for cell in new[end:])
    area = new[first:end]
    if any(cell.look.paper != blank.look.paper for cell in area):
        return ()
    standing = [x for x, cell in enumerate(area, first) if cell is not blank]
    size = (len(new) if to_end else end) - first
    erasure = CellRun(y, first, blank.look.ground, erased=size, to_end=to_end)
    return [erasure, *_runs(y, new, standing, erases=erases)]


def _runs(y: int, new: CellRow, differing: list[int], *, erases: bool) -> Iterator[CellRun]:
    run, at, count = None, 0, len(differing)
    while at < count:
        x = differing[at]
        cell, until = new[x], at + 1
        if _erasable(cell, erases=erases):
            while until < count and differing[until] == x + until - at and new[differing[until]] is cell:
                until += 1
        if until - at >= _WORTH_ERASING:
            if run is not None:
                yield run
            run = None
            yield CellRun(y, x, cell.look.ground, erased=until - at)
            at = until
            continue
        if run is None or not run.takes(cell) or not _bridged(run, new, x):
            if run is not None:
                yield run
            run = CellRun(y, x, cell.look.paper)
        run.add(cell)
        at += 1
    if run is not None:
        yield run


def _bridged(run: CellRun, new: CellRow, x: int) -> bool:
    """Whether the run reaches that cell, with the few cells before it that do not differ."""
    between = new[run.end : x]
    if len(between) > _BRIDGE or not all(
        cell.look.paper == run.paper and (cell.blank or (cell.look is run.look and cell.sure)) for cell in between
    ):
        return False
    for cell in between:
        run.add(cell)
    return True
