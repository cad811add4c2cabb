"""Amounts as people and clouds write them: durations, numbers with units, sizes."""

from __future__ import annotations

import re

_SPANS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_AMOUNT = re.compile(r"\s*([+-]?\d+(?:[.,]\d+)?)\s*([A-Za-zµ%×]*)")
_WHOLE = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*(?:%|[kmgtp]?i?b?)", re.IGNORECASE)
_SIZES = {letter: 1_024**power for power, letter in enumerate("kmgtp", 1)}


def seconds_of(text: str) -> float | None:
    """The seconds of `90s`, `5m`, `2h`, `3d`, `1w` or `3h20m`; None for anything else."""
    if not _SPAN.fullmatch(text.lower()):
        return None
    return sum(float(number) * _SPANS[unit] for number, unit in _PART.findall(text.lower()))


def amount_of(text: str, unit: str = "") -> float | None:
    """The number that a text begins with, in bytes if its unit, or else `unit`, is one of size; None without one.

    `80GB`, `80 GiB` and `80g` are the same: clouds use these for each other.
    """
    found = _AMOUNT.match(text)
    if found is None:
        return None
    number = float(found[1].replace(",", "."))
    return number * _scale(found[2] or unit)


def is_amount(text: str) -> bool:
    """Whether a text is a number and nothing else, with `%`, a unit of size or none."""
    return _WHOLE.fullmatch(text.strip()) is not None


def _scale(unit: str) -> float:
    name = unit.lower().removesuffix("b").removesuffix("i")
    return float(_SIZES.get(name, 1)) if unit.lower() not in ("m", "b") else 1.0
