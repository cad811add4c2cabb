"""Reorder the rows of a table: few at once, many in steps between which keys are handled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

from gputui.ui.table.state import TableState

AT_ONCE = 300
"""Rows that are filtered and sorted at once; larger tables in steps."""


class Arranger:
    """Arranges the rows of `state`, inside the context manager `changing`; finally calls `redraw`."""

    def __init__(
        self,
        state: TableState,
        changing: Callable[[], AbstractContextManager[None]],
        redraw: Callable[[], None],
    ) -> None:
        self._state = state
        self._changing = changing
        self._redraw = redraw
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start arranging after the filter or sorting changed; restarts if already under way."""
        self._state.begin_arranging()
        if len(self._state.rows) <= AT_ONCE:
            self.finish()
        elif self._task is None:
            self._task = asyncio.create_task(self._by_pieces(), name="arrange rows")

    def finish(self) -> None:
        """Do the rest at once."""
        if self._state.arranging:
            with self._changing():
                self._state.finish_arranging()
            self._redraw()

    async def _by_pieces(self) -> None:
        try:
            while self._state.arranging:
                await asyncio.sleep(0)
                with self._changing():
                    self._state.go_on_arranging()
        finally:
            self._task = None
        self._redraw()
