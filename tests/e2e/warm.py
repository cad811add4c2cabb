"""Programs of ours that begin where Python has loaded everything already: a second of each start is loading.

`Warm` starts this file as a program. It loads the console and has no threads; for each request it forks a child, which
becomes the program asked for, on a terminal of its own, with its own environment, folder and signals.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

TREE = Path(__file__).parents[2]
LATER = (
    "anyio._backends._asyncio",
    "encodings.idna",
    "textual.drivers.linux_driver",
    "textual.layouts.factory",
    "textual.layouts.horizontal",
    "textual.pilot",
    "textual.scrollbar",
    "tomli_w",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.h11_impl",
)
"""What the packages beneath us load only when they run."""
LONGEST = 65_536


class Child:
    """A program that a warm process has started; as much of `subprocess.Popen` as a terminal needs."""

    def __init__(self, pid: int, end: socket.socket, command: Sequence[str]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._end, self._command = end, command

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or minus the signal that ended it."""
        if self.returncode is None:
            if not select.select([self._end], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(list(self._command), timeout or 0.0)
            said = self._end.recv(16)
            self._end.close()
            assert said, "the warm process has gone"
            self.returncode = int(said)
        return self.returncode

    def poll(self) -> int | None:
        """Its exit code if it has ended."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Nothing happens where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Warm:
    """A process that has loaded everything, for as long as the context; it is started when it is first needed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._there: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        if self._there is not None and self._process is not None:
            self._there.close()
            self._process.wait()

    def begin(
        self,
        command: Sequence[str],
        terminal: int,
        *,
        environ: Mapping[str, str],
        folder: Path,
        ignored: Sequence[int] = (),
    ) -> Child:
        """Start a command line of this Python on a terminal, whose session it leads; `environ` is all it has."""
        assert command[0] == sys.executable
        ours, end = socket.socketpair()
        wanted = {"words": command[1:], "environ": dict(environ), "folder": str(folder), "ignored": list(ignored)}
        data = json.dumps(wanted).encode()
        assert len(data) < LONGEST
        socket.send_fds(self._server(), [data], [terminal, end.fileno()])
        end.close()
        return Child(int(ours.recv(16)), ours, command)

    def _server(self) -> socket.socket:
        if self._there is None:
            self._there, end = socket.socketpair(type=socket.SOCK_SEQPACKET)
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(end.fileno())],
                env={**self._environ, "TEXTUAL_ANIMATIONS": "none"},  # Textual reads it when it is loaded
                pass_fds=[end.fileno()],
                cwd=TREE,
                stdin=subprocess.DEVNULL,
            )
            end.close()
        return self._there


# ---------------------------------------------------------------------- inside the process


@dataclass
class Wanted:
    """A request, in the child that serves it."""

    words: list[str]
    environ: dict[str, str]
    folder: str
    ignored: list[int]
    terminal: int = -1
    held: list[socket.socket] = field(default_factory=list)
    """The server's own sockets, which the child has, too, and must not close by chance later."""


def load() -> None:
    """Load all of ours, and what it loads later."""
    import gputui

    for module in pkgutil.walk_packages(gputui.__path__, "gputui."):
        import_module(module.name)
    for name in LATER:
        with suppress(ImportError):  # it is there for speed alone
            import_module(name)
    asyncio.run(_drawn_once())
    gc.collect()
    gc.freeze()


async def _drawn_once() -> None:
    """Draw a console without clouds, so that its style sheet has been parsed."""
    from gputui.ssh.places import SshPlaces
    from gputui.ui.ssh_service import SshConfig
    from tests.pilot.consoles import Wish, running
    from tests.style_sheets import share_style_sheets

    async def nothing(_: object) -> None:
        pass

    share_style_sheets()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running(folder, [], nothing, SshConfig(SshPlaces(folder, folder / "known_hosts")), Wish()):
            pass
    assert threading.active_count() == 1, "a thread would be missing in every child"


def serve(asked: socket.socket) -> Wanted:
    """Start children until nobody can ask any more. It returns in a child, with what that is to become."""
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready, _, _ = select.select([asked, *running], [], [])
        for watch in ready:
            if watch in running:
                _buried(watch, *running.pop(watch))
        if asked not in ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(asked, LONGEST, 2)
        if not data:
            raise SystemExit
        terminal, end = descriptors[0], socket.socket(fileno=descriptors[1])
        pid = os.fork()
        if not pid:
            return Wanted(
                **json.loads(data), terminal=terminal, held=[asked, end, *(one for _, one in running.values())]
            )
        os.close(terminal)
        running[os.pidfd_open(pid)] = (pid, end)
        end.send(str(pid).encode())


def _buried(watch: int, pid: int, end: socket.socket) -> None:
    os.close(watch)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with end:
        end.send(str(code).encode())


def become(wanted: Wanted) -> None:
    """Be a program that has just been started on that terminal."""
    os.setsid()
    fcntl.ioctl(wanted.terminal, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(wanted.terminal, number)
    for held in wanted.held:
        held.detach()
    os.closerange(3, 4096)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in wanted.ignored:
        signal.signal(number, signal.SIG_IGN)
    os.chdir(wanted.folder)
    os.environ.clear()
    os.environ.update(wanted.environ)
    sys.path[1:1] = [place for place in wanted.environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "w")  # type: ignore[misc]
    tempfile.tempdir = None  # looked up once, in another environment
    gc.unfreeze()


def _stream(descriptor: int, mode: str) -> Any:
    return open(descriptor, mode, buffering=1, encoding="utf-8", closefd=False)


def run(words: Sequence[str]) -> None:
    """What Python does with the words after its name: a module or a file."""
    if words[0] == "-m":
        sys.argv, sys.path[0] = ["", *words[2:]], str(Path.cwd())
        sys.modules.pop(words[1], None)  # as it is where nothing has been loaded
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = list(words), str(Path(words[0]).parent)
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    sys.path[0] = str(TREE)
    load()
    wanted = serve(socket.socket(fileno=int(sys.argv[1])))
    become(wanted)
    run(wanted.words)
