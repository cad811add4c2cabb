"""Putting the rows of a table in another order: a few at once, many by pieces, between which keys are taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

from gputui.ui.table.state import TableState

AT_ONCE = 3000
"""So many rows are filtered and sorted at once; more by pieces."""


class Arranger:
    """Arranges the rows of `state`. `changing` is entered around what may change it, `redraw` is called at the end."""

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
        """Filter or sorting are others now; where rows are being arranged already, that begins anew."""
        self._state.begin_arranging()
        if len(self._state.rows) <= AT_ONCE:
            self.finish()
        elif self._task is None:
            self._task = asyncio.create_task(self._by_pieces(), name="arrange rows")

    def finish(self) -> None:
        """Do all that is left, at once."""
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
