"""Send only the changed cells: Textual sends each line from the left edge of its widget on."""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate


class ExactUpdate(ChopsUpdate):
    """An update limited to its spans: over SSH the cells before them would be most of the traffic."""

    @classmethod
    def of(cls, update: ChopsUpdate) -> ExactUpdate:
        """Copy the update."""
        return cls(update.chops, update.spans, update.chop_ends)

    def render_segments(self, console: Console) -> str:
        """Return the output for a terminal."""
        sequences: list[str] = []
        for y, start, end in self.spans:
            for last, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= end or last <= start:
                    continue
                first = max(x, start)
                sequences.append(Control.move_to(first, y).segment.text)
                sequences.append(strip.crop(first - x, min(last, end) - x).render(console))
        return "".join(sequences)
