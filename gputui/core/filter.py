"""Which rows a person asked to see: words ANDed, `!word` for without, `/regex/`; text is matched as shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from gputui.core.cells import shown_text
from gputui.core.rows import Row


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter and, where the expression was bad, what is wrong with it; then it is matched literally."""

    text: str
    keeps: Callable[[Row, float], bool]
    complaint: str = ""


def parse(text: str) -> Filter:
    """Read a filter expression; it never fails, a bad one is matched as plain text and says so."""
    tests: list[Callable[[str], bool]] = []
    complaint = ""
    for term in text.split():
        try:
            tests.append(_test(term))
        except re.error as error:
            complaint = f"{term}: {error}"
            tests.append(_contains(term))
    return Filter(text, lambda row, now: _all(tests, row, now), complaint)


def _all(tests: list[Callable[[str], bool]], row: Row, now: float) -> bool:
    if not tests:
        return True
    shown = "\n".join(
        (row.name, *(shown_text(cell, now) for cell in row.cells), row.ref.profile, row.ref.id)
    ).casefold()
    return all(test(shown) for test in tests)


def _test(term: str) -> Callable[[str], bool]:
    if term.startswith("!") and len(term) > 1:
        inner = _test(term[1:])
        return lambda shown: not inner(shown)
    if term.startswith("/") and term.endswith("/") and len(term) > 2:
        pattern = re.compile(term[1:-1], re.IGNORECASE)
        return lambda shown: pattern.search(shown) is not None
    return _contains(term)


def _contains(term: str) -> Callable[[str], bool]:
    folded = term.casefold()
    return lambda shown: folded in shown
