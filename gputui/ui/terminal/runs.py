"""What differs between two rows, as runs of cells that are sent in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import is_not

from gputui.ui.terminal.cells import CellRow, ScreenCell
from gputui.ui.terminal.looks import Look

_BRIDGE = 4
"""Cells between two runs that are sent again rather than jumped over: a jump takes as many bytes."""
_FAR = 8
"""Cells that do not differ between two areas, each of which may be erased by itself."""
_WORTH_ERASING, _WORTH_ERASING_LINE = 10, 4
"""Blanks that are worth an erasure and the jumps over them: in the midst of a line, and up to its end."""


@dataclass(slots=True)
class CellRun:
    """Cells side by side that need no sequence between them, as text; or without any, `width` cells to erase.

    `look` is None if there are only blanks: any look with that paper will do. `sure` tells that every terminal has its
    cursor behind it then.
    """

    y: int
    x: int
    width: int
    paper: str
    look: Look | None = None
    text: str = ""
    sure: bool = True
    to_end: bool = False
    """Whether the rest of the line is erased."""


def runs_of(y: int, old: CellRow, new: CellRow, *, erases: bool) -> Iterator[CellRun]:
    """Yield what is to be sent for a row. `erases` tells that the terminal erases in the ground of its pen."""
    area: list[int] = []
    paper, last = "", 0
    for x in compress(range(len(new)), map(is_not, old, new)):
        cell = new[x]
        if area and (cell.paper != paper or x - last > _FAR):
            yield from _area(y, new, area, erases=erases)
            area = []
        area.append(x)
        paper, last = cell.paper, x
    if area:
        yield from _area(y, new, area, erases=erases)


def _area(y: int, new: CellRow, differing: Sequence[int], *, erases: bool) -> Iterator[CellRun]:
    """Yield the runs of differing cells on one paper, near each other: sent, or erased but for what stands there."""
    changed = [new[x] for x in differing]
    blank = next((cell for cell in changed if cell.ink is None), None)
    if blank is None or not (erases or not blank.look.ground):
        return _runs(y, new, differing)
    first, end = differing[0], differing[-1] + 1
    cells = new[first:end]
    sent_again = len(cells) - cells.count(blank) - (len(changed) - changed.count(blank))
    saved = changed.count(blank) - sent_again
    to_end = new[-1] is blank and new[end:].count(blank) == len(new) - end
    if saved < (_WORTH_ERASING_LINE if to_end else _WORTH_ERASING) or any(cell.paper != blank.paper for cell in cells):
        return _runs(y, new, differing)
    return _erased(y, new, blank, first, len(new) if to_end else end)


def _erased(y: int, new: CellRow, blank: ScreenCell, first: int, end: int) -> Iterator[CellRun]:
    """Yield an erasure and what stands there. As all of it has one paper, no other run can come to be erased by it."""
    yield CellRun(y, first, end - first, blank.paper, to_end=end == len(new))
    yield from _runs(y, new, [x for x in range(first, end) if new[x] is not blank])


def _runs(y: int, new: CellRow, cells: Sequence[int]) -> Iterator[CellRun]:
    """Yield the runs of cells on one paper; a few others between two of them are sent with them."""
    if not cells:
        return
    start = end = cells[0]
    look, sure = new[start].ink, True
    for x in cells:
        cell = new[x]
        ink = cell.ink
        fits = sure and (ink is None or look is None or ink is look)
        if not fits or (x != end and (x - end > _BRIDGE or not _alike(new[end:x], cell.paper, look))):
            yield _run(y, new, start, end, look)
            start, look = x, ink
        elif look is None:
            look = ink
        end, sure = x + 1, cell.sure
    yield _run(y, new, start, end, look)


def _alike(between: CellRow, paper: str, look: Look | None) -> bool:
    """Whether those cells can be sent between others of that paper and look."""
    return all(cell.paper == paper and cell.sure and (cell.ink is None or cell.ink is look) for cell in between)


def _run(y: int, new: CellRow, start: int, end: int, look: Look | None) -> CellRun:
    cells = new[start:end]
    text = "".join([cell.text for cell in cells])
    return CellRun(y, start, end - start, cells[0].paper, look, text, cells[-1].sure)
