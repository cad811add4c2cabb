"""The screen of `:`, on which Enter applies to exactly what is typed, however long the search for hits takes."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.command import CommandPalette
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from gputui.ui.widgets.worker_errors import WorkerErrors


class WaitingPalette(WorkerErrors, CommandPalette):
    """Textual's palette, in which Enter would act on the hits of the previous text.

    It searches for hits asynchronously: an early Enter waits for them, then acts once.
    """

    _hits: Worker[Any] | None = None
    """The search for the current text."""
    _entered = False
    """Enter was pressed before the search had finished."""

    def _gather_commands(self, search_value: str) -> Worker[Any]:
        """Textual: the text has changed. A waiting Enter was meant for the previous text."""
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
