"""Connections to jump hosts: one per host, shared by all machines behind it, closed with the last of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from gputui.core.problem import Cause, Failed
from gputui.ssh.connecting.connection import Connection

Dial = Callable[[], Awaitable[Connection]]
# Caused by a person's answer, or by having nobody to ask: the next in line tries again with its own prompter.
_OWN = (Cause.REFUSED, Cause.CREDENTIALS)


@dataclass(slots=True, eq=False)
class _Line:
    """The connection to one jump host, and how many machines use it or wait for it."""

    dialling: asyncio.Lock = field(default_factory=asyncio.Lock)
    connection: Connection | None = None
    users: int = 0
    failures: int = 0
    last: Failed | None = None


class Jumps:
    """The jump hosts in use. Connections are shared as sshd refuses more than ten unauthenticated ones at a time."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, _Line] = {}

    async def through(self, key: Hashable, dial: Dial) -> Connection:
        """Return the connection for `key`, made with `dial` if there is none. Each user must close it.

        Raises Failed. Callers that wait share the result, except for failed questions: each asks its own prompter.
        """
        line = self._lines.setdefault(key, _Line())
        line.users += 1
        failures = line.failures
        try:
            async with line.dialling:
                connection = line.connection
                if connection is None or not connection.is_open:
                    connection = await self._dial(line, dial, waited=line.failures > failures)
            return _Shared.of(connection, lambda: self._left(key, line))
        except BaseException:
            await self._left(key, line)
            raise

    async def _dial(self, line: _Line, dial: Dial, waited: bool) -> Connection:
        if waited and line.last is not None and line.last.problem.cause not in _OWN:
            raise Failed(line.last.problem)
        if line.connection is not None:
            await line.connection.close()
            line.connection = None
        try:
            line.connection = await dial()
        except Failed as failed:
            line.failures += 1
            line.last = failed
            raise
        return line.connection

    async def _left(self, key: Hashable, line: _Line) -> None:
        line.users -= 1
        if line.users:
            return
        if self._lines.get(key) is line:
            del self._lines[key]
        if line.connection is not None:
            await line.connection.close()


@dataclass(slots=True)
class _Shared(Connection):
    """One user's handle on a shared connection; closing it releases the handle once."""

    left: Callable[[], Awaitable[None]] | None = None

    @classmethod
    def of(cls, whole: Connection, left: Callable[[], Awaitable[None]]) -> _Shared:
        """Return a handle for `whole`; `left` is called when the handle is closed."""
        return cls(whole.address, whole.ssh, whole.watcher, whole.before, whole.said, left)

    async def close(self) -> None:
        """Release the handle."""
        left, self.left = self.left, None
        if left is not None:
            await left()
