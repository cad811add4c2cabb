"""Runs as the shortest text for a terminal: in an order with few changes of the look, by the shortest moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from gputui.ui.terminal.looks import PLAIN, Look, change
from gputui.ui.terminal.runs import CellRun

Drawn: TypeAlias = "tuple[CellRun, Look]"
"""A run and the look that the pen has for it."""
UNKNOWN = -1
"""A column behind a character of which terminals disagree how wide it is."""

_MANY = 40
"""Runs of which so many are of the same look that they take fewer bytes together."""


class Pen(NamedTuple):
    """What the terminal draws with next, and where; a column or line that is not known is -1."""

    look: Look = PLAIN
    y: int = UNKNOWN
    x: int = UNKNOWN


def frame_text(runs: Sequence[CellRun], width: int, pen: Pen) -> tuple[str, Pen]:
    """Return the text that draws these runs, and the pen then: look by look, or line by line if that is shorter."""
    by_look = _drawn(_look_by_look(runs, pen.look), width, pen)
    if len(runs) > _MANY:
        return by_look
    return min(by_look, _drawn(_line_by_line(runs, pen.look), width, pen), key=lambda drawn: len(drawn[0]))


def _line_by_line(runs: Sequence[CellRun], pen: Look) -> Iterator[Drawn]:
    """Yield the runs as they are. Blanks take the look of what is drawn beside them: no sequence is needed for them."""
    for at, run in enumerate(runs):
        if run.look is not None:
            pen = run.look
        elif pen.paper != run.paper or not pen.plain_paper:
            following = next((one.look for one in runs[at + 1 : at + 3] if one.look and one.y == run.y), None)
            pen = following if following and following.paper == run.paper else Look(ground=run.paper)
        yield run, pen


def _look_by_look(runs: Iterable[CellRun], pen: Look) -> Iterator[Drawn]:
    """Yield all runs of a look one after the other, and next the look to which the fewest bytes lead.

    Blanks come with the first look of their ground, and an erasure so before what stands on it.
    """
    papers: dict[str, dict[Look | None, list[CellRun]]] = {}
    for run in runs:
        papers.setdefault(run.paper, {}).setdefault(run.look, []).append(run)
    for paper, looks in papers.items():
        blanks = looks.pop(None, [])
        while looks or blanks:
            pen = min(filter(None, looks), key=partial(_way, pen), default=Look(ground=paper))
            together = looks.pop(pen, [])
            if blanks:
                together, blanks = sorted((*blanks, *together), key=_place), []
            yield from ((run, pen) for run in together)


def _way(pen: Look, look: Look) -> int:
    return len(change(pen, look))


def _place(run: CellRun) -> tuple[int, int, bool]:
    return run.y, run.x, bool(run.text)


def _drawn(runs: Iterable[Drawn], width: int, pen: Pen) -> tuple[str, Pen]:
    parts: list[str] = []
    now, y, x = pen
    for run, look in runs:
        at_edge = x == width and run.x == width - 1
        parts.append(move(y, run.x if at_edge else UNKNOWN if x == width else x, run.y, run.x))
        parts.append(change(now, look))
        now, y, x = look, run.y, run.x
        if run.text:
            parts.append(run.text)
            x = run.x + run.width if run.sure else UNKNOWN
        else:
            parts.append("\x1b[K" if run.to_end else f"\x1b[{run.width}X")
    x = x if x < width else UNKNOWN
    return "".join(parts), Pen(now, y, x)


def move(from_y: int, from_x: int, y: int, x: int) -> str:
    """Return the shortest move of the cursor. -1 is a line or a column that is not known."""
    if (from_y, from_x) == (y, x):
        return ""
    ways = [f"\x1b[{y + 1 if y else ''}{f';{x + 1}' if x else ''}H"]
    if from_y == y:
        ways.append(_along(from_x, x))
    elif UNKNOWN != from_y < y:
        if not x:
            ways.append(f"\x1b[{_times(y - from_y)}E")
        if from_x != UNKNOWN:
            ways.append(f"\x1b[{_times(y - from_y)}B{_along(from_x, x)}")
    return min(ways, key=len)


def _along(from_x: int, x: int) -> str:
    by = x - from_x
    if not by or not x:
        return "\r" if by else ""
    absolute = f"\x1b[{x + 1}G"
    if from_x == UNKNOWN:
        return absolute
    # No backspaces: no control character but those of sequences leaves, so that one from a cloud would be seen.
    relative = f"\x1b[{_times(abs(by))}{'C' if by > 0 else 'D'}"
    return min(relative, absolute, key=len)


def _times(count: int) -> str:
    return "" if count == 1 else str(count)
