"""A screen that keeps reading something of one row as text: logs, storage, a running scan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeGuard

from textual.binding import Binding
from textual.worker import Worker, WorkerState

from gputui.core.actions import Action, Answer, LogEntry
from gputui.core.problem import Failed, Problem
from gputui.engine.cloud import Cloud
from gputui.engine.perform import Result
from gputui.ui.inspect.answers import answer_lines
from gputui.ui.inspect.log_lines import LogLevel, counted, gone
from gputui.ui.inspect.repeated import Repeated
from gputui.ui.widgets.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ui.host import Host

WATCH_SECONDS = 1.0

Read = Callable[[], Awaitable[tuple[Answer, bool]]]
"""Reads the answer, and tells whether it was the last one."""


class LiveReader(Reader):
    """Reads at once, then every `every` seconds (None: only on `r`) until it is complete or left.

    The last answer stays on screen when a later reading fails; the title says so.
    """

    BINDINGS = [
        Binding("r", "again", "Read again", show=False),
        Binding("e", "inputs", "Other inputs", show=False),
        Binding("v", "level", "Level", show=False),
    ]
    MORE_KEYS = (("v", "level"), ("G", "follow"))
    DOES = Reader.DOES | {"r", "e"}

    def __init__(
        self,
        title: str,
        read: Read,
        *,
        every: float | None,
        secrets: frozenset[str] = frozenset(),
        inputs: bool = False,
    ) -> None:
        super().__init__(title, plain("", "  reading…"))
        self._read = read
        self._every = every
        self._secrets = secrets
        self._has_inputs = inputs
        self.other_inputs = False
        self._answer: Answer | None = None
        self._level, self._gone, self._over = LogLevel.ALL, 0, False
        self._repeated = Repeated(self._once, lambda: self._every)
        self._reading: Worker[None] | None = None

    def on_mount(self) -> None:
        """Start reading."""
        super().on_mount()
        self._reading = self.start(self._go_on())

    async def _go_on(self) -> None:
        await self._repeated.run()

    async def _once(self) -> bool:
        first = self._answer is None
        try:
            answer, over = await self._read()
        except Failed as failed:
            self.worker_failed(failed.problem)
            return False
        if self._is_log(self._answer) and self._is_log(answer):
            self._gone += gone(self._answer, answer)
        self._over = over
        self._draw(answer)
        self._answer = answer
        if first and self._is_log(answer):
            self.pages.scroll_end(animate=False)
        return over

    @staticmethod
    def _is_log(answer: Answer | None) -> TypeGuard[tuple[LogEntry, ...]]:
        return isinstance(answer, tuple) and any(isinstance(part, LogEntry) for part in answer)

    def _draw(self, answer: Answer) -> None:
        """Show an answer; of a log the lines of the level, with how many there are, its end followed."""
        said = ""
        if log := self._is_log(answer):
            shown = self._level.of(answer)
            said = counted(len(shown), answer, self._level, self._gone) + "   "
            answer = shown
        ways = "live" if self._every else "r reads again"
        ways = "over" if self._over else f"e other inputs   {ways}" if self._has_inputs else ways
        self.say_title(said + ways)
        self.show(answer_lines(answer, self._secrets, self.size.width), end=log)

    def action_level(self) -> None:
        """Show all lines of a log, warnings and errors, or errors only."""
        if self._is_log(self._answer):
            self._level = self._level.next
            self._draw(self._answer)

    @property
    def has_read(self) -> bool:
        """Whether there is an answer on the screen."""
        return self._answer is not None

    def worker_failed(self, problem: Problem) -> None:
        """Show why there is no answer, or no newer one."""
        self.say_title(f"{problem}   r tries again")
        if self._answer is None:
            self.show(plain("", f"  {problem}", f"  {problem.remedy}"))

    def action_inputs(self) -> None:
        """Leave the screen to change the inputs."""
        if self._has_inputs:
            self.other_inputs = True
            self.dismiss()

    def action_again(self) -> None:
        """Read again now, even after a bug has ended the reading."""
        self._repeated.again()
        if self._reading is not None and self._reading.state is WorkerState.ERROR:
            self._reading = self.start(self._go_on())


def open_watch(host: Host, cloud: Cloud, action: Action[Any], result: Result) -> None:
    """Show the progress of an accepted change until it is complete."""
    watch, item = action.watch, result.row.item if result.row else None
    assert watch is not None, "only actions that can be watched are"

    async def read() -> tuple[Answer, bool]:
        watched = await watch(cloud.client, item, result.outcome.body)
        return watched.answer, watched.over

    host.push_screen(LiveReader(f"{action.label} of {result.name} in {cloud.name}", read, every=WATCH_SECONDS))
