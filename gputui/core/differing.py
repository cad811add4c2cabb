"""The difference between two texts, in few lines."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import islice

LONGEST_COMPARED = 2000
"""How many lines of each text are compared: the time grows up to the square of them."""

LONGEST_DIFFERENCE = 400
"""How many lines of a difference are shown."""


def difference(text: Sequence[str], against: Sequence[str]) -> list[str]:
    """The unified diff from `against` (the majority) to `text`, without file names; empty if they are equal."""
    if list(text) == list(against):
        return []
    start = _common(text, against)
    # Skipping the common beginning costs nothing, but three lines of it are context.
    skipped = max(0, start - 3)
    ours, theirs = text[skipped : skipped + LONGEST_COMPARED], against[skipped : skipped + LONGEST_COMPARED]
    lines = difflib.unified_diff(theirs, ours, lineterm="", n=3)
    found = [_moved(line, skipped) for line in islice(lines, 2, 2 + LONGEST_DIFFERENCE + 1)]
    whole = len(text) <= skipped + LONGEST_COMPARED and len(against) <= skipped + LONGEST_COMPARED
    if len(found) > LONGEST_DIFFERENCE or not whole:
        return [*found[:LONGEST_DIFFERENCE], "… more differs or was not compared"]
    return found


def _common(text: Sequence[str], against: Sequence[str]) -> int:
    for at, (one, other) in enumerate(zip(text, against, strict=False)):
        if one != other:
            return at
    return min(len(text), len(against))


def _moved(line: str, by: int) -> str:
    if not line.startswith("@@") or not by:
        return line
    _, before, after, _ = line.split(" ", 3)
    return f"@@ {_later(before, by)} {_later(after, by)} @@"


def _later(place: str, by: int) -> str:
    start, comma, count = place[1:].partition(",")
    return f"{place[0]}{int(start) + by}{comma}{count}"
