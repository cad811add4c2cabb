"""Live connections, shared by all users of a machine and closed some time after the last one leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.failure import NoSession
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import Prompter
from gputui.ssh.trust.changed import HostKeyRefused

LINGER_SECONDS = 60.0
MOST_IDLE = 192
"""Idle connections kept open: a run on a thousand machines must not use up the process's file descriptors."""
Dial = Callable[[Machine, Prompter], Awaitable[Connection]]
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _PooledConnection:
    """A connection to a machine, possibly still being made, and its number of users.

    `full` is True from when it opened no further session until one of its users leaves.
    """

    machine: Machine
    connecting: asyncio.Task[Connection]
    users: int = 0
    full: bool = False
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
    """One connection per machine, and more if it opens too few sessions (MaxSessions).

    Callers share an attempt under way; its questions go to the first caller's prompter. A changed address, login or
    option makes it another machine, which never gets the old connection.
    """

    places: SshPlaces
    dial: Dial | None = None
    linger: float = LINGER_SECONDS
    idle: int = MOST_IDLE
    memory: ConnectCache = field(default_factory=ConnectCache)
    _lines: dict[Machine, list[_PooledConnection]] = field(default_factory=dict)
    _closing: set[asyncio.Task[None]] = field(default_factory=set)
    _closed: bool = False

    @asynccontextmanager
    async def lease(self, machine: Machine, person: Prompter) -> AsyncIterator[Connection]:
        """Return the connection to `machine` for the duration of the block. Raises Failed if it cannot be made.

        If cancelled while connecting, the attempt is cancelled too unless others wait for it.
        """
        async with self._held(self._line(machine, person)[0]) as connection:
            yield connection

    @asynccontextmanager
    async def session(
        self,
        machine: Machine,
        person: Prompter,
        open: Callable[[Connection], Awaitable[T]],
        *,
        patience: float | None = None,
    ) -> AsyncIterator[tuple[Connection, T]]:
        """Return a connection to `machine`, for the duration of the block, and what `open` has opened on it.

        If `open` raises NoSession on a connection that was there before, or takes longer than `patience` seconds there
        (it may be dead), it is called again on another one. Raises Failed.
        """
        refused: Failed | None = None
        while True:
            line, is_new = self._line(machine, person)
            async with self._held(line, refused) as connection:
                try:
                    async with asyncio.timeout(None if is_new else patience):
                        opened = await open(connection)
                except (NoSession, TimeoutError) as error:
                    line.full = True  # closes it if nobody else uses it
                    if is_new:
                        raise
                    refused = error if isinstance(error, NoSession) else _silent(connection)
                else:
                    yield connection, opened
                    return
            line.full = True  # still, although a user has just left: this one

    @asynccontextmanager
    async def own(self, machine: Machine, person: Prompter) -> AsyncIterator[Connection]:
        """Return a separate connection, for when the shared one must not be disturbed."""
        self._refuse_when_closed()
        connection = await self._dialled(machine, person)
        try:
            yield connection
        finally:
            await connection.close()

    def users(self, machine: Machine) -> int:
        """How many callers hold a connection to `machine` or wait for one."""
        return sum(line.users for line in self._lines.get(machine, ()))

    def live(self, ref: Ref) -> bool:
        """Whether there is an open connection to the machine of this row."""
        return any(
            machine.ref == ref and line.connecting.done() and line.is_usable
            for machine, lines in self._lines.items()
            for line in lines
        )

    async def aclose(self) -> None:
        """Close all connections and cancel all attempts."""
        self._closed = True
        for line in self._all():
            self._close(line)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _line(self, machine: Machine, person: Prompter) -> tuple[_PooledConnection, bool]:
        """Return a connection that may open another session, and whether it is only now being made."""
        self._refuse_when_closed()
        lines = self._lines.setdefault(machine, [])
        lines[:] = [line for line in lines if line.is_usable]
        for line in lines:
            if not line.full:
                if line.closing is not None:
                    line.closing.cancel()
                    line.closing = None
                return line, False
        line = _PooledConnection(machine, asyncio.ensure_future(self._dialled(machine, person)))
        lines.append(line)
        return line, True

    @asynccontextmanager
    async def _held(self, line: _PooledConnection, refused: Failed | None = None) -> AsyncIterator[Connection]:
        """Count a user of the connection for the block. `refused` is why another one was not enough."""
        line.users += 1
        try:
            # Shielded: one of several waiting callers may leave.
            connection = await asyncio.shield(line.connecting)
        except Failed as failed:
            self._leave(line)
            raise (_neither(refused, failed) if refused is not None else failed) from None
        except BaseException:
            self._leave(line)
            raise
        try:
            yield connection
        finally:
            self._leave(line)

    def _all(self) -> list[_PooledConnection]:
        return [line for lines in self._lines.values() for line in lines]

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

    def _leave(self, line: _PooledConnection) -> None:
        line.users -= 1
        if line.users:
            line.full = False
        elif line.full or not line.connecting.done() or not line.is_usable or not self.linger or self._closed:
            self._close(line)
        else:
            line.closing = asyncio.get_running_loop().call_later(self.linger, self._close, line)
            self._bound()

    def _bound(self) -> None:
        """Close the connections that were idle longest while there are more than MOST_IDLE."""
        idle = [(line.closing.when(), line) for line in self._all() if line.closing is not None]
        if len(idle) > self.idle:
            self._close(min(idle, key=lambda each: each[0])[1])

    def _close(self, line: _PooledConnection) -> None:
        lines = self._lines.get(line.machine, [])
        if line in lines:
            lines.remove(line)
        if not lines:
            self._lines.pop(line.machine, None)
        if line.closing is not None:
            line.closing.cancel()
        task = asyncio.get_running_loop().create_task(_end(line.connecting), name="ssh-close")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _silent(connection: Connection) -> Failed:
    return Failed(Problem(Cause.TIMEOUT, f"{connection.address} does not answer on the connection that is open"))


def _neither(refused: Failed, failed: Failed) -> Failed:
    """Return why there is neither a session on the connection that is open nor another connection."""
    if isinstance(failed, HostKeyRefused):
        return failed  # it has more to say than a text
    problem = failed.problem
    text = f"{refused.problem.text}, and there is no second connection: {problem.text}"
    remedy = f"end the session that is open (:sessions); or {problem.remedy}" if problem.remedy else ""
    return Failed(Problem(problem.cause, text, remedy or "end the session that is open (:sessions)"))


async def _end(connecting: asyncio.Task[Connection]) -> None:
    connecting.cancel()
    await asyncio.wait([connecting])
    if not connecting.cancelled() and connecting.exception() is None:
        await connecting.result().close()
