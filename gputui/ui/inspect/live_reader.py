"""A screen that keeps reading something of one row: metrics, logs, a running scan."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.binding import Binding
from textual.worker import Worker, WorkerState

from gputui.core.actions import Action, Answer, Inputs, LogEntry, Query
from gputui.core.problem import Failed, Problem
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.engine.cloud import Cloud
from gputui.engine.perform import Result
from gputui.ui.form.drafts import DraftKey, Drafts
from gputui.ui.form.screen import Form
from gputui.ui.form.state import FormModel, must_ask
from gputui.ui.inspect.answers import answer_lines
from gputui.ui.widgets.bars import Bar
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
    ]
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
        self._wake = asyncio.Event()
        self._reading: Worker[None] | None = None

    def on_mount(self) -> None:
        """Start reading."""
        super().on_mount()
        self._reading = self.start(self._go_on())

    async def _go_on(self) -> None:
        over = False
        while not over:
            over = await self._once()
            if not over:
                self._wake.clear()
                # Not wait_for, which loses a cancellation that comes together with what it waits for.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._every):
                        await self._wake.wait()

    async def _once(self) -> bool:
        first = self._answer is None
        try:
            answer, over = await self._read()
        except Failed as failed:
            self.worker_failed(failed.problem)
            return False
        ways = "live" if self._every else "r reads again"
        self._say("over" if over else f"e other inputs   {ways}" if self._has_inputs else ways)
        # The newest lines of a log are at its end.
        log = isinstance(answer, tuple) and any(isinstance(part, LogEntry) for part in answer)
        self.show(answer_lines(answer, self._secrets, self.size.width), end=log)
        self._answer = answer
        if first and log:
            self.pages.scroll_end(animate=False)
        return over

    def worker_failed(self, problem: Problem) -> None:
        """Show why there is no answer, or no newer one."""
        self._say(f"{problem}   r tries again")
        if self._answer is None:
            self.show(plain("", f"  {problem}", f"  {problem.remedy}"))

    def _say(self, words: str) -> None:
        self.query_one("#reader-title", Bar).show([(f" {self._title}", "strong")], [(f" {words} ", "dim")])

    def action_inputs(self) -> None:
        """Leave the screen to change the inputs."""
        if self._has_inputs:
            self.other_inputs = True
            self.dismiss()

    def action_again(self) -> None:
        """Read again now, even after a bug has ended the reading."""
        self._wake.set()
        if self._reading is not None and self._reading.state is WorkerState.ERROR:
            self._reading = self.start(self._go_on())


async def open_query(host: Host, cloud: Cloud, view: AnyView, look: Query[Any], row: Row, drafts: Drafts) -> None:
    """Show a query; inputs are requested first if any is required, and on `e`.

    Must run in a worker, as it waits for the screens.
    """
    title = f"{look.label} of {row.name} in {cloud.name}"
    occasion = DraftKey(cloud.name, view.name, look.name, row.ref.id)
    inputs: Inputs | None = FormModel(look, row.item, drafts.of(occasion)).inputs
    if must_ask(look.fields):
        inputs = await _asked(host, cloud, look, row, title, drafts, occasion)
    while inputs is not None:
        read = partial(_read_once, look, cloud, row, inputs)
        looking = LiveReader(
            title, read, every=look.every, secrets=look.secrets | view.secrets, inputs=bool(look.fields)
        )
        await host.push_screen_wait(looking)
        if not looking.other_inputs:
            return
        inputs = await _asked(host, cloud, look, row, title, drafts, occasion)


async def _asked(
    host: Host, cloud: Cloud, look: Query[Any], row: Row, title: str, drafts: Drafts, occasion: DraftKey
) -> Inputs | None:
    form = Form(look, cloud.client, (row,), title, drafts.of(occasion))
    filled = await host.push_screen_wait(form)
    drafts.keep(occasion, form.draft)
    return None if filled is None else filled.inputs


async def _read_once(look: Query[Any], cloud: Cloud, row: Row, inputs: Inputs) -> tuple[Answer, bool]:
    return await look.read(cloud.client, row.item, inputs), False


def open_watch(host: Host, cloud: Cloud, action: Action[Any], result: Result) -> None:
    """Show the progress of an accepted change until it is complete."""
    watch, item = action.watch, result.row.item if result.row else None
    assert watch is not None, "only actions that can be watched are"

    async def read() -> tuple[Answer, bool]:
        watched = await watch(cloud.client, item, result.outcome.body)
        return watched.answer, watched.over

    host.push_screen(LiveReader(f"{action.label} of {result.name} in {cloud.name}", read, every=WATCH_SECONDS))
