"""Texts that come again and again in a list, each held once."""

from __future__ import annotations

from gputui.core.text import Json

MOST_DIFFERENT = 64
"""A field with more different texts than this is taken to be different in every entry."""


class Repeats:
    """The texts of a list's fields, for those fields that have few."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, str] | None] = {}

    def shared(self, entry: Json) -> Json:
        """The entry itself, the texts in its fields replaced by equal ones of earlier entries."""
        if isinstance(entry, dict):
            for field, value in entry.items():
                if type(value) is str:
                    entry[field] = self._shared(field, value)
        return entry

    def _shared(self, field: str, text: str) -> str:
        known = self._fields.setdefault(field, {})
        if known is None:
            return text
        if len(known) >= MOST_DIFFERENT:
            found = known.get(text)
            if found is None:
                self._fields[field] = None
            return found or text
        return known.setdefault(text, text)
