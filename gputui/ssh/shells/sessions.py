"""The sessions of a console: they live on while no terminal shows them, and leave word when they end meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from gputui.core.problem import Cause, Failed
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.prompter import Prompter
from gputui.ssh.session_result import EndReason, SessionResult
from gputui.ssh.shells.session import Session
from gputui.ssh.shells.terminal import Terminal

ANSWER_SECONDS = 4.0
"""After which a connection that stood already, but opens no session, is taken for dead."""
_MOST_ENDED = 20


@dataclass(slots=True, eq=False)
class SessionEntry:
    """One session in the list. `left_at` is when its terminal was left, by the list's clock; None while it has one.

    `ending` and `last_words` are of one that ended while no terminal showed it.
    """

    machine: Machine
    session: Session
    left_at: float | None = None
    ending: SessionResult | None = None
    last_words: tuple[str, ...] = ()
    unseen_at_end: int = 0
    _lease: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)

    @property
    def unseen(self) -> int:
        """Bytes of output that nobody has seen."""
        return self.session.unseen if self.ending is None else self.unseen_at_end


class Sessions:
    """All sessions in the order they began. `on_change` hears of those that end while no terminal shows them."""

    def __init__(
        self, pool: Pool, on_change: Callable[[SessionEntry], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._on_change = on_change
        self._clock = clock
        self._entries: list[SessionEntry] = []
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def entries(self) -> tuple[SessionEntry, ...]:
        """Those that live, and those that ended unseen."""
        return tuple(self._entries)

    @property
    def live(self) -> tuple[SessionEntry, ...]:
        """Those that live."""
        return tuple(entry for entry in self._entries if entry.ending is None)

    def away(self, entry: SessionEntry) -> float | None:
        """Seconds since its terminal was left; None while it has one."""
        return None if entry.left_at is None else self._clock() - entry.left_at

    async def open(self, machine: Machine, person: Prompter, terminal: Terminal) -> SessionEntry:
        """A new session, over the live connection where there is one. The terminal is not touched. Raises Failed."""
        stood = self._pool.live(machine.ref)
        try:
            return await self._opened(machine, person, terminal, ANSWER_SECONDS if stood else None, own=False)
        except (Failed, TimeoutError) as error:
            # The machine gives one connection no more sessions, or the connection is dead and nobody knows yet.
            if not stood or (isinstance(error, Failed) and error.problem.cause is not Cause.REFUSED):
                raise
        return await self._opened(machine, person, terminal, None, own=True)

    async def _opened(
        self, machine: Machine, person: Prompter, terminal: Terminal, patience: float | None, *, own: bool
    ) -> SessionEntry:
        async with AsyncExitStack() as stack:
            lease = self._pool.own if own else self._pool.lease
            session = Session(await stack.enter_async_context(lease(machine, person)), clock=self._clock)
            async with asyncio.timeout(patience):
                over = await session.open(terminal)
            entry = SessionEntry(machine, session, _lease=stack.pop_all())
        self._entries.append(entry)
        over.add_done_callback(lambda _: self._over(entry))
        return entry

    async def show(self, entry: SessionEntry, terminal: Terminal) -> SessionResult:
        """Give it the terminal until it is left, which keeps it, or over, which takes it off the list."""
        entry.left_at = None
        try:
            ending = await entry.session.run(terminal, detachable=True)
        finally:
            entry.left_at = self._clock()
        if ending.how is not EndReason.DETACHED:
            self._release(entry)
        elif entry.session.is_over:
            self._over(entry)
        return ending

    def disconnect(self, entry: SessionEntry) -> None:
        """End it, or take one that has ended off the list."""
        self._release(entry)
        entry.session.close()

    async def aclose(self) -> None:
        """End all of them."""
        for entry in self.entries:
            self.disconnect(entry)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _over(self, entry: SessionEntry) -> None:
        if entry.left_at is None or entry.ending is not None or entry not in self._entries:
            return
        entry.unseen_at_end = entry.unseen
        entry.ending, words = entry.session.over()
        entry.last_words = tuple(words)
        self._let_go(entry)
        ended = [one for one in self._entries if one.ending is not None]
        for one in ended[:-_MOST_ENDED]:
            self._entries.remove(one)
        self._on_change(entry)

    def _release(self, entry: SessionEntry) -> None:
        if entry in self._entries:
            self._entries.remove(entry)
            self._let_go(entry)

    def _let_go(self, entry: SessionEntry) -> None:
        task = asyncio.get_running_loop().create_task(entry._lease.aclose(), name="ssh-session-end")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
