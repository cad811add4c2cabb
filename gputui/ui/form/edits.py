"""What a form changes of what is there: the fields that begin with the target's own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gputui.core.actions import Field
from gputui.core.problem import Failed
from gputui.core.text import shorten

NOTHING = "–"
LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Edit:
    """A field that begins with what is there, the text that was left in it, and the labels of its choices by value."""

    about: Field
    text: str = field(repr=False)
    labels: Mapping[str, str]

    def of(self, item: Any) -> str:
        """Return `Port: 22 → 2222`, compared with what is there now; empty if it stays as it is."""
        assert callable(self.about.default), "only such fields are edits"
        before = self.about.default(item)
        if before == self.text:
            return ""
        if self.about.kind == "secret":
            return f"{self.about.label}: changed"
        return f"{self.about.label}: {self._words(before)} → {self._words(self.text)}"

    def _words(self, text: str) -> str:
        match self.about.kind:
            case "flag":
                return text or "no"
            case "pairs":
                return _counted([line.partition("=")[0].strip() for line in text.split("\n") if line.strip()])
            case "lines":
                return _counted([line for line in text.split("\n") if line.strip()])
        values = ", ".join(self.labels.get(value, value) for value in text.split("\n") if value)
        unit = f" {self.about.unit}" if self.about.unit and values else ""
        return shorten(values, LONGEST_VALUE) + unit or NOTHING


def changes(edits: Iterable[Edit], item: Any) -> list[str]:
    """Return a line for each value that differs from the item as it is now, and one that names what stays."""
    edits = tuple(edits)
    if not edits:
        return []
    try:
        told = [(edit, edit.of(item)) for edit in edits]
    except Failed:
        return []  # a bug of a third-party provider: the request says what is sent
    same = [edit.about.label for edit, words in told if not words]
    if len(same) == len(told):
        return ["Nothing changes: what is there is sent again."]
    return [*(words for _, words in told if words), *([f"unchanged: {', '.join(same)}"] if same else [])]


def _counted(entries: list[str]) -> str:
    return shorten(", ".join(entries), LONGEST_VALUE) or NOTHING
