"""Sessions on a terminal and commands without one, against small servers of our own."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import select
import signal
import termios
import time
import tty
from collections.abc import AsyncIterator
from typing import Any

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.handshake import Timing
from gputui.ssh.running.command import run_command
from gputui.ssh.session_result import EndReason, SessionResult
from gputui.ssh.shells import menu
from gputui.ssh.shells.session import Session
from gputui.ssh.shells.terminal import Terminal
from gputui.ssh.shells.traces import AFTER
from tests.ssh.conftest import Connect, Pty, Server, StartServer, address_of, until

Process = asyncssh.SSHServerProcess[bytes]
ALL_BYTES = bytes(range(256)) * 3


async def _echo(process: Process) -> None:
    """Says its size, then every byte back as `<hex>`; `q` ends it with status 7."""
    sizes: list[tuple[int, int]] = []
    process.channel.get_connection().set_extra_info(sizes=sizes)
    process.stdout.write(b"hello %dx%d\r\n" % process.term_size[:2])
    while True:
        try:
            data = await process.stdin.read(4096)
        except asyncssh.TerminalSizeChanged as change:
            process.stdout.write(b"(%dx%d)" % (change.width, change.height))
            continue
        if not data:
            break
        process.stdout.write(b"<" + data.hex().encode() + b">")
        if b"q" in data:
            process.exit(7)
            return


async def _session(
    server: Server, connected: Connect, screen: Pty, **more: Any
) -> tuple[Connection, asyncio.Task[SessionResult]]:
    connection = await connected(address_of(server.port), **more)
    task = asyncio.create_task(Session(connection).run(Terminal(screen.slave, screen.slave)))
    return connection, task


async def _ended(task: asyncio.Task[SessionResult], seconds: float = 10.0) -> SessionResult:
    return await asyncio.wait_for(task, seconds)


@pytest.fixture
async def echo(start_server: StartServer) -> Server:
    return await start_server(process=_echo, line_editor=False)


async def test_keys_go_out_raw_and_the_exit_status_comes_back(echo: Server, connected: Connect, screen: Pty) -> None:
    before = screen.modes()
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello 80x24")
    assert os.get_blocking(screen.slave), "the descriptor that others share is left alone"
    for key in (b"a", b"\x03", b"\x1a", b"\x13", b"\r", b"\x1b[A", b"\xea\xb0\x80"):
        screen.type(key)
        await screen.shows(b"<" + key.hex().encode() + b">")
    screen.type(b"q")
    ending = await _ended(task)
    assert (ending.exit_status, ending.how, ending.code) == (7, EndReason.EXITED, 7)
    assert screen.modes() == before


async def test_a_terminal_that_cannot_be_opened_anew_is_used_as_it_is(
    echo: Server, connected: Connect, screen: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_fd: int) -> str:
        raise OSError

    monkeypatch.setattr(os, "ttyname", refuse)
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello 80x24")
    screen.type(b"q")
    assert (await _ended(task)).exit_status == 7
    assert os.get_blocking(screen.slave)
    await screen.shows(AFTER)


async def test_output_arrives_byte_for_byte(start_server: StartServer, connected: Connect, screen: Pty) -> None:
    async def binary(process: Process) -> None:
        process.stdout.write(b"[begin]" + ALL_BYTES + b"[end]")
        process.exit(0)

    server = await start_server(process=binary, line_editor=False)
    _, task = await _session(server, connected, screen)
    await _ended(task)
    await screen.shows(AFTER)
    assert b"[begin]" + ALL_BYTES + b"[end]" + AFTER in screen.output


async def test_a_slow_terminal_loses_nothing_and_holds_nobody_up(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    size, sent = 12 * 1024 * 1024, 0

    async def flood(process: Process) -> None:
        nonlocal sent
        for number in range(size // 16384):
            process.stdout.write(number.to_bytes(4, "big") * 4096)
            await process.stdout.drain()
            sent += 16384
        process.exit(0)

    server = await start_server(process=flood, line_editor=False)
    _, task = await _session(server, connected, screen)
    await until(lambda: screen.output)
    screen.ignore()
    # The terminal reads nothing. The machine is held up once buffers are full; our loop never is.
    longest, last, stalled_at = 0.0, time.monotonic(), -1
    while stalled_at != sent:
        stalled_at = sent
        for _ in range(30):
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert sent < size, "the machine has to wait"
    assert longest < 0.5
    screen.watch()
    await _ended(task, 60)
    await screen.shows(AFTER)
    begin = screen.output.index(b"\x00\x00\x00\x00")
    expected = b"".join(number.to_bytes(4, "big") * 4096 for number in range(size // 16384))
    got = bytes(screen.output[begin : begin + size])
    assert hashlib.sha256(got).digest() == hashlib.sha256(expected).digest()
    assert bytes(screen.output[begin + size :]) == AFTER


async def test_what_a_slow_terminal_has_not_taken_yet_does_not_grow(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    sent = 0

    async def flood(process: Process) -> None:
        nonlocal sent
        with contextlib.suppress(OSError, asyncssh.Error):
            while True:
                process.stdout.write(b"x" * 65536)
                await process.stdout.drain()
                sent += 65536

    server = await start_server(process=flood, line_editor=False)
    _, task = await _session(server, connected, screen)
    for taken in range(0, 2_500_000, 50_000):
        await until(lambda taken=taken: len(screen.output) > taken)  # type: ignore[misc]
        screen.ignore()
        await asyncio.sleep(0.01)  # the machine has its chance to send too much
        screen.watch()
    ahead = sent - len(screen.output)
    screen.type(b"\x1dk")
    await _ended(task)
    assert ahead < 10_000_000


async def test_a_stalled_terminal_can_still_be_left(start_server: StartServer, connected: Connect, screen: Pty) -> None:
    async def endless(process: Process) -> None:
        with contextlib.suppress(OSError, asyncssh.Error):
            while True:
                process.stdout.write(b"y\r\n" * 5000)
                await process.stdout.drain()

    server = await start_server(process=endless, line_editor=False)
    before = screen.modes()
    _, task = await _session(server, connected, screen)
    await until(lambda: screen.output)
    screen.ignore()
    screen.type(b"\x1d")
    screen.type(b"k")
    ending = await _ended(task)
    assert ending.how is EndReason.DISCONNECTED
    assert screen.modes() == before
    screen.watch()
    await screen.shows(AFTER)


async def test_input_for_a_machine_that_takes_none_is_kept(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    go = asyncio.Event()

    async def lazy(process: Process) -> None:
        process.stdout.write(b"ready")
        await go.wait()
        got = await process.stdin.readexactly(6_000_000)
        process.stdout.write(hashlib.sha256(got).hexdigest().encode())
        process.exit(0)

    server = await start_server(process=lazy, line_editor=False)
    _, task = await _session(server, connected, screen)
    await screen.shows(b"ready")
    pasted = os.urandom(3_000_000).replace(b"\x1d", b" ").replace(b"\x1b", b" ") * 2
    rest = memoryview(pasted)
    while rest:
        try:
            rest = rest[os.write(screen.master, rest[:4096]) :]
        except BlockingIOError:
            await asyncio.sleep(0)
    go.set()
    await screen.shows(hashlib.sha256(pasted).hexdigest().encode())
    assert (await _ended(task)).exit_status == 0


async def test_a_terminal_has_to_wait_where_too_much_was_typed_and_is_read_again_later(
    start_server: StartServer, connected: Connect, screen: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gputui.ssh.shells.attachment._MOST_UNSENT", 65536)
    go = asyncio.Event()

    async def lazy(process: Process) -> None:
        process.stdout.write(b"ready")
        await go.wait()
        process.stdout.write(hashlib.sha256(await process.stdin.readexactly(9_600_000)).hexdigest().encode())
        process.exit(0)

    server = await start_server(process=lazy, line_editor=False)
    _, task = await _session(server, connected, screen)
    await screen.shows(b"ready")
    pasted = b"0123456789abcdef" * 600_000
    rest, refused = memoryview(pasted), 0
    while rest:
        try:
            rest, refused = rest[os.write(screen.master, rest[:4096]) :], 0
        except BlockingIOError:
            refused += 1
            await asyncio.sleep(0.001)
            if refused == 200:
                go.set()
    assert go.is_set(), "the terminal never had to wait"
    await screen.shows(hashlib.sha256(pasted).hexdigest().encode())
    assert (await _ended(task)).exit_status == 0


# -- the size -------------------------------------------------------------------------------------------------------


async def test_sizes_are_forwarded_at_most_ten_times_a_second_and_the_last_one_is_right(
    echo: Server, connected: Connect, screen: Pty
) -> None:
    def mine(_number: int, _frame: object) -> None:
        """What the console has installed."""

    signal.signal(signal.SIGWINCH, mine)
    try:
        _, task = await _session(echo, connected, screen)
        await screen.shows(b"hello")
        began = time.monotonic()
        for count in range(200):
            screen.resize(100 + count, 30)
            os.kill(os.getpid(), signal.SIGWINCH)
            await asyncio.sleep(0.002)
        await screen.shows(b"(299x30)")
        took = time.monotonic() - began
        told = re.findall(rb"\((\d+)x30\)", screen.output)
        assert told[-1] == b"299"
        assert 2 <= len(told) <= took * 10 + 2
        screen.type(b"q")
        await _ended(task)
        assert signal.getsignal(signal.SIGWINCH) is mine
    finally:
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)


async def test_a_handler_of_the_loop_is_there_again(echo: Server, connected: Connect, screen: Pty) -> None:
    heard = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, heard.set)
    try:
        _, task = await _session(echo, connected, screen)
        await screen.shows(b"hello")
        screen.type(b"q")
        await _ended(task)
        heard.clear()
        os.kill(os.getpid(), signal.SIGWINCH)
        await asyncio.wait_for(heard.wait(), 5)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGWINCH)


async def test_after_a_stop_from_outside_the_keys_are_raw_again(echo: Server, connected: Connect, screen: Pty) -> None:
    before = screen.modes()
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    raw = screen.modes()
    termios.tcsetattr(screen.slave, termios.TCSANOW, before)
    os.kill(os.getpid(), signal.SIGCONT)
    await until(lambda: screen.modes() == raw)
    screen.type(b"q")
    await _ended(task)
    assert screen.modes() == before


# -- the menu -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leave", "kill"), [(b"\x1d", b"k"), (b"\x1b[93;5u", b"\x1b[107;1:1u"), (b"\x1b[27;5;93~", b"K")]
)
async def test_the_menu_disconnects(leave: bytes, kill: bytes, echo: Server, connected: Connect, screen: Pty) -> None:
    before = screen.modes()
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    screen.type(leave)
    await screen.shows(b"\x1b[24;1H\x1b[7m k disconnect")
    screen.type(b"\x1b[93;5:3u")  # the key is let go
    screen.type(kill)
    ending = await _ended(task)
    assert (ending.how, ending.exit_status, ending.code) == (EndReason.DISCONNECTED, None, 0)
    assert screen.modes() == before
    await screen.shows(AFTER)
    assert b"<1d" not in screen.output


async def test_the_menu_sends_its_own_key_or_goes_on(echo: Server, connected: Connect, screen: Pty) -> None:
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    screen.type(b"\x1d\x1d")
    await screen.shows(b"<1d>")
    await screen.shows(b"(80x24)")
    del screen.output[:]
    screen.type(b"\x1d")
    await screen.shows(menu.TEXT.encode())
    screen.type(b"x")
    await screen.shows(b"(80x23)(80x24)")  # programs are made to draw what the line covered
    screen.type(b"y")
    await screen.shows(b"<79>")
    assert b"78" not in screen.output, "the key that closed the menu was not for the machine"
    screen.type(b"q")
    await _ended(task)


async def test_output_waits_while_the_menu_is_open(start_server: StartServer, connected: Connect, screen: Pty) -> None:
    async def talk(process: Process) -> None:
        if process.command is None:
            process.stdout.write(b"before")
            await process.stdin.read(1)
            process.stdout.write(b"after")
            with contextlib.suppress(asyncssh.TerminalSizeChanged):
                await process.stdin.readexactly(10)
        process.exit(0)

    server = await start_server(process=talk, line_editor=False)
    connection, task = await _session(server, connected, screen)
    await screen.shows(b"before")
    screen.type(b"\x1d")
    await screen.shows(menu.TEXT.encode())
    shown = len(screen.output)
    screen.type(b"\x1b[<0;1;1M")  # a mouse report is no choice, and is for the machine
    assert (await connection.ssh.run("x")).exit_status == 0  # what the shell said before has arrived, too
    assert len(screen.output) == shown
    screen.type(b" ")
    await screen.shows(b"after")
    await _ended(task)


async def test_a_session_that_ends_under_the_open_menu_ends(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    async def talk(process: Process) -> None:
        process.stdout.write(b"before")
        with contextlib.suppress(asyncssh.TerminalSizeChanged):
            await process.stdin.read(1)
        process.stdout.write(b"last words")
        process.exit(3)

    server = await start_server(process=talk, line_editor=False)
    _, task = await _session(server, connected, screen)
    await screen.shows(b"before")
    screen.type(b"x\x1d")
    assert (await _ended(task)).exit_status == 3
    await screen.shows(b"last words")


async def test_pasted_text_opens_no_menu(echo: Server, connected: Connect, screen: Pty) -> None:
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    screen.type(b"\x1b[200~rm\x1dk\x1b[201~")
    await screen.shows(b"726d1d6b")
    assert b"disconnect" not in screen.output
    screen.type(b"\x1d")
    await screen.shows(b"k disconnect")
    screen.type(b"k")
    await _ended(task)


def test_paste_marks_are_seen_across_reads_and_a_lone_key_is_always_a_key() -> None:
    key = menu.LeaveKey()
    assert key.split(b"abc\x1b[20") == (b"abc\x1b[20", b"", b"")
    assert key.split(b"0~x\x1dy") == (b"0~x\x1dy", b"", b"")
    assert key.split(b"z\x1b[201") == (b"z\x1b[201", b"", b"")
    assert key.split(b"~a\x1db") == (b"~a", b"\x1d", b"b")
    assert key.split(b"\x1b[200~") == (b"\x1b[200~", b"", b"")
    assert key.split(b"\x1d") == (b"", b"\x1d", b"")
    assert key.split(b"a\x1db") == (b"a", b"\x1d", b"b")


BY_ITSELF = [
    b"\x1b[<35;2;3M",
    b"\x1b[I",
    b"\x1b[57442;5u",
    b"\x1b[57442;5:3u",
    b"\x1b[24;80R",
    b"\x1b[?62;4c",
    b"\x1b]11;rgb:0d0d/0k0k/0d0d\x1b\\",
    b"\x1b]11;rgb:0d0d/0k0k/0d0d\x07",
    b"\x1bP>|kitty k\x1b\\",
    b"\x1b_Gi=31;OKd\x1b\\",
]


@pytest.mark.parametrize("by_itself", BY_ITSELF)
async def test_what_a_terminal_says_by_itself_is_no_choice_and_goes_to_the_machine(
    by_itself: bytes, echo: Server, connected: Connect, screen: Pty
) -> None:
    """In one piece, and cut at every byte, each piece a read of its own."""
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    for cut in range(len(by_itself)):
        arrived, opened = _echoed(screen).count(by_itself), screen.output.count(b"k disconnect")
        screen.type(b"\x1d")
        await until(lambda opened=opened: screen.output.count(b"k disconnect") > opened)
        screen.type(by_itself[:cut])
        await asyncio.sleep(0.03)  # the cut itself: another read, and not yet the silence that tells a key
        screen.type(by_itself[cut:] + b"x")
        await until(lambda arrived=arrived: _echoed(screen).count(by_itself) > arrived)
        assert not task.done()
    screen.type(b"\x1dk")
    await _ended(task)


def _echoed(screen: Pty) -> bytes:
    return bytes.fromhex(b"".join(re.findall(rb"<([0-9a-f]+)>", screen.output)).decode())


async def test_text_pasted_into_the_menu_closes_it_and_goes_to_the_machine(
    echo: Server, connected: Connect, screen: Pty
) -> None:
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    screen.type(b"\x1d\x1b[200~k\x1b[201~")
    await until(lambda: b"\x1b[200~k\x1b[201~" in _echoed(screen))
    screen.type(b"\x1d")
    await screen.shows(b"k disconnect")
    screen.type(b"k")
    await _ended(task)


@pytest.mark.parametrize("key", [b"d", b"D", b"\x1b[100u", b"\x1b[100;1:1u"])
def test_leaving_is_a_choice_only_where_there_is_something_to_go_back_to(key: bytes) -> None:
    assert menu.choose(key + b"x", detachable=True) == (menu.MenuChoice.DETACH, b"", b"x")
    assert menu.choose(key + b"x")[0] is menu.MenuChoice.GO_ON
    assert b"detach" in menu.drawn(80, 24, detachable=True)
    assert b"detach" not in menu.drawn(80, 24)


@pytest.mark.parametrize("key", [b"x", b"\x1b[A", b"\x1bOP", b"\x1bx", b"\r", "한".encode(), b"\x1b[200~"])
def test_one_key_closes_the_menu_and_no_more(key: bytes) -> None:
    assert menu.choose(key + b"k")[0] is menu.MenuChoice.GO_ON
    assert menu.choose(key + b"\rk")[2] == b"\rk"


# -- what is left behind --------------------------------------------------------------------------------------------


async def test_what_a_remote_program_left_on_is_switched_off(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    modes = [1, 5, 6, 9, 66, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1049, 2004, 2026, 2048]

    async def hostile(process: Process) -> None:
        process.stdout.write(b"".join(b"\x1b[?%dh" % mode for mode in modes))
        process.stdout.write(b"\x1b[?25l\x1b[?7l\x1b[4h\x1b[5;9r\x1b(0\x0e\x1b[1;31;7m\x1b[>31u\x1b[>4;2m\x1b=")
        process.stdout.write(b"\x1b]11;red\x07\x1b]8;;http://example.com\x07\x1b]2;owned")
        process.exit(0)

    server = await start_server(process=hostile, line_editor=False)
    _, task = await _session(server, connected, screen)
    await _ended(task)
    await screen.shows(AFTER)
    tail = bytes(screen.output)[screen.output.rindex(b"owned") + 5 :]
    assert tail == AFTER
    assert tail.startswith(b"\x18\x1b\\"), "the unfinished title must not swallow it"
    off = {int(mode) for group in re.findall(rb"\x1b\[\?([0-9;]+)l", tail) for mode in group.split(b";")}
    on = {int(mode) for group in re.findall(rb"\x1b\[\?([0-9;]+)h", tail) for mode in group.split(b";")}
    assert not set(modes) - off
    assert on == {7, 25, 1049}
    assert tail.index(b"\x1b[?1049h") < tail.index(b"\x1b[?1049l"), "entered only to be left"
    for ending in (
        b"\x1b[=0u",
        b"\x1b[>4;0m",
        b"\x1b[r",
        b"\x1b(B",
        b"\x0f",
        b"\x1b[0m",
        b"\x1b>",
        b"\x1b[4l",
        b"\x1b]111\x1b\\",
    ):
        assert ending in tail


async def test_a_dumb_terminal_gets_nothing_of_ours(echo: Server, connected: Connect, screen: Pty) -> None:
    connection = await connected(address_of(echo.port))
    task = asyncio.create_task(Session(connection).run(Terminal(screen.slave, screen.slave, "dumb")))
    await screen.shows(b"hello")
    screen.type(b"q")
    await _ended(task)
    await screen.shows(b"<71>")
    assert b"\x1b" not in screen.output


# -- ends -----------------------------------------------------------------------------------------------------------


async def test_a_connection_that_breaks_ends_the_session_at_once_with_the_reason(
    echo: Server, connected: Connect, screen: Pty
) -> None:
    before = screen.modes()
    connection, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    echo.seen.live[0].abort()
    ending = await _ended(task, 3)
    assert ending.how is EndReason.LOST
    assert (ending.exit_status, ending.code) == (None, 255)
    assert ending.reason == "connection lost after 0 s: it hung up without a word"
    assert screen.modes() == before
    assert not connection.is_open


@contextlib.asynccontextmanager
async def _relay(port: int) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port that leads to another one, and can fall silent."""
    silent = asyncio.Event()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not silent.is_set():
                    writer.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], silent
    server.close()


async def test_a_machine_that_falls_silent_is_noticed(echo: Server, connected: Connect, screen: Pty) -> None:
    async with _relay(echo.port) as (port, silent):
        timing = Timing(keepalive=0.2, missed=2)
        connection = await connected(address_of(port), timing=timing)
        task = asyncio.create_task(Session(connection).run(Terminal(screen.slave, screen.slave)))
        await screen.shows(b"hello")
        silent.set()
        ending = await _ended(task, 5)
        assert ending.how is EndReason.LOST
        assert re.fullmatch(r"connection lost after \d s: the machine stopped answering", ending.reason)
        await connection.close()


async def test_a_terminal_that_hangs_up_ends_the_session(echo: Server, connected: Connect, screen: Pty) -> None:
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    screen.hang_up()
    ending = await _ended(task, 3)
    assert ending.how is EndReason.HUNG_UP


async def test_death_by_signal_is_told_like_a_shell_does(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    server = await start_server(process=lambda process: process.exit_with_signal("TERM"), line_editor=False)
    _, task = await _session(server, connected, screen)
    ending = await _ended(task)
    assert (ending.exit_status, ending.reason) == (143, "killed by SIGTERM")


async def test_a_cancelled_session_leaves_the_terminal_as_it_was(echo: Server, connected: Connect, screen: Pty) -> None:
    before, handler = screen.modes(), signal.getsignal(signal.SIGWINCH)
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    assert screen.modes() != before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert screen.modes() == before
    assert signal.getsignal(signal.SIGWINCH) is handler
    await screen.shows(AFTER)
    assert screen.output.endswith(AFTER) and screen.output.count(AFTER) == 1


async def test_what_nobody_read_is_thrown_away(echo: Server, connected: Connect, screen: Pty) -> None:
    """A hostile machine may ask the terminal things at the last moment: the answers must not become keys of ours."""
    _, task = await _session(echo, connected, screen)
    await screen.shows(b"hello")
    task.cancel()
    screen.type(b"\x1b[24;80R")
    with pytest.raises(asyncio.CancelledError):
        await task
    tty.setraw(screen.slave)
    assert select.select([screen.slave], [], [], 0)[0] == []


async def test_a_session_that_was_let_go_lives_on_and_shows_what_was_missed(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    said = asyncio.Event()

    async def talk(process: Process) -> None:
        process.stdout.write(b"[one]")
        await process.stdin.read(1)
        process.stdout.write(b"[two]" * 100_000)
        await process.stdout.drain()
        said.set()
        while True:
            with contextlib.suppress(asyncssh.TerminalSizeChanged):  # it is made to draw anew
                await process.stdin.read(1)
                process.exit(5)
                return

    server = await start_server(process=talk, line_editor=False)
    session = Session(await connected(address_of(server.port)))
    task = asyncio.create_task(session.run(Terminal(screen.slave, screen.slave)))
    await screen.shows(b"[one]")
    screen.ignore()
    screen.type(b"x")
    await until(lambda: bool(select.select([screen.master], [], [], 0)[0]))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(said.wait(), 10)
    screen.watch()
    again = asyncio.create_task(session.run(Terminal(screen.slave, screen.slave)))
    await screen.shows(b"[two]")
    screen.type(b"x")
    assert (await _ended(again)).exit_status == 5


async def test_leaving_ends_the_remote_shell_and_keeps_the_connection(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    over = asyncio.Event()

    async def talk(process: Process) -> None:
        process.stdout.write(b"ready")
        alive = True
        while alive:
            with contextlib.suppress(asyncssh.TerminalSizeChanged):  # the menu changes it
                alive = bool(await process.stdin.read(1))
        over.set()

    server = await start_server(process=talk, line_editor=False)
    connection, task = await _session(server, connected, screen)
    await screen.shows(b"ready")
    screen.type(b"\x1d")
    await screen.shows(b"k disconnect")
    screen.type(b"k")
    await _ended(task)
    await asyncio.wait_for(over.wait(), 5)
    assert connection.is_open


async def test_a_shell_needs_a_terminal(echo: Server, connected: Connect) -> None:
    connection = await connected(address_of(echo.port))
    reading, writing = os.pipe()
    with pytest.raises(Failed) as failed:
        await Session(connection).run(Terminal(reading, writing))
    assert failed.value.problem.cause is Cause.INPUT
    os.close(reading)
    os.close(writing)


async def test_a_server_without_shells_is_a_problem_and_leaves_the_terminal_alone(
    start_server: StartServer, connected: Connect, screen: Pty
) -> None:
    server = await start_server(allow_pty=False)
    before = screen.modes()
    _, task = await _session(server, connected, screen)
    with pytest.raises(Failed) as failed:
        await _ended(task)
    assert failed.value.problem.text
    assert screen.modes() == before
    assert screen.output == b""


# -- commands -------------------------------------------------------------------------------------------------------


def _into(buffer: bytearray) -> Any:
    async def write(data: bytes) -> None:
        buffer.extend(data)

    return write


async def _commands(process: Process) -> None:
    match process.command:
        case "cat":
            while data := await process.stdin.read(65536):
                process.stdout.write(data)
                await process.stdout.drain()
            process.stderr.write(b"\xff\x00done")
            process.exit(3)
        case "killed":
            process.exit_with_signal("KILL")
        case "hang":
            process.stdout.write(b"partial")
            await asyncio.Event().wait()
        case "flood":
            with contextlib.suppress(OSError, asyncssh.Error):
                while True:
                    process.stdout.write(b"x" * 65536)
                    await process.stdout.drain()


async def test_a_command_streams_bytes_and_hands_its_status_back(start_server: StartServer, connected: Connect) -> None:
    server = await start_server(process=_commands)
    connection = await connected(address_of(server.port))
    pieces = [os.urandom(100_000) for _ in range(40)]

    async def feed() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    out, err = bytearray(), bytearray()
    status = await run_command(connection, "cat", stdout=_into(out), stderr=_into(err), stdin=feed())
    assert (status, bytes(err)) == (3, b"\xff\x00done")
    assert out == b"".join(pieces)
    assert await run_command(connection, "killed", stdout=_into(out), stderr=_into(err)) == 137


async def test_input_that_cannot_be_read_ends_there(start_server: StartServer, connected: Connect) -> None:
    server = await start_server(process=_commands)
    connection = await connected(address_of(server.port))
    out = bytearray()

    async def broken() -> AsyncIterator[bytes]:
        yield b"the beginning"
        raise OSError("the terminal is gone")

    running = run_command(connection, "cat", stdout=_into(out), stderr=_into(bytearray()), stdin=broken())
    assert await asyncio.wait_for(running, 10) == 3
    assert out == b"the beginning"


async def test_a_command_whose_connection_breaks_is_255(start_server: StartServer, connected: Connect) -> None:
    server = await start_server(process=_commands)
    connection = await connected(address_of(server.port))
    out = bytearray()
    task = asyncio.create_task(run_command(connection, "hang", stdout=_into(out), stderr=_into(bytearray())))
    await until(lambda: out == b"partial")
    server.seen.live[0].abort()
    assert await asyncio.wait_for(task, 3) == 255
    with pytest.raises(Failed):
        await run_command(connection, "cat", stdout=_into(out), stderr=_into(out))


async def test_a_reader_that_leaves_ends_the_command(start_server: StartServer, connected: Connect) -> None:
    server = await start_server(process=_commands)
    connection = await connected(address_of(server.port))

    async def gone(_data: bytes) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await asyncio.wait_for(run_command(connection, "flood", stdout=gone, stderr=gone), 10)


async def test_what_a_slow_reader_has_not_taken_yet_does_not_grow(
    start_server: StartServer, connected: Connect
) -> None:
    sent = 0

    async def flood(process: Process) -> None:
        nonlocal sent
        with contextlib.suppress(OSError, asyncssh.Error):
            while True:
                process.stdout.write(b"x" * 65536)
                await process.stdout.drain()
                sent += 65536

    server = await start_server(process=flood)
    connection = await connected(address_of(server.port))
    taken = 0

    async def slow(data: bytes) -> None:
        nonlocal taken
        await asyncio.sleep(0.01)
        taken += len(data)
        if taken > 2_500_000:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await asyncio.wait_for(run_command(connection, "", stdout=slow, stderr=slow), 30)
    assert sent < taken + 10_000_000
