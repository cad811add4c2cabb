"""Errors of workers: shown as a problem on their screen, and for a bug also logged with the traceback."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from textual.worker import Worker, WorkerState

from gputui.core.problem import Cause, Failed, Problem

if TYPE_CHECKING:
    from textual.widget import Widget as _Base
else:
    _Base = object  # Textual takes a class's styles and keys from its first base that is a widget

_log = logging.getLogger(__name__)


class WorkerErrors(_Base):
    """Mixed into every screen with workers, so that none of them fails silently."""

    def start(self, work: Coroutine[Any, Any, Any], *, group: str = "default", exclusive: bool = False) -> Worker[Any]:
        """Start a worker. An `exclusive` one cancels the others of its group."""
        name = getattr(work, "__qualname__", "")
        return self.run_worker(work, name, group, exclusive=exclusive, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Handle a worker's error: a bug ends the worker, not the console."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.worker_failed(problem_of(event.worker.error, event.worker.name))

    def worker_failed(self, problem: Problem) -> None:
        """Report the problem; a screen that shows the worker's result shows it in its place."""
        words = "\n".join(part for part in (str(problem), problem.remedy) if part)
        self.notify(words, severity="error", markup=False, timeout=10)


def problem_of(error: BaseException, where: str) -> Problem:
    """Return the problem that an error carries, or else a bug of ours, which is logged in full."""
    if isinstance(error, Failed):
        return error.problem
    _log.error("in %s", where, exc_info=error)
    return Problem(Cause.OWN_BUG, f"{type(error).__name__} in {where} (see the log)", "please report it")
