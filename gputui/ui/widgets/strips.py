"""Fit a drawn line into a window: what is cut always ends in an ellipsis."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

ELLIPSIS = "…"


def fitted(segments: Sequence[Segment], width: int, rest: Style) -> Strip:
    """Return the segments in exactly `width` cells: filled up with `rest`, or cut with an ellipsis.

    Spaces at the end do not count as something that is cut.
    """
    strip = Strip(segments)
    if strip.cell_length > width > 0 and cell_len(strip.text.rstrip(" ")) > width:
        kept = strip.crop(0, width - 1)
        style = next((segment.style for segment in reversed(list(kept))), rest)
        strip = Strip([*kept, Segment(ELLIPSIS, style)])
    return strip.crop_extend(0, width, rest)
