"""What was entered in forms, kept while the console runs: never on disk, and never with a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DraftKey:
    """The key of a form's draft. `target` is an id, empty for a change on a view."""

    profile: str
    view: str
    action: str
    target: str = ""


class Drafts:
    """The drafts of forms while the console runs; never on disk, and never with a secret."""

    def __init__(self) -> None:
        self._kept: dict[DraftKey, Mapping[str, str]] = {}

    def of(self, occasion: DraftKey) -> Mapping[str, str]:
        """Return the draft; empty if there is none."""
        return self._kept.get(occasion, {})

    def keep(self, occasion: DraftKey, draft: Mapping[str, str]) -> None:
        """Replace the draft; an empty one is removed."""
        self._kept.pop(occasion, None)
        if draft:
            self._kept[occasion] = dict(draft)
