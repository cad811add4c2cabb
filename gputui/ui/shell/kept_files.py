"""Says what the state folder does not take: history, and what is remembered of views, filters and bookmarks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gputui.engine.history.telling import HistoryNews

if TYPE_CHECKING:
    from gputui.ui.host import Host


class KeptFiles:
    """Looks at what is written in the background, and tells `say` once of each trouble."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        self._host, self._say = host, say
        self._history = HistoryNews(lambda: host.store.history, say)
        self._unwritten = ""

    def look(self) -> None:
        """Say what has changed since the last look."""
        self._history.look()
        unwritten = self._host.preferences.failure
        if unwritten and unwritten != self._unwritten:
            self._say(f"views, saved filters and bookmarks last until this console ends: {unwritten}")
        self._unwritten = unwritten
