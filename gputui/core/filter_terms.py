"""The typed terms of a filter: `state:error`, `gpu>=8`, `age>2h`, `locked:yes`, `name~^gpu-0`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gputui.core.cells import AT_LEAST, Cell, shown_text
from gputui.core.health import Health
from gputui.core.quantities import amount_of, is_amount, seconds_of
from gputui.core.row_schema import ROLES_BY_NAME
from gputui.core.rows import Row

Keeps = Callable[[Row, float], bool]
"""Whether a row is kept at a moment (epoch seconds)."""
_TEXTS: dict[str, Callable[[Row], str]] = {
    "name": lambda row: row.name,
    "state": lambda row: row.state,
    "profile": lambda row: row.ref.profile,
    "provider": lambda row: row.schema.provider,
    "view": lambda row: row.ref.view,
    "id": lambda row: row.ref.id,
}
FLEET_FIELDS = ("since", "changed", "where", "why", "operation", "public", "data")
"""The fields of machines that are the fleet's columns: a list of that column's id has its own."""
FIELDS = (*_TEXTS, "health", *ROLES_BY_NAME, *FLEET_FIELDS)
"""The fields that every list has; each list has its columns' ids besides."""
_OTHER_NAMES = {
    "status": "state",
    "phase": "state",
    "locked": "lock",
    "kind": "view",
    "gpus": "gpu",
    "ip": "address",
    "creator": "owner",
    "price": "cost",
}
"""Other names for a field, where a list has no column of that id."""
OPERATORS = ("!~", "!=", ">=", "<=", "==", ":", "~", ">", "<", "=")
FIELD, OPERATOR = r"[A-Za-z][A-Za-z0-9_.-]*", f"(?:{'|'.join(OPERATORS)})"
TERM = re.compile(f"(?P<field>{FIELD})(?P<operator>{OPERATOR})(?P<value>.*)", re.DOTALL)
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_FAULTY = "faulty"
_AGES = ("age", "since", "changed", "data")
"""The fields that are moments in every list."""
_CLOSE = 0.8


class BadTerm(ValueError):
    """A term that cannot be understood; its text says why, `at` from which character of the term on."""

    def __init__(self, text: str, at: int = 0) -> None:
        super().__init__(text)
        self.at = at

    def moved(self, by: int) -> BadTerm:
        """The same of a longer text, in which this one begins at `by`."""
        return BadTerm(str(self), self.at + by)


def bad_regex(error: re.error) -> BadTerm:
    """What is wrong with a regular expression, and where."""
    return BadTerm(error.msg, error.pos or 0)


@dataclass(frozen=True, slots=True)
class Term:
    """One term. `on_ages` says that the clock alone changes what it keeps; `field` is empty for plain text."""

    keeps: Keeps
    on_ages: bool = False
    field: str = ""


def is_field(name: str, known: Sequence[str]) -> bool:
    """Whether a name is a field here: of every list, or one of the `known` ids of columns."""
    folded = name.lower()
    return folded in FIELDS or folded in _OTHER_NAMES or folded in known


def meant(name: str, known: Sequence[str]) -> str:
    """The field that was probably meant; empty if none is similar."""
    return next(iter(difflib.get_close_matches(name.lower(), (*FIELDS, *known), 1, _CLOSE)), "")


def named(name: str, known: Sequence[str]) -> str:
    """The name of the field that is meant by `name`, which is_field."""
    folded = name.lower()
    return folded if folded in FIELDS or folded in known else _OTHER_NAMES.get(folded, folded)


def typed_term(field: str, operator: str, value: str, known: Sequence[str] = ()) -> Term:
    """The term for a field of any list. Raises BadTerm."""
    name = named(field, known)
    alternatives = [one for one in value.split("|") if one]
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
        alternatives = [value]
    if not value:
        raise BadTerm(f"{name}{operator} needs a value")
    if value[0] == '"' and value.count('"') == 1:
        raise BadTerm("the quote is not closed")
    if operator in ("!=", "!~"):
        inner = typed_term(name, operator.removeprefix("!"), value, known)
        return Term(lambda row, now: not inner.keeps(row, now), inner.on_ages)
    if operator == "~":
        return _by_regex(name, value)
    if operator in (">", ">=", "<", "<="):
        return _compared(name, operator, value)
    if not alternatives:
        raise BadTerm(f"{name}{operator} needs a value")
    terms = [_equal(name, one, exact=operator != ":") for one in alternatives]
    return Term(lambda row, now: any(term.keeps(row, now) for term in terms), any(term.on_ages for term in terms))


def cells(row: Row, name: str) -> Iterator[Cell]:
    """The cells of a field, of the row's own list wherever it is shown."""
    for _, cell in _with_units(row, name):
        yield cell


def texts_of(row: Row, name: str, now: float) -> Iterator[str]:
    """The texts of a field of a row."""
    if name in _TEXTS:
        yield _TEXTS[name](row)
    elif name == "health":
        yield row.health.word
    else:
        yield from (shown_text(cell, now) for cell in cells(row, name))


def _by_regex(name: str, pattern: str) -> Term:
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise bad_regex(error) from error
    return Term(lambda row, now: any(compiled.search(text) for text in texts_of(row, name, now)), name not in _TEXTS)


def _equal(name: str, value: str, *, exact: bool) -> Term:
    """`field:value` finds the value within a text, `field=value` the whole text; numbers, flags, ages are compared."""
    folded = value.casefold()
    if name == "health":
        return _of_health(folded)

    def fits(text: str) -> bool:
        return folded == text.casefold() if exact else folded in text.casefold()

    def keeps(row: Row, now: float) -> bool:
        if name in _TEXTS:
            return fits(_TEXTS[name](row))
        return any(fits(shown_text(cell, now)) or _same_value(cell.value, folded) for cell in cells(row, name))

    return Term(keeps, name not in _TEXTS)


def _of_health(word: str) -> Term:
    if word == _FAULTY:
        return Term(lambda row, _: row.health.faulty)
    words = [health.word for health in Health]
    found = [one for one in words if one.startswith(word)]
    if not found:
        raise BadTerm(f"health is one of {', '.join(words)}, {_FAULTY}")
    return Term(lambda row, _: row.health.word in found)


def _same_value(value: object, text: str) -> bool:
    if isinstance(value, bool):
        return text in (_YES if value else _NO)
    if isinstance(value, int | float):
        return amount_of(text) == value and text.replace(".", "", 1).isdigit()
    return False


def _compared(name: str, operator: str, value: str) -> Term:
    """Numbers and sizes are compared as such, moments by how long ago they were."""
    seconds = seconds_of(value)
    if seconds is None and name in _AGES:
        raise BadTerm(f"{name}{operator} takes an age: 90s, 10m, 2h, 3d, 1w")
    if seconds is None and not is_amount(value):
        raise BadTerm(f"{operator} compares numbers (8, 80GB) and ages (2h, 3d)")
    below, alike = "<" in operator, "=" in operator

    def holds(one: float, other: float) -> bool:
        return (one < other if below else one > other) or (alike and one == other)

    def keeps(row: Row, now: float) -> bool:
        return any(_holds(cell, unit, now) for unit, cell in _with_units(row, name))

    def _holds(cell: Cell, unit: str, now: float) -> bool:
        if isinstance(cell.value, datetime):
            if below and cell.text == AT_LEAST:
                return False  # it may be older than that by any time
            return seconds is not None and holds(now - cell.value.timestamp(), seconds)
        mine = _amount(cell, unit)
        wanted = amount_of(value, unit)
        return mine is not None and wanted is not None and holds(mine, wanted)

    return Term(keeps, seconds is not None)


def _with_units(row: Row, name: str) -> Iterator[tuple[str, Cell]]:
    """The cells of a field with their units: of the row's own list, else of the fleet where it is shown there."""
    own, schema, places = row.own or row.cells, row.schema, tuple(row.schema.places(name))
    for place in places:
        yield schema.columns[place].unit, own[place]
    if not places and row.own and name in schema.fleet:
        yield "", row.cells[schema.fleet[name]]


def _amount(cell: Cell, unit: str) -> float | None:
    if isinstance(cell.value, bool) or cell.value is None:
        return None
    if isinstance(cell.value, int | float):
        return amount_of(repr(cell.value), unit)
    return amount_of(cell.text, unit)
