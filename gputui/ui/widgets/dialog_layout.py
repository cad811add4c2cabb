"""How a question fits a window: what is always visible, in how many lines, and what scrolls below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from rich.cells import cell_len, chop_cells

from gputui.ui.widgets.bars import cut
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.styles import Line, StyleName
from gputui.ui.widgets.wrapping import wrapped

NARROWEST, USUAL = 20, 70
"""Cells of the text: the fewest, and how wide it is if no line needs more."""
MOST_MEASURED = 2000
"""Lines that decide how wide a dialog is: of thousands of requests, the first."""
GAP, SMALL_GAP = "     ", "   "
_EMPTY_LINES = 4
_WORD = re.compile(r"[^ ,]+[ ,]*|[ ,]+")
TITLE_LINES, LOW_TITLE_LINES = 3, 2


@dataclass(frozen=True, slots=True)
class DialogLayout:
    """The lines of each part, none wider than `width`; `scroll` is shown in `height` lines at once."""

    width: int
    title: list[str]
    names: list[str]
    effect: list[str]
    scroll: list[Line]
    height: int
    hint: list[str]


def arrange(question: Question, columns: int, rows: int, *, low: bool) -> DialogLayout:
    """Fit a question into `columns` and `rows` of a dialog, without its frame.

    In a low window there are no empty lines, and the title is cut in its middle to two lines. What of the names, the
    effect and the ways elsewhere does not fit is cut, with a sign, and stands in full among what scrolls.
    """
    width = max(NARROWEST, min(columns, max(USUAL, _longest(question))))
    room = rows - 1 - (0 if low else _EMPTY_LINES)
    title = squeezed(question.title, width, LOW_TITLE_LINES if low else TITLE_LINES)
    said, names, effect = hint(question, width), _wrapped(question.names, width), _wrapped(question.effect, width)
    rest = _scrolled(question, ())
    wants = _height(rest, width)
    if len(title) + len(said) + len(names) + len(effect) + wants <= room:
        return DialogLayout(width, title, names, effect, rest, max(1, wants), said)
    said, cut_off = _cut_hint(question, width, room) if low or question.blocked else (said, [])
    if room - len(title) - len(said) < bool(names) + bool(effect) + 1:
        title = squeezed(question.title, width, 1)
    left = room - len(title) - len(said)
    names_left, effect_left = _divided(len(names), len(effect), len(question.names), max(1, wants), left)
    cut_off += question.names if names_left < len(names) else ()
    cut_off += question.effect if effect_left < len(effect) else ()
    rest = _scrolled(question, cut_off)
    names, effect = clipped(question.names, width, names_left), clipped(question.effect, width, effect_left)
    height = min(_height(rest, width), left - len(names) - len(effect))
    return DialogLayout(width, title, names, effect, rest, max(1, height), said)


def _cut_hint(question: Question, width: int, room: int) -> tuple[list[str], list[str]]:
    """Return how to answer in few lines, and what is left out of that."""
    if question.blocked:
        return squeezed(" ".join(hint(question, width)), width, max(1, room // 3)), [question.blocked]
    ways = [*_elsewhere(question)]
    return hint(replace(question, form=False, document=False), width), [GAP.join(ways)] if ways else []


def _height(lines: Sequence[Line], width: int) -> int:
    return sum(len(wrapped(line, width - 1)) for line in lines)


def _divided(names: int, effect: int, lists: int, scroll: int, left: int) -> tuple[int, int]:
    """Return how many lines the names and the effect get, if not all fits; a quarter is for what scrolls.

    Each list of names has a line if there is room, then comes the effect, then the rest of the names.
    """
    pinned = max(1, left - max(1, min(scroll, left // 4)))
    for_lists = min(lists, max(bool(names), pinned - bool(effect)))
    for_effect = min(effect, pinned - for_lists)
    return min(names, pinned - for_effect), for_effect


def hint(question: Question, width: int = 10_000) -> list[str]:
    """Return how to answer, in as many lines as it needs."""
    one = GAP.join(_ways(question, f"and press Enter to {question.verb}."))
    if cell_len(one) <= width:
        return [one]
    return packed(_ways(question, f"Enter: {question.verb}"), width)


def packed(parts: Iterable[str], width: int) -> list[str]:
    """Return keys with their descriptions in as few lines as they need, none broken in two."""
    lines: list[str] = []
    for part in parts:
        fits = lines and cell_len(lines[-1] + SMALL_GAP + part) <= width
        lines = [*lines[:-1], lines[-1] + SMALL_GAP + part] if fits else [*lines, *_wrapped((part,), width)]
    return lines


def _ways(question: Question, entering: str) -> Iterator[str]:
    if question.blocked:
        yield f"Nothing to do: {question.blocked}."
        yield "esc  back"
        return
    if question.type_this:
        yield f"Type  {question.type_this}  {entering}"
    else:
        yield f"y  {question.verb}"
        yield "n esc  cancel"
    yield from _elsewhere(question)


def _elsewhere(question: Question) -> Iterator[str]:
    if question.form:
        yield f"{'ctrl+o' if question.type_this else 'e'}  change the inputs"
    if question.document:
        yield "ctrl+e  edit as a file"


def squeezed(text: str, width: int, rows: int) -> list[str]:
    """Return a text in at most so many lines; if it is longer, its middle is left out."""
    lines = _wrapped((text,), width)
    kept = width * rows
    while len(lines) > rows and kept > 2:
        kept -= 1
        head = chop_cells(text, kept // 2)[0]
        tail = chop_cells(text[::-1], kept - kept // 2 - 1)[0][::-1]
        lines = _wrapped((f"{head}…{tail}",), width)
    return lines[:rows]


def clipped(texts: Sequence[str], width: int, rows: int) -> list[str]:
    """Return texts in at most so many lines: each gets one, the first ones what is left; what is cut has a sign."""
    if not texts or rows <= 0:
        return []
    if len(texts) > rows == 1:
        more = f" +{len(texts) - 1}"
        return [cut(texts[0], width - len(more)) + more]
    if len(texts) > rows:
        texts = (*texts[: rows - 1], f"… and {len(texts) - rows + 1} more below")
    spare = rows - len(texts)
    found: list[str] = []
    for text in texts:
        lines = _broken(text, width)
        taken = min(len(lines), 1 + spare)
        spare -= taken - 1
        last = "".join(lines[taken - 1 :]).rstrip()
        found += [*(line.rstrip() for line in lines[: taken - 1]), cut(last, width)]
    return found


def _longest(question: Question) -> int:
    return max(map(cell_len, islice(chain(question.told, question.request), MOST_MEASURED)), default=0) + 1


def _wrapped(texts: Sequence[str], width: int) -> list[str]:
    return [line.rstrip() for text in texts for line in _broken(text, width)]


def _broken(text: str, width: int) -> list[str]:
    """Break a text at spaces and after commas, as folded names have no spaces; within a word only where it must be."""
    lines = [""]
    for word in _WORD.findall(text):
        if cell_len(lines[-1] + word.rstrip()) <= width:
            lines[-1] += word
        elif cell_len(word.rstrip()) <= width:
            lines.append(word)
        else:
            lines[-1:] = chop_cells(lines[-1] + word, width)
    return lines


def _scrolled(question: Question, cut_off: Sequence[str]) -> list[Line]:
    """Return what scrolls; `cut_off` is what does not fit above it."""
    return _apart(
        _lines(question.aside, ""),
        _lines(question.lines, ""),
        _lines([text for text in cut_off if text], ""),
        _lines(question.request, "dim"),
        _lines(question.each, "dim"),
    )


def _apart(*parts: list[Line]) -> list[Line]:
    """Return the lines of several parts, with an empty one between them."""
    found: list[Line] = []
    for part in parts:
        found += [(), *part] if found and part else part
    return found


def _lines(texts: Sequence[str], style: StyleName) -> list[Line]:
    return [_indented(text, style) for text in texts]


def _indented(line: str, style: StyleName) -> Line:
    """Return a line whose continuation is indented below its beginning."""
    text = line.lstrip(" ")
    return (" " * (len(line) - len(text)), ""), (text, style)
