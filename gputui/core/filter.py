"""The filter of a list, the same for `/`, `gputui get --filter`, `gputui run` and `gputui watch`.

Words are ANDed and found in every cell and the id; `!term` is without; `/regex/`; typed terms as in `filter_terms.py`;
`|` between terms means either side, as does a new line; `"two words"` is one term, `image:"two words"` a typed one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gputui.core.filter_terms import (
    FIELD,
    FLEET_FIELDS,
    OPERATOR,
    TERM,
    BadTerm,
    Keeps,
    Term,
    bad_regex,
    is_field,
    meant,
    named,
    typed_term,
)
from gputui.core.rows import Row

UNDERSTOOD = 'words, "two words", !without, /regex/, field:value, field>=8, age>2h, name~^gpu, either | or'
_OF_AN_AGE = re.compile(r"\d+[smhd]?|[smhd]|\d*h\d{0,2}m?|\d{0,2}m")
"""What may be part of an age as it is shown: `5m`, `3h20m`."""
_END = r"(?=\s|\||$)"
_TOKEN = re.compile(rf'\s*(!?/(?:[^/\\]|\\.)+/(?=\s|$)|!?(?:{FIELD}{OPERATOR})?"[^"]*"{_END}|\|+(?=\S)|\S+)')
_ALONE = re.compile(r"[<>=]=|[<>]=?\d.*")
"""A comparison without its field, as in `gpu >= 8`; `:22`, `=x` and `<none>` are parts of names."""
_WORD_AND_BAR = re.compile(r"(?P<word>.*[^|:=~<>])\|+")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter and, where the expression was bad, what is wrong with it; then it is matched literally.

    `on_ages` says that a term may match an age: then what it keeps changes by the clock alone. `place` is where in
    `text` the complaint is about, first character and the one behind the last. `sides` are what `|` stands between,
    each a filter of its own. `fields` are those it asks about.
    """

    text: str
    keeps: Callable[[Row, float], bool]
    complaint: str = ""
    on_ages: bool = False
    place: tuple[int, int] = (0, 0)
    sides: tuple[Side, ...] = ()
    fields: frozenset[str] = frozenset()

    @property
    def of_fleet(self) -> bool:
        """Whether it asks what only a row of the fleet tells: since when, why."""
        return not self.fields.isdisjoint(FLEET_FIELDS)

    def lacking(self, only: Collection[str]) -> str:
        """Which field it asks about that is not among the `only` ones there are, for a person; empty if none."""
        lacking = sorted(self.fields.difference(only))
        return f"nothing here has a field {lacking[0]}; there are {', '.join(only)}" if lacking else ""

    @property
    def reason(self) -> str:
        """What is wrong, without the term in question."""
        return self.complaint.partition(": ")[2]


class Side(NamedTuple):
    """One side of an either-or: its text, what it keeps, and whether it is plain text, as a name is."""

    text: str
    keeps: Callable[[Row, float], bool]
    plain: bool


class FilterToken(NamedTuple):
    """A term of an expression as it is written, and where it begins."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class _Parsed:
    token: FilterToken
    term: Term
    wrong: str = ""
    at: int = 0

    @property
    def complaint(self) -> str:
        return f"{self.token.text}: {self.wrong}" if self.wrong else ""

    @property
    def place(self) -> tuple[int, int]:
        return self.token.at + self.at, self.token.at + len(self.token.text)


def parse(text: str, fields: Sequence[str] = ()) -> Filter:
    """Parse a filter expression; this never fails: a term that is not understood is matched as plain text and named.

    `fields` are the ids of the columns there are, besides the fields that every list has.
    """
    one_line = joined_lines(text)
    groups: list[list[_Parsed]] = [[]]
    bars: list[FilterToken] = []
    for token in placed_tokens(one_line):
        if token.text == "|":
            groups.append([])
            bars.append(token)
        else:
            groups[-1].append(_parsed(token, fields))
    sides = tuple(_side(one_line, group) for group in groups if group)
    every = [one for group in groups for one in group]
    wrong = next((one for one in every if one.wrong), None)
    complaint, place = (wrong.complaint, wrong.place) if wrong else _lone_bar(groups, bars)
    on_ages, asked = any(one.term.on_ages for one in every), frozenset(one.term.field for one in every) - {""}
    return Filter(text, _either(sides), complaint, on_ages, place, sides, asked)


def _side(text: str, group: Sequence[_Parsed]) -> Side:
    terms = [one.term for one in group]
    last = group[-1].token
    written = text[group[0].token.at : last.at + len(last.text)]
    plain = not any(one.term.field or one.token.text.startswith(("!", "/")) for one in group)
    return Side(written, lambda row, now: all(term.keeps(row, now) for term in terms), plain)


def names(wanted: Filter) -> tuple[Side, ...]:
    """The sides that are plain text, of several: a pasted list of names, none of which is dropped silently."""
    return tuple(side for side in wanted.sides if side.plain) if len(wanted.sides) > 1 else ()


def without_hits(wanted: Filter, rows: Iterable[Row], now: float) -> tuple[str, ...]:
    """The names of a list of names that no row has."""
    left = names(wanted)
    for row in rows:
        left = tuple(side for side in left if not side.keeps(row, now))
        if not left:
            break
    return tuple(side.text for side in left)


def _lone_bar(groups: Sequence[Sequence[_Parsed]], bars: Sequence[FilterToken]) -> tuple[str, tuple[int, int]]:
    """What is wrong with a bar that has nothing on one side, and where it is."""
    empty = next((at for at, group in enumerate(groups) if not group), None)
    if empty is None or not bars:
        return "", (0, 0)
    bar = bars[min(empty, len(bars) - 1)]
    return "|: has nothing on one side", (bar.at, bar.at + 1)


def tokens(text: str) -> list[str]:
    """The terms of an expression in their order, `|` among them."""
    return [token.text for token in placed_tokens(text)]


def placed_tokens(text: str) -> Iterator[FilterToken]:
    """The terms of an expression in their order, `|` among them, each with its place."""
    for found in _TOKEN.finditer(text):
        yield from _without_bar(FilterToken(found[1], found.start(1)))


def _without_bar(token: FilterToken) -> list[FilterToken]:
    """A bar at an end of a word, as in `failed| error`, stands between terms; `/a|/` and `"a|"` are whole."""
    if not token.text.strip("|"):
        return [FilterToken("|", token.at)]
    found = _WORD_AND_BAR.fullmatch(token.text)
    return [FilterToken(found["word"], token.at), FilterToken("|", token.at + found.end("word"))] if found else [token]


def joined_lines(text: str) -> str:
    """A pasted text as one expression: several lines, as of a list of names, mean any of them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines)


def _either(sides: Sequence[Side]) -> Keeps:
    if len(sides) == 1:
        return sides[0].keeps
    if not sides:
        return lambda row, now: True
    return lambda row, now: any(side.keeps(row, now) for side in sides)


def _parsed(token: FilterToken, fields: Sequence[str]) -> _Parsed:
    try:
        return _Parsed(token, _term(token.text, fields))
    except BadTerm as bad:
        return _Parsed(token, _contains(token.text), str(bad), bad.at)


def _term(token: str, fields: Sequence[str]) -> Term:
    """The term that a token means. Raises BadTerm."""
    if token.startswith("!") and len(token) > 1:
        try:
            inner = _term(token[1:], fields)
        except BadTerm as bad:
            raise bad.moved(1) from bad
        return Term(lambda row, now: not inner.keeps(row, now), inner.on_ages, inner.field)
    if _is_regex(token):
        return _regex(token[1:-1])
    if len(token) > 1 and token[0] == token[-1] == '"':
        return _contains(token[1:-1])
    if len(token) > 1 and token[0] == '"' and token.count('"') == 1:
        raise BadTerm("the quote is not closed")
    return _field_term(token, fields) or _words(token)


def _field_term(token: str, fields: Sequence[str]) -> Term | None:
    """The typed term that a token is; None for plain text.

    Names contain colons (`host:22`, `fe80::1`, `image:tag`): a token with one is a typed term only if it begins with
    the name of a field, or is a bad one if that is similar; with a comparison it always is one. `"state:x"` finds the
    text.
    """
    if _ALONE.fullmatch(token):
        raise BadTerm("field, comparison and value are one word, as gpu>=8")
    found = TERM.fullmatch(token)
    if found is None:
        return None
    name, operator, value = found["field"], found["operator"], found["value"]
    if is_field(name, fields):
        try:
            term = typed_term(name, operator, value, fields)
        except BadTerm as bad:
            raise bad.moved(found.start("value")) from bad
        return replace(term, field=named(name, fields))
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
        raise bad_regex(error).moved(1) from error
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
