"""Finds text in lines of parts: which lines have it, and the lines with it marked."""

from __future__ import annotations

from collections.abc import Sequence

from gputui.ui.widgets.styles import Line, Part


def found_in(lines: Sequence[Line], wanted: str) -> list[int]:
    """Return the places of the lines that have the text, whatever its case; none for an empty text."""
    folded = wanted.casefold()
    return [at for at, line in enumerate(lines) if folded and folded in _text(line).casefold()]


def with_marks(line: Line, wanted: str) -> Line:
    """Return the line with each occurrence of the text as a part of its own, marked."""
    text, folded = _text(line), wanted.casefold()
    if not folded or len(text.casefold()) != len(text):
        return line  # where folding changes the length, the places would be wrong
    marked = _places(text.casefold(), folded)
    parts: list[Part] = []
    at = 0
    for piece, style in line:
        for offset, character in enumerate(piece):
            now = "chip" if at + offset in marked else style
            if parts and parts[-1][1] == now:
                parts[-1] = (parts[-1][0] + character, now)
            else:
                parts.append((character, now))
        at += len(piece)
    return tuple(parts)


def _places(text: str, wanted: str) -> set[int]:
    places: set[int] = set()
    start = text.find(wanted)
    while start >= 0:
        places.update(range(start, start + len(wanted)))
        start = text.find(wanted, start + len(wanted))
    return places


def _text(line: Line) -> str:
    return "".join(text for text, _ in line)
