"""Walking through what was typed into an input before, as in a shell, and remembering what is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from gputui.core.preferences import Preferences
from gputui.core.redaction import redacted

Change = Callable[[Callable[[Preferences], Preferences]], None]


class TypedBefore:
    """The history of one input. `entries` returns what was typed, the newest last."""

    def __init__(self, entries: Callable[[], Sequence[str]]) -> None:
        self._entries = entries
        self._back = 0
        self._begun = ""

    @property
    def walking(self) -> bool:
        """Whether something older than what was begun is in the input."""
        return self._back > 0

    def restart(self) -> None:
        """Begin again with the newest."""
        self._back = 0

    def step(self, now: str, by: int) -> str:
        """Return what is older (-1) or newer (1) than `now`, which is in the input; behind the newest what was begun.

        Other text typed since is what was begun.
        """
        entries = self._entries()
        if not self._back or self._back > len(entries) or entries[-self._back] != now:
            self._back, self._begun = 0, now
        self._back = max(0, min(self._back - by, len(entries)))
        return entries[-self._back] if self._back else self._begun


def remember_typed(change: Change, line: str, text: str) -> None:
    """Remember a text as the newest of an input; never one that may hold a secret."""
    text = text.strip()
    if text and redacted(text) == text:
        change(partial(Preferences.with_typed, line=line, text=text))
