"""The screen of `:`, on which Enter means exactly what is typed, however long its hits take to come."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.command import CommandPalette
from textual.widgets import Input
from textual.worker import Worker, WorkerState


class CommandLine(CommandPalette):
    """Textual's palette, which by itself lets Enter act on the hits of what was typed before.

    It looks for the hits beside the keys: an Enter that comes first waits for them, then acts once.
    """

    _hits: Worker[Any] | None = None
    """Looks for the hits of what is typed now."""
    _entered = False
    """Enter was pressed before they were there."""

    def _gather_commands(self, search_value: str) -> Worker[Any]:
        """Textual: what is typed has changed. An Enter from before meant other words."""
        self._entered = False
        self._hits = super()._gather_commands(search_value)
        return self._hits

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        if self._hits is not None and not self._hits.is_finished:
            event.stop()
            event.prevent_default()
            self._entered = True

    @on(Worker.StateChanged)
    def _gathered(self, event: Worker.StateChanged) -> None:
        if event.worker is self._hits and event.state is WorkerState.SUCCESS and self._entered:
            self._entered = False
            if self.is_current:
                self._select_or_command()
