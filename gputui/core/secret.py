"""A secret that does not print itself, and what is shown in its place."""

from __future__ import annotations

from gputui.core.known_secrets import KNOWN
from gputui.core.known_secrets import STARS as STARS
from gputui.core.text import Json


class Secret:
    """Holds a secret string; `repr`, `str` and formatting give stars, only `reveal()` returns it.

    Once one exists, no log line shows the secret, in whatever spelling.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        KNOWN.add(self)

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({STARS})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


def masked(value: Json, names: frozenset[str]) -> Json:
    """A JSON value with stars for the values under these names, at any depth; empty values stay empty."""
    if isinstance(value, dict):
        return {key: STARS if key in names and entry else masked(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [masked(entry, names) for entry in value]
    return value
