"""Whatever hangs beneath it, an end is an end: the terminal back and the process gone within a second."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.steps import agree, go, loaded, narrow
from tests.e2e.terminal import Terminal
from tests.e2e.warm import Warm
from tests.promises.stopping import EDITOR, PLACES

PROMISED = 1.0
SLACK = 4.0
"""Seconds a busy machine may add; what hangs does so for sixty."""
HANGING = str(Path(__file__).with_name("hanging.py"))
SLOW_SECRET = "cmd:sleep 61"
Begin = Callable[..., Terminal]


def written(folder: Path, token: str = "t0ken") -> Path:
    path = folder / "config.toml"
    path.touch(mode=0o600)
    lines = ["[profiles.away]", 'provider = "datenfab"', 'base_url = "https://clouds.test"', 'namespace = "me"']
    path.write_text("\n".join([*lines, f'token = "{token}"', ""]))
    return path


@pytest.fixture
def begin(environ: Mapping[str, str], tmp_path: Path, warm: Warm) -> Iterator[Begin]:
    """gputui over one cloud, with something that hangs beneath it."""
    with ExitStack() as all_of_them:

        def start(what: str, *words: str, token: str = "t0ken") -> Terminal:
            command = [sys.executable, HANGING, what, "--config", str(written(tmp_path, token)), *words]
            return all_of_them.enter_context(Terminal(command, environ=environ, folder=tmp_path, warm=warm))

        yield start


def twice(console: Terminal) -> None:
    console.press("ctrl+c")
    console.wait_for(r"ctrl\+c again")
    console.press("ctrl+c")


ENDS: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "TERM": (lambda console: console.kill(signal.SIGTERM), 143),
    "HUP": (lambda console: console.kill(signal.SIGHUP), 129),
    "ctrl+c": (twice, 0),
    "hang-up": (lambda console: console.hang_up(), 129),
}


def gone(console: Terminal, end: str) -> None:
    """It ends so, in time, with its code, and what it had of the terminal is given back."""
    act, code = ENDS[end]
    begun = time.monotonic()
    act(console)
    assert console.wait_exit(PROMISED + SLACK) == code
    assert time.monotonic() - begun < PROMISED + SLACK
    if end != "hang-up":
        assert console.left_behind == []


@pytest.mark.parametrize("end", ENDS)
def test_a_resolver_that_hangs_holds_no_end_up(begin: Begin, end: str) -> None:
    console = begin("resolver")
    console.wait_for("away")
    console.wait_until(lambda: thread_count(console) > 3, "a look-up beside the terminal's threads")
    gone(console, end)


@pytest.mark.parametrize("end", ENDS)
def test_a_secret_that_hangs_holds_no_end_up(begin: Begin, end: str) -> None:
    console = begin("nothing", token=SLOW_SECRET)
    console.wait_for("away")
    console.wait_for("connecting")
    gone(console, end)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("what", "token"), [("file", "file:~/token"), ("keyring", "keyring:gputui/away")])
def test_a_file_or_a_keyring_that_hangs_holds_no_end_up(begin: Begin, what: str, token: str, end: str) -> None:
    console = begin(what, token=token)
    console.wait_for("away")
    console.wait_for("connecting")
    gone(console, end)


@pytest.mark.parametrize("end", ["TERM", "HUP", "hang-up"])
def test_an_editor_that_ignores_its_end_holds_no_end_up(
    gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path, warm: Warm, end: str
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\ntrap '' TERM HUP INT QUIT\nstty raw\necho {EDITOR}\nexec sleep 61\n")
    editor.chmod(0o755)
    own = {**environ, "EDITOR": str(editor)}
    with Terminal([*gputui, "demo"], environ=own, folder=tmp_path, warm=warm) as console:
        loaded(console)
        PLACES["an editor"].enter(console)
        gone(console, end)
        assert not console.orphans


@pytest.mark.parametrize(("end", "least"), [("TERM", 1.5), ("ctrl+c", 1.5), ("hang-up", 0.0)])
def test_what_is_being_sent_gets_its_time_and_its_line(
    environ: Mapping[str, str], tmp_path: Path, warm: Warm, end: str, least: float
) -> None:
    """Two seconds for an answer, where there is still somebody to wait for it; the line is there in any case."""
    command = [sys.executable, HANGING, "answer", "demo"]
    with Terminal(command, environ=environ, folder=tmp_path, warm=warm) as console:
        loaded(console)
        go(console, 1, "Nodes")
        narrow(console, "gpu-node-006")
        console.press("X")
        agree(console, "stop")
        console.wait_for("sending")
        begun = time.monotonic()
        gone(console, end)
        assert time.monotonic() - begun > least


@pytest.mark.parametrize("end", ENDS)
def test_connections_that_do_not_close_hold_no_end_up(begin: Begin, end: str) -> None:
    console = begin("closing")
    console.wait_for("away")
    gone(console, end)


@pytest.mark.parametrize("end", ["TERM", "HUP"])
def test_a_loop_that_stands_still_holds_no_signal_up(begin: Begin, end: str) -> None:
    console = begin("loop")
    console.wait_for("away")
    console.press("?")
    console.wait_for("away")
    gone(console, end)


@pytest.mark.parametrize("end", ["TERM", "HUP"])
def test_a_loop_that_stands_still_in_a_session_gives_back_what_the_session_has_set(
    environ: Mapping[str, str], tmp_path: Path, warm: Warm, end: str
) -> None:
    command = [sys.executable, HANGING, "session", "demo"]
    with Terminal(command, environ=environ, folder=tmp_path, warm=warm) as console:
        loaded(console)
        go(console, 2, "Nodes · Runs")
        narrow(console, "running")
        console.press("s")
        console.wait_for(r"^root@[^ ]+:~#\s*\Z")
        console.kill(signal.SIGCONT)
        gone(console, end)


def test_stopped_and_continued_before_it_could_look_it_goes_on(begin: Begin, tmp_path: Path) -> None:
    """Python tells of signals in the order of their numbers: of these two the first one sent comes last."""
    console = begin("busy")
    console.wait_for("away")
    console.press("?")
    console.wait_until((tmp_path / "busy").exists, "it to be busy")
    console.kill(signal.SIGTSTP)
    console.kill(signal.SIGCONT)
    console.wait_until(lambda: b"\x1b[=25;1u" in console.output, "it to have looked")
    console.press(":")
    console.wait_for("Search for commands")
    gone(console, "TERM")


@pytest.mark.parametrize("words", [("get", "fleet"), ("ssh", "some-node"), ("run", "some", "--", "true")], ids=str)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_ends_at_once(
    environ: Mapping[str, str], tmp_path: Path, words: tuple[str, ...], number: signal.Signals
) -> None:
    console = Terminal(
        [sys.executable, HANGING, "resolver", "--config", str(written(tmp_path)), *words],
        environ=environ,
        folder=tmp_path,
    )
    with console:
        console.wait_until(lambda: thread_count(console) > 1, "a look-up")
        begun = time.monotonic()
        console.kill(number)
        assert console.wait_exit(PROMISED + SLACK) in (128 + number, -number)
        assert time.monotonic() - begun < PROMISED + SLACK
        assert console.left_behind == []
        assert "Traceback" not in console.screen


def thread_count(console: Terminal) -> int:
    return len(list(Path(f"/proc/{console.pid}/task").iterdir()))


def test_what_was_said_is_written_before_the_end(environ: Mapping[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gputui.cli", "config", "show", "--config", str(written(tmp_path))]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and done.stdout.endswith("\n") and "clouds.test" in done.stdout
