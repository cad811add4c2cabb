"""The filter of a list: words ANDed, `!word` for without, `/regex/`; of a row, every cell and the id are matched."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gputui.core.rows import Row

FIELDS = ("state", "health", "gpu", "age", "provider", "profile", "locked", "name")
"""Field names in a term (`state:…`), reserved for the filter grammar; until it knows them, such a term is reported."""
UNDERSTOOD = "words, !words and /regex/"
_WITH_FIELD = re.compile(r"!?(?P<field>[A-Za-z][A-Za-z0-9_-]*)(?P<operator>:|!?~|[<>!=]=|[<>=])(?P<value>.*)")
_NO_FIELDS = "takes no fields"
_CLOSE = 0.8
_QUOTES = ("'", '"')
_OF_AN_AGE = re.compile(r"\d+[smhd]?|[smhd]|\d*h\d{0,2}m?|\d{0,2}m")
"""What may be part of an age as it is shown: `5m`, `3h20m`."""
_OTHER_NAMES = {"status": "state", "phase": "state", "lock": "locked"}
"""Other names that clouds and columns use for a field; each is taken as that field."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter and, where the expression was bad, what is wrong with it; then it is matched literally.

    `on_ages` says that a term may match an age: then what it keeps changes by the clock alone.
    """

    text: str
    keeps: Callable[[Row, float], bool]
    complaint: str = ""
    on_ages: bool = False

    @property
    def reason(self) -> str:
        """What is wrong, without the term in question."""
        return self.complaint.partition(": ")[2]


def parse(text: str) -> Filter:
    """Parse a filter expression; this never fails: an invalid one is matched as plain text and says so."""
    terms = text.split()
    tests: list[Callable[[str], bool]] = []
    complaints: list[str] = []
    for at, term in enumerate(terms):
        complaint = _misread(term, terms[at + 1 :])
        try:
            tests.append(_contains(term) if complaint else _test(term))
        except re.error as error:
            complaint = f"{term}: {error}"
            tests.append(_contains(term))
        if complaint:
            complaints.append(complaint)
    on_ages = any(_may_match_an_age(term) for term in terms)
    return Filter(text, _keeper(tests, on_ages), complaints[0] if complaints else "", on_ages)


def _may_match_an_age(term: str) -> bool:
    bare = term.lstrip("!")
    return _is_regex(bare) or _OF_AN_AGE.fullmatch(bare.casefold()) is not None


def _misread(term: str, rest: Sequence[str]) -> str:
    """Why a term that looks like more than plain text is not understood; empty if it is plain text.

    Names contain colons (`host:22`, `fe80::1`, `image:tag`): a term with one is a field only if it begins with the name
    of a field, or with something similar; with a comparison it always is. `/state:x/` finds the text.
    """
    bare = term.removeprefix("!")
    if bare.startswith("/") and not _is_regex(bare) and any(one.endswith("/") for one in rest):
        return rf"{term}: a regex holds no spaces: \s stands for one"
    if bare[:1] in _QUOTES and any(one.endswith(bare[0]) for one in (bare[1:], *rest)):
        return rf"{term}: quotes are not understood: /two\swords/ finds words with a space between"
    found = _WITH_FIELD.fullmatch(term)
    if found is None:
        return ""
    field = found["field"].lower()
    if field in FIELDS:
        return f"{term}: {_NO_FIELDS}"
    close = _OTHER_NAMES.get(field) or next(iter(difflib.get_close_matches(field, FIELDS, 1, _CLOSE)), "")
    if close and found["operator"] == ":":
        return f"{term}: did you mean {close}? {_NO_FIELDS}"
    return "" if found["operator"] in (":", "=") else f"{term}: {_NO_FIELDS}"


def _is_regex(term: str) -> bool:
    return len(term) > 2 and term.startswith("/") and term.endswith("/")


def _keeper(tests: Sequence[Callable[[str], bool]], on_ages: bool) -> Callable[[Row, float], bool]:
    if on_ages:
        return lambda row, now: _all(tests, row.text_at(now))
    return lambda row, _: _all(tests, row.text)


def _all(tests: Sequence[Callable[[str], bool]], text: str) -> bool:
    return all(test(text) for test in tests)


def _test(term: str) -> Callable[[str], bool]:
    if term.startswith("!") and len(term) > 1:
        inner = _test(term[1:])
        return lambda shown: not inner(shown)
    if _is_regex(term):
        pattern = re.compile(term[1:-1], re.IGNORECASE)
        return lambda shown: pattern.search(shown) is not None
    return _contains(term)


def _contains(term: str) -> Callable[[str], bool]:
    folded = term.casefold()
    return lambda shown: folded in shown
