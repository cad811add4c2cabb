"""The typed values of a form's texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gputui.core.actions import Field
from gputui.core.secret import Secret

YES = "yes"
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


class InvalidInput(ValueError):
    """A text that is not a valid value; the message says why."""


def typed(field: Field, text: str) -> Any:
    """Return the value of a text, None if it was left out. Raises InvalidInput."""
    match field.kind:
        case "flag":
            return text == YES
        case "int":
            return _whole_number(text.strip())
        case "secret":
            return Secret(text) if text else None
        case "pairs":
            return tuple(_pairs(text)) or None
        case "lines":
            return tuple(line.rstrip() for line in text.split("\n") if line.strip()) or None
        case "choices":
            return tuple(values_of(text)) or None
        case "choice":
            return text or None
    return text.strip() or None


def values_of(text: str) -> list[str]:
    """Return the chosen values: one per line."""
    return [value for value in text.split("\n") if value]


def _whole_number(text: str) -> int | None:
    if text and not _WHOLE_NUMBER.fullmatch(text):
        raise InvalidInput("is not a whole number")
    return int(text) if text else None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not key or not equals:
            raise InvalidInput(f"line {number} is not key=value")
        if key in seen:
            raise InvalidInput(f"line {number}: {key} is there twice")
        seen.add(key)
        yield key, value
