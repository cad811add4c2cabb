"""Tells a person what a history does not do: once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Callable

from gputui.engine.history.history import History, NoHistory


class HistoryNews:
    """What there is to `say` of the present `history`; that none is wanted is not said."""

    def __init__(self, history: Callable[[], History], say: Callable[[str], None]) -> None:
        self._history, self._say = history, say
        self._trouble = self._aside = ""

    def look(self) -> None:
        """Say what has changed since the last look."""
        history = self._history()
        trouble = "" if isinstance(history, NoHistory) else history.trouble
        if history.aside != self._aside:
            self._say(f"the history was corrupt: it was moved to {history.aside}, and a new one begun")
        if trouble != self._trouble:
            self._say(f"history is not kept: {trouble}" if trouble else "history is kept again")
        self._trouble, self._aside = trouble, history.aside
