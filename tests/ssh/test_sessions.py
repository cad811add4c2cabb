"""Sessions that live on while nobody looks: left, found again, ended meanwhile, and nothing of it leaking."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncssh
import pytest

import gputui.ssh.shells.sessions
from gputui.core.problem import Failed
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import NonInteractive
from gputui.ssh.session_result import EndReason, lasted
from gputui.ssh.shells.sessions import SessionEntry, Sessions
from gputui.ssh.shells.terminal import Terminal
from gputui.ssh.shells.traces import AFTER
from tests.ssh.conftest import Pty, Server, Sshd, StartServer, address_of, until

Process = asyncssh.SSHServerProcess[bytes]
NOBODY = NonInteractive()
OPTIONS = SshOptions(host_keys="accept-new")


class Shells:
    """What the machines hear, and a way to have them say something while nobody looks."""

    def __init__(self) -> None:
        self.running: list[Process] = []

    async def serve(self, process: Process) -> None:
        self.running.append(process)
        process.stdout.write(b"[shell %d]" % len(self.running))
        while True:
            try:
                data = await process.stdin.read(100)
            except asyncssh.TerminalSizeChanged as change:
                process.stdout.write(b"(%dx%d)" % (change.width, change.height))
                continue
            if not data:
                return
            process.stdout.write(b"<" + data + b">")
            if b"q" in data:
                process.exit(3)
                return


@pytest.fixture
def shells() -> Shells:
    return Shells()


@pytest.fixture
async def server(start_server: StartServer, shells: Shells) -> Server:
    return await start_server(process=shells.serve, line_editor=False)


@pytest.fixture
def ended() -> list[SessionEntry]:
    return []


@pytest.fixture
async def sessions(places: SshPlaces, ended: list[SessionEntry]) -> AsyncIterator[Sessions]:
    pool = Pool(places)
    sessions = Sessions(pool, ended.append)
    yield sessions
    await sessions.aclose()
    await pool.aclose()


def machine_at(server: Server) -> Machine:
    return Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(server.port), OPTIONS)


def terminal_of(screen: Pty) -> Terminal:
    return Terminal(screen.slave, screen.slave)


async def leave(screen: Pty, key: bytes = b"d") -> None:
    screen.type(b"\x1d")
    await screen.shows(b"d detach")
    screen.type(key)


async def test_left_it_lives_on_and_going_back_shows_what_was_missed(
    server: Server, shells: Shells, sessions: Sessions, screen: Pty
) -> None:
    before = screen.modes()
    entry = await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
    assert screen.modes() == before and not screen.output, "the terminal is not touched before it is shown"
    showing = asyncio.create_task(sessions.show(entry, terminal_of(screen)))
    await screen.shows(b"[shell 1]")
    screen.type(b"\x1b[")  # nothing of the menu
    await screen.shows(b"<\x1b[>")
    await leave(screen)
    assert (await showing).how is EndReason.DETACHED
    assert screen.modes() == before
    await screen.shows(AFTER)
    assert sessions.live == (entry,) and entry.unseen == 0
    assert sessions.away(entry) is not None
    shells.running[0].stdout.write(b"\x1b[?2004h\x1b[6n[missed]")
    await until(lambda: entry.unseen == 20)
    del screen.output[:]
    again = asyncio.create_task(sessions.show(entry, terminal_of(screen)))
    await screen.shows(b"[shell 1]<\x1b[>\x1b[?2004h[missed]")
    await screen.shows(b"(80x23)(80x24)")  # programs are made to draw anew
    assert sessions.away(entry) is None
    screen.type(b"q")
    ending = await again
    assert (ending.how, ending.exit_status) == (EndReason.EXITED, 3)
    assert not sessions.entries


async def test_several_share_one_connection_and_each_ends_by_itself(
    server: Server, shells: Shells, sessions: Sessions, screen: Pty, ended: list[SessionEntry]
) -> None:
    entries = [await sessions.open(machine_at(server), NOBODY, terminal_of(screen)) for _ in range(3)]
    assert server.seen.connections == 1
    showing = asyncio.create_task(sessions.show(entries[0], terminal_of(screen)))
    await screen.shows(b"[shell 1]")
    await leave(screen, b"k")
    assert (await showing).how is EndReason.DISCONNECTED
    sessions.disconnect(entries[1])
    assert list(sessions.entries) == [entries[2]]
    assert not ended, "what a person ends is no news"
    again = asyncio.create_task(sessions.show(entries[2], terminal_of(screen)))
    await screen.shows(b"[shell 3]")
    screen.type(b"x")
    await screen.shows(b"<x>")
    screen.type(b"q")
    await again


async def test_one_that_ends_while_nobody_looks_leaves_word(
    server: Server, shells: Shells, sessions: Sessions, screen: Pty, ended: list[SessionEntry]
) -> None:
    entry = await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
    showing = asyncio.create_task(sessions.show(entry, terminal_of(screen)))
    await screen.shows(b"[shell 1]")
    await leave(screen)
    await showing
    shells.running[0].stdout.write(b"\r\nout of memory\r\n")
    shells.running[0].exit(137)
    await until(lambda: ended)
    assert ended == [entry] and list(sessions.entries) == [entry] and not sessions.live
    assert entry.ending is not None and entry.ending.reason == "exit status 137"
    assert entry.last_words == ("[shell 1]", "out of memory")
    assert entry.unseen == 17
    sessions.disconnect(entry)
    assert not sessions.entries


async def test_a_lost_connection_says_why_and_how_long_it_lasted(
    server: Server, sessions: Sessions, screen: Pty, ended: list[SessionEntry]
) -> None:
    for _ in range(2):
        await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
    for entry in sessions.entries:
        entry.left_at = 0.0
    server.seen.live[0].abort()
    await until(lambda: len(ended) == 2)
    assert all(one.ending and one.ending.how is EndReason.LOST for one in ended)
    assert ended[0].ending and ended[0].ending.reason.startswith("connection lost after 0 s: ")


async def test_those_that_ended_are_not_kept_for_ever(
    server: Server, shells: Shells, sessions: Sessions, screen: Pty, ended: list[SessionEntry]
) -> None:
    for number in range(25):
        entry = await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
        entry.left_at = 0.0
        shells.running[number].exit(0)
        await until(lambda: ended and ended[-1] is entry)  # noqa: B023 - awaited here
    assert sessions.entries == tuple(ended[5:])


async def test_a_flood_while_nobody_looks_is_bounded_and_leaves_the_loop_alone(
    start_server: StartServer, sessions: Sessions, screen: Pty
) -> None:
    sent = 0

    async def flood(process: Process) -> None:
        nonlocal sent
        with contextlib.suppress(OSError, asyncssh.Error):
            while True:
                process.stdout.write(b"y\r\n" * 20_000)
                await process.stdout.drain()
                sent += 60_000

    server = await start_server(process=flood, line_editor=False)
    entry = await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
    showing = asyncio.create_task(sessions.show(entry, terminal_of(screen)))
    await leave(screen)
    await showing
    await until(lambda: entry.unseen > 15_000_000)
    assert sent < entry.unseen + 8_000_000, "the machine has to wait"
    showing = asyncio.create_task(sessions.show(entry, terminal_of(screen)))
    await screen.shows(b"kB of output before this are lost")
    await leave(screen, b"k")
    await showing
    await until(lambda: not sessions.live)


async def test_a_machine_that_gives_one_connection_no_more_sessions_gets_another(
    sshd: Sshd, sessions: Sessions, screen: Pty, places: SshPlaces
) -> None:
    sshd.restart("MaxSessions 1")
    options = replace(OPTIONS, identity_file=str(sshd.identity))
    machine = Machine(Ref("p", "nodes", "1"), "gpu-1", address_of(sshd.port, None, sshd.user), options)
    first = await sessions.open(machine, NOBODY, terminal_of(screen))
    second = await sessions.open(machine, NOBODY, terminal_of(screen))
    assert second.session.connection is not first.session.connection
    sessions.disconnect(second)
    third = await sessions.open(machine, NOBODY, terminal_of(screen))
    assert third.session.connection is not first.session.connection
    assert first.session.connection.is_open


async def test_a_connection_that_is_dead_without_anybody_knowing_is_not_waited_for(
    server: Server, sessions: Sessions, screen: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a laptop's sleep: the first sign of it would be the third missing answer, 45 seconds later."""
    monkeypatch.setattr(gputui.ssh.shells.sessions, "ANSWER_SECONDS", 0.05)
    first = await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
    monkeypatch.setattr(first.session.connection.ssh, "create_session", lambda *_, **__: asyncio.Event().wait())
    second = await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
    assert second.session.connection is not first.session.connection


async def test_what_cannot_be_opened_leaves_nothing(start_server: StartServer, sessions: Sessions, screen: Pty) -> None:
    server = await start_server(allow_pty=False)
    for _ in range(2):
        with pytest.raises(Failed):
            await sessions.open(machine_at(server), NOBODY, terminal_of(screen))
    assert not sessions.entries


async def test_the_end_of_the_console_ends_all(server: Server, shells: Shells, places: SshPlaces, screen: Pty) -> None:
    pool = Pool(places)
    told: list[SessionEntry] = []
    sessions = Sessions(pool, told.append)
    for _ in range(3):
        (await sessions.open(machine_at(server), NOBODY, terminal_of(screen))).left_at = 0.0
    await sessions.aclose()
    await pool.aclose()
    await until(lambda: all(process.is_closing() for process in shells.running))
    assert not told


def _footprint() -> tuple[int, int, int, object, object]:
    gc.collect()
    loop = asyncio.get_running_loop()
    watched = loop._selector.get_map()  # type: ignore[attr-defined]
    handlers = (signal.getsignal(signal.SIGWINCH), signal.getsignal(signal.SIGCONT))
    return len(list(os.scandir("/proc/self/fd"))), len(asyncio.all_tasks()), len(watched), *handlers


async def test_leaving_and_coming_back_a_hundred_times_leaks_nothing(
    server: Server, shells: Shells, sessions: Sessions, screen: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gputui.ssh.shells.attachment._REDRAW_PAUSE", 0.0)
    entry = await sessions.open(machine_at(server), NOBODY, terminal_of(screen))

    async def visit(number: int) -> None:
        del screen.output[:]
        showing = asyncio.create_task(sessions.show(entry, terminal_of(screen)))
        if number:
            await screen.shows(b"[missed %d]" % number)
        await leave(screen)
        assert (await showing).how is EndReason.DETACHED
        shells.running[0].stdout.write(b"\x1b[?1000h\x1b[>1u\x1b[?25l[missed %d]" % (number + 1))
        await until(lambda: entry.unseen)

    before = screen.modes()
    for number in range(5):
        await visit(number)
    footprint, peak = _footprint(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(5, 105):
        await visit(number)
    assert _footprint() == footprint
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 8192
    assert screen.modes() == before
    assert len(screen.output) < 20_000


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (720, "12 min"), (11_100, "3 h 5 min"), (90_000, "1 d 1 h")]
)
def test_a_length_of_time_in_words(seconds: float, words: str) -> None:
    assert lasted(seconds) == words
