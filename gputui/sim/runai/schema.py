"""Checks that describe JSON as an OpenAPI schema does; a check returns the error with the path of the field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

Check = Callable[[object, str], Iterator[str]]


def text(pattern: str = "", *, one_of: Sequence[str] = ()) -> Check:
    """A string, optionally one that fully matches a pattern or is one of a few."""

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path} should be a string"
        elif one_of and value not in one_of:
            yield f"{path} should be one of {', '.join(one_of)}"
        elif pattern and not re.fullmatch(pattern, value):
            yield f"{path} should match {pattern}"

    return check


def number(least: float | None = None, most: float | None = None, *, whole: bool = False) -> Check:
    """A number within bounds; a `whole` one may not have a fraction."""
    kinds = (int,) if whole else (int, float)

    def check(value: object, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
            yield f"{path} should be {'an integer' if whole else 'a number'}"
        elif least is not None and value < least:
            yield f"{path} should be at least {least:g}"
        elif most is not None and value > most:
            yield f"{path} should be at most {most:g}"

    return check


def whole(least: int | None = None, most: int | None = None) -> Check:
    """An integer within bounds."""
    return number(least, most, whole=True)


def flag() -> Check:
    """A boolean."""

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield f"{path} should be a boolean"

    return check


def either(first: Check, second: Check) -> Check:
    """A value that one of two checks accepts; otherwise the first one's error is returned."""

    def check(value: object, path: str) -> Iterator[str]:
        if any(second(value, path)):
            yield from first(value, path)

    return check


def many(each: Check) -> Check:
    """A list."""

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path} should be an array"
            return
        for at, item in enumerate(value):
            yield from each(item, f"{path}[{at}]")

    return check


def record(fields: Mapping[str, Check], required: Sequence[str] = ()) -> Check:
    """An object. null counts as missing, and unknown fields are ignored."""

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path or 'the body'} should be an object"
            return
        for name, field in fields.items():
            inner = f"{path}.{name}" if path else name
            if value.get(name) is not None:
                yield from field(value[name], inner)
            elif name in required:
                yield f"{inner} is required"

    return check
