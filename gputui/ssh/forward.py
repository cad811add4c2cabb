"""Port forwarding: a listener on this computer's loopback that leads to a port which a machine can reach."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import asyncssh

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.address import checked_host, checked_port
from gputui.ssh.connecting.connection import ALL_THERE_IS, Connection
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.failure import FAILURES, NoSession
from gputui.ssh.machine import Machine
from gputui.ssh.prompter import Prompter

LOOPBACK = "127.0.0.1"
MOST_CALLERS = 100
"""Callers of one forward at a time: each takes a file descriptor that the console may need."""
REMEMBERED = 20
_PIECE = 65536
_DIAL_SECONDS = 30.0
_TRY_SECONDS = 3.0
_Ends = tuple[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]]
_WORDS = re.compile(r"(?:(?P<here>[0-9]{1,5}):)?(?:(?P<host>\[[^\]]*\]|[^\[\]:]*):)?(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`host:port` as seen from the machine. `here` is the local port; None: the same number, or a free one if taken."""

    port: int
    host: str = "localhost"
    here: int | None = None

    @classmethod
    def of(cls, words: str) -> Wanted:
        """Parse `8888`, `9000:8888`, `HOST:8888` or `9000:HOST:8888`. Raises Failed (Cause.INPUT)."""
        found = _WORDS.fullmatch(words)
        try:
            if found is None:
                raise Failed(Problem(Cause.INPUT, "it has another form"))
            here = checked_port(int(found["here"])) if found["here"] else None
            # Names and addresses are the machine's here: usually its own localhost is intended.
            host = "localhost" if found["host"] is None else checked_host(found["host"].strip("[]"), allow_local=True)
            port = checked_port(int(found["port"]))
            assert port is not None, "it was given"
        except Failed as failed:
            text = f"{words!r} cannot be forwarded: {failed.problem.text}"
            raise Failed(Problem(Cause.INPUT, text, "write 8888, 9000:8888 or HOST:8888")) from None
        return cls(port, host, here)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(slots=True, eq=False)
class Forward:
    """One forwarded port. `sent` and `received` are bytes from this side; `callers` counts open connections.

    `trouble` is why the last caller could not be connected, empty after a success; `ended` is why the forward ended.
    """

    machine: Machine
    wanted: Wanted
    here: int
    since: float
    callers: int = 0
    served: int = 0
    sent: int = 0
    received: int = 0
    trouble: str = ""
    ended: str = ""
    _held: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    @property
    def url(self) -> str:
        """The URL for a browser on this computer."""
        return f"http://{self.place}"

    @property
    def place(self) -> str:
        """The address for any other program."""
        return f"{LOOPBACK}:{self.here}"

    @property
    def moved(self) -> bool:
        """Whether another local port was used because the requested one is taken or needs root."""
        return self.wanted.here is None and self.here != self.wanted.port

    def __str__(self) -> str:
        return f"{self.place} → {self.wanted} on {self.machine.name}"


def _nobody(_: Forward) -> None:
    """The default listener: does nothing."""


@dataclass(slots=True)
class Forwards:
    """The forwards of this console; each holds a lease on its machine's connection and ends with it.

    `on_change` is called when the far port does not answer (once until it works again) and when a forward ends itself.
    """

    pool: Pool
    on_change: Callable[[Forward], None] = _nobody
    now: Callable[[], float] = time.time
    open: list[Forward] = field(default_factory=list)
    ended: deque[Forward] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def standing(self, machine: Machine, wanted: Wanted) -> Forward | None:
        """Return the existing forward for what is wanted, if any."""
        for one in self.open:
            same = (one.wanted.host, one.wanted.port) == (wanted.host, wanted.port)
            if same and one.machine == machine and wanted.here in (None, one.here):
                return one
        return None

    async def start(self, machine: Machine, wanted: Wanted, person: Prompter) -> Forward:
        """Forward a port, or return the existing forward for it.

        The far port is tried by connecting and hanging up: if it does not answer, `trouble` says so and the forward
        stays open. Raises Failed if there is no connection, no free port, or the machine forbids forwarding.
        """
        async with AsyncExitStack() as held:
            way = self.pool.session(machine, person, lambda connection: _tried(connection, wanted))
            connection, trouble = await held.enter_async_context(way)
            if (standing := self.standing(machine, wanted)) is not None:
                standing.trouble = trouble
                return standing
            listening = _listening(wanted)
            held.callback(listening.close)
            forward = Forward(machine, wanted, listening.getsockname()[1], self.now(), trouble=trouble)
            forward._held = held.pop_all()
        # No await since the lookup, so a concurrent request for the same port gets this forward.
        self.open.append(forward)
        _keep(forward, self._serve(connection, forward, listening))
        _keep(forward, self._until_lost(connection, forward))
        return forward

    async def close(self, forward: Forward, why: str = "closed") -> None:
        """Stop listening and hang up on all callers; may be called twice."""
        if forward.ended:
            return
        forward.ended = why
        self.open.remove(forward)
        self.ended.append(forward)
        running = forward._tasks - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await forward._held.aclose()

    def forget(self, forward: Forward) -> None:
        """Remove an ended forward from the list."""
        with contextlib.suppress(ValueError):
            self.ended.remove(forward)

    async def aclose(self) -> None:
        """Close all forwards."""
        for forward in list(self.open):
            await self.close(forward)

    async def _serve(self, connection: Connection, forward: Forward, listening: socket.socket) -> None:
        taker = self._taker(connection, forward)
        server = await asyncio.start_server(taker, sock=listening, backlog=MOST_CALLERS)
        await server.serve_forever()

    async def _until_lost(self, connection: Connection, forward: Forward) -> None:
        await connection.ssh.wait_closed()
        await self.close(forward, connection.why_lost() or "the connection was closed")
        self.on_change(forward)

    def _taker(
        self, connection: Connection, forward: Forward
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if forward.ended:  # accepted just as it was closed
                _break_off(writer)
            elif forward.callers >= MOST_CALLERS:
                self._failed(forward, f"more than {MOST_CALLERS} callers at once")
                _break_off(writer)
            else:
                _keep(forward, self._carry(connection, forward, reader, writer))

        return take

    async def _carry(
        self, connection: Connection, forward: Forward, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        forward.callers += 1
        whole = False
        try:
            try:
                far_reader, far_writer = await _dial(connection, forward.wanted, _DIAL_SECONDS)
            except Failed as failed:
                self._failed(forward, failed.problem.text)
                return
            forward.trouble = ""
            forward.served += 1
            try:
                whole = await _join(forward, reader, writer, far_reader, far_writer)
            finally:
                far_writer.close()
        finally:
            forward.callers -= 1
            if whole:
                writer.close()
            else:
                _break_off(writer)

    def _failed(self, forward: Forward, trouble: str) -> None:
        new = forward.trouble != trouble
        forward.trouble = trouble
        if new:
            self.on_change(forward)


def _keep(forward: Forward, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    forward._tasks.add(task)
    task.add_done_callback(forward._tasks.discard)


def _listening(wanted: Wanted) -> socket.socket:
    """Return a socket that listens on loopback only. Raises Failed if the requested port is not available."""
    if wanted.here is not None:
        try:
            return _bound(wanted.here)
        except OSError as error:
            text = f"port {wanted.here} is not to be had here: {error.strerror}"
            raise Failed(Problem(Cause.INPUT, text, f"write {wanted} for any free port")) from None
    try:
        return _bound(wanted.port)
    except OSError:
        return _bound(0)


def _bound(port: int) -> socket.socket:
    # The protocol must be given: asyncio sets TCP_NODELAY only then.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK, port))
        # At once: until someone listens on a port, others can bind it too, and fail only when they listen.
        sock.listen(MOST_CALLERS)
    except BaseException:
        sock.close()
        raise
    return sock


async def _tried(connection: Connection, wanted: Wanted) -> str:
    """Return why the far port does not answer, empty if it does. Raises Failed for any other reason."""
    try:
        _, writer = await _dial(connection, wanted, _TRY_SECONDS)
    except Failed as failed:
        if isinstance(failed, NoSession) or failed.problem.cause is Cause.FORBIDDEN or not connection.is_open:
            raise
        return failed.problem.text
    writer.close()
    return ""


async def _dial(connection: Connection, wanted: Wanted, seconds: float) -> _Ends:
    # Shielded: asyncssh would never close a channel that nobody waits for.
    opening = asyncio.ensure_future(connection.ssh.open_connection(wanted.host, wanted.port, LOOPBACK, 0))
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(opening)
    except asyncssh.ChannelOpenError as error:
        if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            raise Failed(Problem(Cause.FORBIDDEN, f"its SSH server forbids {wanted}: {error.reason}")) from None
        if error.code == asyncssh.OPEN_RESOURCE_SHORTAGE:
            raise NoSession(Problem(Cause.REFUSED, f"its SSH server opens no more channels: {error.reason}")) from None
        raise Failed(Problem(Cause.REFUSED, f"nothing answers there: {error.reason}")) from None
    except TimeoutError:
        raise Failed(Problem(Cause.TIMEOUT, "no answer from there yet")) from None
    except FAILURES as error:
        raise Failed(Problem(Cause.NETWORK, f"{error}")) from None
    finally:
        if not opening.done():
            opening.add_done_callback(_came_too_late)


def _came_too_late(opening: asyncio.Task[_Ends]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        _, writer = opening.result()
        writer.close()


async def _join(
    forward: Forward,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncssh.SSHReader[bytes],
    far_writer: asyncssh.SSHWriter[bytes],
) -> bool:
    """Copy bytes both ways until both ends are done (return True) or one of them aborts."""

    async def out() -> None:
        while data := await reader.read(_PIECE):
            far_writer.write(data)
            forward.sent += len(data)
            await far_writer.drain()
        far_writer.write_eof()

    async def back() -> None:
        while data := await far_reader.read(ALL_THERE_IS):
            writer.write(data)
            forward.received += len(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    with contextlib.suppress(*FAILURES):
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(out())
                group.create_task(back())
        except ExceptionGroup as broken:
            raise broken.exceptions[0] from None
        return True
    return False


def _break_off(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, not an end of file, so that the caller does not take a partial response for a whole one."""
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
