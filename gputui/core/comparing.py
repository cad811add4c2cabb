"""What differs between two things: fields by name, those that are equal left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Field = tuple[str, str]
"""A name and a text."""


class Difference(NamedTuple):
    """One field with its text on either side; None on the side that does not have it."""

    name: str
    one: str | None
    other: str | None


def differences_of(one: Iterable[Field], other: Iterable[Field]) -> list[Difference]:
    """Return the fields that differ, in the order of the first; those that only the second has follow."""
    mine, others = dict(one), dict(other)
    names = [*mine, *(name for name in others if name not in mine)]
    pairs = (Difference(name, mine.get(name), others.get(name)) for name in names)
    return [pair for pair in pairs if pair.one != pair.other]
