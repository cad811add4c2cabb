"""Reads the keys of one table: an invalid value becomes an error with its line, and the default is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from gputui.config.document import ConfigError, Document
from gputui.config.other_names import other_name
from gputui.core.naming import did_you_mean

T = TypeVar("T")


class InvalidValue(Exception):
    """A value is not what its key accepts; the message does not repeat it."""

    def __init__(self, message: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allowed = allowed


class Table:
    """One table of a document. `errors` grows as keys are taken."""

    def __init__(self, document: Document, path: tuple[str, ...], values: object) -> None:
        self._document = document
        self._path = path
        self.errors: list[ConfigError] = []
        self.left: dict[str, Any] = {}
        if isinstance(values, Mapping):
            self.left = dict(values)
        else:
            self.errors.append(document.error(path, f"must be a table, as in [{'.'.join(path)}]"))

    def take(self, key: str, fit: Callable[[object], T], default: T, wrong: T | None = None) -> T:
        """The value of `key`: `default` if it is absent, `wrong` (or else `default`) if it is invalid."""
        if key not in self.left:
            return default
        try:
            return fit(self.left.pop(key))
        except InvalidValue as error:
            self.complain(key, str(error), error.allowed)
            return default if wrong is None else wrong

    def complain(self, key: str, message: str, allowed: tuple[str, ...] = ()) -> None:
        """Add an error about `key`, or about the whole table if it is empty."""
        keys = (*self._path, key) if key else self._path
        self.errors.append(self._document.error(keys, message, allowed))

    def refuse_rest(self, known: Iterable[str]) -> None:
        """Report every key that was not taken as unknown: with the one that was meant, or else all there are."""
        names = tuple(known)
        for key in self.left:
            meant = other_name(key, names)
            hint = f"; did you mean {meant}?" if meant else did_you_mean(key, names)
            self.complain(key, f"is not a key of this table{hint}", () if hint else names)


def flag(value: object) -> bool:
    """true or false, as TOML writes them."""
    if not isinstance(value, bool):
        raise InvalidValue(f"must be true or false without quotes, not {kind(value)}", ("true", "false"))
    return value


def text(value: object) -> str:
    """A non-empty string."""
    if not isinstance(value, str):
        raise InvalidValue(f"must be text in quotes, not {kind(value)}")
    if not value.strip():
        raise InvalidValue("is empty")
    return value


def number(least: float, most: float, unit: str) -> Callable[[object], float]:
    """A check of numbers between two bounds, which are accepted too."""

    def fit(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidValue(f"must be a number of {unit}, not {kind(value)}")
        if not least <= value <= most:
            raise InvalidValue(f"must be {least:g} to {most:g} {unit}")
        return float(value)

    return fit


seconds = number(1, 3600, "seconds")
"""A refresh interval."""
timeout = number(1, 600, "seconds")
"""A timeout for reaching a machine."""


def port(value: object) -> int:
    """A TCP port."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue(f"must be a whole number, not {kind(value)}")
    if not 1 <= value <= 65535:
        raise InvalidValue("must be 1 to 65535")
    return value


def one_of(*allowed: str) -> Callable[[object], str]:
    """A check for one of these words."""

    def fit(value: object) -> str:
        if value not in allowed:
            raise InvalidValue("is not one of the words it may be", allowed)
        return str(value)

    return fit


def table(value: object) -> Mapping[str, Any]:
    """A table."""
    if not isinstance(value, Mapping):
        raise InvalidValue(f"must be a table, not {kind(value)}")
    return value


def kind(value: object) -> str:
    """The type of a TOML value, in words, without the value."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (str, "text"),
        (int, "a number"),
        (float, "a number"),
        (list, "a list"),
        (Mapping, "a table"),
    )
    return next((word for sort, word in names if isinstance(value, sort)), "a date or time")
