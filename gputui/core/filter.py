"""The filter of a list, the same for `/`, `gputui get --filter`, `gputui run` and `gputui watch`.

Words are ANDed and found in every cell and the id; `!term` is without; `/regex/`; typed terms as in `filter_terms.py`;
`|` between terms means either side, as does a new line; `"two words"` is one term, `image:"two words"` a typed one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gputui.core.filter_terms import FIELD, OPERATOR, TERM, BadTerm, Keeps, Term, is_field, meant, typed_term
from gputui.core.rows import Row

UNDERSTOOD = 'words, "two words", !without, /regex/, field:value, field>=8, age>2h, name~^gpu, either | or'
_OF_AN_AGE = re.compile(r"\d+[smhd]?|[smhd]|\d*h\d{0,2}m?|\d{0,2}m")
"""What may be part of an age as it is shown: `5m`, `3h20m`."""
_END = r"(?=\s|\||$)"
_TOKEN = re.compile(rf'\s*(!?/(?:[^/\\]|\\.)+/(?=\s|$)|!?(?:{FIELD}{OPERATOR})?"[^"]*"{_END}|\|+(?=\S)|\S+)')
_WORD_AND_BAR = re.compile(r"(?P<word>.*[^|:=~<>])\|+")


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


@dataclass(frozen=True, slots=True)
class _Parsed:
    term: Term
    complaint: str = ""


def parse(text: str, fields: Sequence[str] = ()) -> Filter:
    """Parse a filter expression; this never fails: a term that is not understood is matched as plain text and named.

    `fields` are the ids of the columns there are, besides the fields that every list has.
    """
    groups: list[list[_Parsed]] = [[]]
    for part in tokens(joined_lines(text)):
        if part == "|":
            groups.append([])
        else:
            groups[-1].append(_parsed(part, fields))
    sides = [[one.term for one in group] for group in groups if group]
    every = [one for group in groups for one in group]
    complaint = next((one.complaint for one in every if one.complaint), "")
    if not complaint and len(sides) < len(groups) and len(groups) > 1:
        complaint = "|: has nothing on one side"
    return Filter(text, _either(sides), complaint, any(one.term.on_ages for one in every))


def tokens(text: str) -> list[str]:
    """The terms of an expression in their order, `|` among them."""
    return [part for found in _TOKEN.finditer(text) for part in _without_bar(found[1])]


def _without_bar(token: str) -> list[str]:
    """A bar at an end of a word, as in `failed| error`, stands between terms; `/a|/` and `"a|"` are whole."""
    if not token.strip("|"):
        return ["|"]
    found = _WORD_AND_BAR.fullmatch(token)
    return [found["word"], "|"] if found else [token]


def joined_lines(text: str) -> str:
    """A pasted text as one expression: several lines, as of a list of names, mean any of them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines)


def _either(sides: Sequence[Sequence[Term]]) -> Keeps:
    if len(sides) == 1:
        [terms] = sides
        return lambda row, now: all(term.keeps(row, now) for term in terms)
    if not sides:
        return lambda row, now: True
    return lambda row, now: any(all(term.keeps(row, now) for term in terms) for terms in sides)


def _parsed(token: str, fields: Sequence[str]) -> _Parsed:
    try:
        return _Parsed(_term(token, fields))
    except BadTerm as bad:
        return _Parsed(_contains(token), f"{token}: {bad}")


def _term(token: str, fields: Sequence[str]) -> Term:
    """The term that a token means. Raises BadTerm."""
    if token.startswith("!") and len(token) > 1:
        inner = _term(token[1:], fields)
        return Term(lambda row, now: not inner.keeps(row, now), inner.on_ages)
    if _is_regex(token):
        return _regex(token[1:-1])
    if len(token) > 1 and token[0] == token[-1] == '"':
        return _contains(token[1:-1])
    return _field_term(token, fields) or _words(token)


def _field_term(token: str, fields: Sequence[str]) -> Term | None:
    """The typed term that a token is; None for plain text.

    Names contain colons (`host:22`, `fe80::1`, `image:tag`): a token with one is a typed term only if it begins with
    the name of a field, or is a bad one if that is similar; with a comparison it always is one. `"state:x"` finds the
    text.
    """
    found = TERM.fullmatch(token)
    if found is None:
        return None
    name, operator, value = found["field"], found["operator"], found["value"]
    if is_field(name, fields):
        return typed_term(name, operator, value, fields)
    similar = meant(name, fields)
    if operator in (":", "="):
        if similar and operator == ":":
            raise BadTerm(f"did you mean {similar}:?")
        return None
    raise BadTerm(f"no list has a field {name}" + (f": did you mean {similar}?" if similar else ""))


def _is_regex(term: str) -> bool:
    return len(term) > 2 and term.startswith("/") and term.endswith("/")


def _regex(pattern: str) -> Term:
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise BadTerm(str(error)) from error
    return Term(lambda row, now: compiled.search(row.text_at(now)) is not None, True)


def _words(token: str) -> Term:
    """A word, or several of which one is enough: `node-1|node-2`."""
    several = [_contains(word) for word in token.split("|") if word]
    if len(several) < 2:
        return _contains(token)
    return Term(lambda row, now: any(one.keeps(row, now) for one in several), any(one.on_ages for one in several))


def _contains(term: str) -> Term:
    folded = term.casefold()
    if _OF_AN_AGE.fullmatch(folded):
        return Term(lambda row, now: folded in row.text_at(now), True)
    return Term(lambda row, _: folded in row.text)
