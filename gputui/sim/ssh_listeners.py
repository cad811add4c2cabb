"""The SSH ports of the machines: one loopback port each, known before SSH is served."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gputui.sim.clock import Clock, SystemClock
from gputui.sim.machine import Ailment, Machine

if TYPE_CHECKING:
    from gputui.sim.ssh import SshServer

LOOPBACK = "127.0.0.1"
SHUT = 22
FEWEST_LISTENERS = 512
Place = tuple[str, int]


@dataclass(slots=True)
class Listener:
    """An open port, its machine and its sessions."""

    machine: Machine
    socket: socket.socket
    callers: set[asyncio.Task[None]] = field(default_factory=set)


class SshListeners:
    """Registers machines, and serves them once attached to a loop; the client key is written to `folder`.

    Ports are bound at once: an API may return them before the SSH server runs, and an early client waits in the
    socket's queue. Opening and closing is possible from any thread, at any time.
    """

    def __init__(self, folder: Path, *, clock: Clock | None = None, seed: int = 7) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()
        self._seed = seed
        self._lock = threading.RLock()
        self._listeners: dict[Place, Listener] = {}
        self._anchors: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: SshServer | None = None

    @property
    def client_key_path(self) -> Path:
        """The private key file that every machine without a password accepts; written on first use."""
        with self._lock:
            path = self._folder / "id_ed25519"
            if not path.exists():
                from gputui.sim.keys import write_key

                write_key(path, f"{self._seed}/client")
            return path

    def open(
        self,
        name: str,
        *,
        user: str,
        password: str | None,
        gpus: int,
        gpu_model: str,
        ailment: Ailment = "",
        host: str = LOOPBACK,
        port: int = 0,
        ports: int = 0,
    ) -> Place:
        """Register a machine, and return the address where it listens.

        `host` may be any loopback address, and `port` a specific port, for APIs that return no port. The next `ports`
        numbers are served on the machine's own localhost. If machines already use half of the process's open files,
        nothing listens at the returned address. Raises OSError if the address is not available.
        """
        if len(self._listeners) >= max(FEWEST_LISTENERS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2):
            return host, port or SHUT
        # The protocol must be given: asyncio sets TCP_NODELAY only then; without it every echo may wait 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(64)
        except OSError:
            listening.close()
            raise
        listening.setblocking(False)
        place = (host, listening.getsockname()[1])
        with self._lock:
            inside = tuple(range(place[1] + 1, place[1] + 1 + ports))
            listener = Listener(Machine(name, user, password, gpus, gpu_model, ailment, inside), listening)
            self._listeners[place] = listener
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._watch, listener)
        return place

    def close(self, port: int, host: str = LOOPBACK) -> None:
        """Close a machine's port and its sessions; unknown ports are ignored."""
        with self._lock:
            listener = self._listeners.pop((host, port), None)
            if listener is None:
                return
            if self._loop is None or _in(self._loop):
                # Free the address at once, so that the same machine can come back there.
                _hang_up(listener, self._loop)
            else:
                self._loop.call_soon_threadsafe(_hang_up, listener, self._loop)

    def ail(self, port: int, ailment: Ailment, host: str = LOOPBACK) -> None:
        """Set a machine's ailment; open sessions do not see the change."""
        with self._lock:
            listener = self._listeners.get((host, port))
            if listener is not None:
                listener.machine = replace(listener.machine, ailment=ailment)

    def common_port(self, host: str) -> int:
        """Reserve a port to use on many loopback addresses; it is bound at `host`, so that no other simulator gets it.

        Returns 0 if this computer does not have that address.
        """
        anchor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            anchor.bind((host, 0))
        except OSError:
            anchor.close()
            return 0
        with self._lock:
            self._anchors.append(anchor)
        return int(anchor.getsockname()[1])

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start accepting connections; called in the thread of that loop."""
        with self._lock:
            self._loop = loop
            for listener in self._listeners.values():
                self._watch(listener)

    def detach(self) -> None:
        """End all sessions and close all ports; called in the thread of the loop, or in any if it never had one."""
        with self._lock:
            for listener in self._listeners.values():
                _hang_up(listener, self._loop)
            for anchor in self._anchors:
                anchor.close()
            self._listeners.clear()
            self._anchors.clear()
            self._loop = None

    def _watch(self, listener: Listener) -> None:
        # add_reader, not a task on sock_accept: it releases the socket at once, before its number is reused.
        if self._loop is not None and listener.socket.fileno() >= 0:
            self._loop.add_reader(listener.socket, self._accept, self._loop, listener)

    def _accept(self, loop: asyncio.AbstractEventLoop, listener: Listener) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            connection, _ = listener.socket.accept()
            connection.setblocking(False)
            caller = loop.create_task(self._serve(connection, listener.machine))
            listener.callers.add(caller)
            caller.add_done_callback(listener.callers.discard)

    async def _serve(self, connection: socket.socket, machine: Machine) -> None:
        with contextlib.closing(connection):
            if self._server is None:
                # asyncssh takes 80 ms to import: only a login needs it.
                from gputui.sim.ssh import SshServer

                self._server = SshServer(self._clock, self._seed)
            await self._server.serve(connection, machine)


def _in(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _hang_up(listener: Listener, loop: asyncio.AbstractEventLoop | None) -> None:
    if loop is not None:
        loop.remove_reader(listener.socket)
    for caller in listener.callers:
        caller.cancel()
    listener.socket.close()
