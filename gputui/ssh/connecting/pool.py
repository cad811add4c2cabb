"""Live connections, shared by all users of a machine and closed some time after the last one leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import Prompter

LINGER_SECONDS = 60.0
MOST_IDLE = 192
"""Idle connections kept open: a run on a thousand machines must not use up the process's file descriptors."""
Dial = Callable[[Machine, Prompter], Awaitable[Connection]]


@dataclass(slots=True, eq=False)
class _PooledConnection:
    """The connection to one machine, possibly still being made, and its number of users."""

    connecting: asyncio.Task[Connection]
    users: int = 0
    closing: asyncio.TimerHandle | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it is connected or still connecting."""
        task = self.connecting
        if not task.done():
            return True
        return not task.cancelled() and task.exception() is None and task.result().is_open


@dataclass(slots=True, eq=False)
class Pool:
    """One connection per machine. Callers share an attempt under way; its questions go to the first caller's prompter.

    A changed address, login or option makes it another machine, which never gets the old connection.
    """

    places: SshPlaces
    dial: Dial | None = None
    linger: float = LINGER_SECONDS
    idle: int = MOST_IDLE
    memory: ConnectCache = field(default_factory=ConnectCache)
    _lines: dict[Machine, _PooledConnection] = field(default_factory=dict)
    _closing: set[asyncio.Task[None]] = field(default_factory=set)
    _closed: bool = False

    @asynccontextmanager
    async def lease(self, machine: Machine, person: Prompter) -> AsyncIterator[Connection]:
        """Return the connection to `machine` for the duration of the block. Raises Failed if it cannot be made.

        If cancelled while connecting, the attempt is cancelled too unless others wait for it.
        """
        line = self._line(machine, person)
        line.users += 1
        try:
            # Shielded: one of several waiting callers may leave.
            yield await asyncio.shield(line.connecting)
        finally:
            line.users -= 1
            if not line.users:
                self._left(machine, line)

    @asynccontextmanager
    async def own(self, machine: Machine, person: Prompter) -> AsyncIterator[Connection]:
        """Return a separate connection, for when the shared one accepts no more sessions or must not be disturbed."""
        self._refuse_when_closed()
        connection = await self._dialled(machine, person)
        try:
            yield connection
        finally:
            await connection.close()

    def users(self, machine: Machine) -> int:
        """How many callers hold a lease on the connection to `machine` or wait for one."""
        line = self._lines.get(machine)
        return line.users if line is not None else 0

    def live(self, ref: Ref) -> bool:
        """Whether there is an open connection to the machine of this row."""
        return any(
            machine.ref == ref and line.connecting.done() and line.is_usable for machine, line in self._lines.items()
        )

    async def aclose(self) -> None:
        """Close all connections and cancel all attempts."""
        self._closed = True
        for machine, line in list(self._lines.items()):
            self._close(machine, line)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _line(self, machine: Machine, person: Prompter) -> _PooledConnection:
        self._refuse_when_closed()
        line = self._lines.get(machine)
        if line is None or not line.is_usable:
            line = self._lines[machine] = _PooledConnection(asyncio.ensure_future(self._dialled(machine, person)))
        if line.closing is not None:
            line.closing.cancel()
            line.closing = None
        return line

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Failed(Problem(Cause.INPUT, "the console is ending"))

    def _dialled(self, machine: Machine, person: Prompter) -> Awaitable[Connection]:
        return self.dial(machine, person) if self.dial else self._connect(machine, person)

    async def _connect(self, machine: Machine, person: Prompter) -> Connection:
        return await connect(
            machine.address,
            machine.options,
            places=self.places,
            person=person,
            owner=str(machine.ref),
            memory=self.memory,
        )

    def _left(self, machine: Machine, line: _PooledConnection) -> None:
        if not line.connecting.done() or not line.is_usable or not self.linger or self._closed:
            self._close(machine, line)
        else:
            loop = asyncio.get_running_loop()
            line.closing = loop.call_later(self.linger, self._close, machine, line)
            self._bound()

    def _bound(self) -> None:
        """Close the connections that were idle longest while there are more than MOST_IDLE."""
        idle = [(line.closing.when(), key, line) for key, line in self._lines.items() if line.closing is not None]
        if len(idle) > self.idle:
            _, machine, line = min(idle, key=lambda each: each[0])
            self._close(machine, line)

    def _close(self, machine: Machine, line: _PooledConnection) -> None:
        if self._lines.get(machine) is line:
            del self._lines[machine]
        if line.closing is not None:
            line.closing.cancel()
        task = asyncio.get_running_loop().create_task(_end(line.connecting), name="ssh-close")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _end(connecting: asyncio.Task[Connection]) -> None:
    connecting.cancel()
    await asyncio.wait([connecting])
    if not connecting.cancelled() and connecting.exception() is None:
        await connecting.result().close()
