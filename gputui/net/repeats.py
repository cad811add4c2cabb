"""Shares texts that recur in a list, so that each is held once."""

from __future__ import annotations

from gputui.core.text import Json

MOST_DIFFERENT = 64
"""A field with more different texts than this is taken to be different in every entry."""


class Repeats:
    """The texts of a list's fields, for those fields that have few."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, str] | None] = {}

    def shared(self, entry: Json) -> Json:
        """The same entry, with the texts in its fields replaced by equal ones of earlier entries."""
        if isinstance(entry, dict):
            fields = self._fields
            for field, text in entry.items():
                if type(text) is str and (known := fields.get(field, _NONE)) is not None:
                    entry[field] = known.get(text) or self._met(field, text)
        return entry

    def _met(self, field: str, text: str) -> str:
        known = self._fields.setdefault(field, {})
        if known is not None:
            known[text] = text
            if len(known) > MOST_DIFFERENT:
                self._fields[field] = None
        return text


_NONE: dict[str, str] = {}
