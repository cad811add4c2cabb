"""The sessions of a console: they stay alive while no terminal shows them, and report when they end meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.prompter import Prompter
from gputui.ssh.session_result import EndReason, SessionResult
from gputui.ssh.shells.session import Session
from gputui.ssh.shells.terminal import Terminal

ANSWER_SECONDS = 4.0
"""Seconds after which an existing connection that opens no session is considered dead."""
_MOST_ENDED = 20


@dataclass(slots=True, eq=False)
class SessionEntry:
    """One session in the list. `left_at` is when it was detached, by the list's clock; None while it is shown.

    `ending` and `last_words` are set for a session that ended while no terminal showed it.
    """

    machine: Machine
    session: Session
    left_at: float | None = None
    ending: SessionResult | None = None
    last_words: tuple[str, ...] = ()
    unseen_at_end: int = 0
    _lease: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)

    def __str__(self) -> str:
        return f"{self.machine.name} in {self.machine.ref.profile}, {self.session.connection.address}"

    @property
    def unseen(self) -> int:
        """Bytes of output that no terminal has shown."""
        return self.session.unseen if self.ending is None else self.unseen_at_end


class Sessions:
    """All sessions, oldest first. `on_change` is called for a session that ends while no terminal shows it."""

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
        """The live sessions, and those that ended while not shown."""
        return tuple(self._entries)

    @property
    def live(self) -> tuple[SessionEntry, ...]:
        """The live sessions."""
        return tuple(entry for entry in self._entries if entry.ending is None)

    def away(self, entry: SessionEntry) -> float | None:
        """Return the seconds since it was detached; None while it is shown."""
        return None if entry.left_at is None else self._clock() - entry.left_at

    async def open(self, machine: Machine, person: Prompter, terminal: Terminal) -> SessionEntry:
        """Open a session, on the live connection if there is one. The terminal is not touched. Raises Failed."""

        async def begin(connection: Connection) -> tuple[Session, asyncio.Future[Exception | None]]:
            session = Session(connection, clock=self._clock)
            return session, await session.open(terminal)

        async with AsyncExitStack() as stack:
            way = self._pool.session(machine, person, begin, patience=ANSWER_SECONDS)
            _, (session, over) = await stack.enter_async_context(way)
            entry = SessionEntry(machine, session, _lease=stack.pop_all())
        self._entries.append(entry)
        over.add_done_callback(lambda _: self._over(entry))
        return entry

    async def show(self, entry: SessionEntry, terminal: Terminal) -> SessionResult:
        """Show the session until it is detached (it stays in the list) or over (it is removed)."""
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
        """End the session, or remove an ended one from the list."""
        self._release(entry)
        entry.session.close()

    async def aclose(self) -> None:
        """End all sessions."""
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
