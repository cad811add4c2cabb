"""However the console ends, the terminal comes back, the process is gone at once and its files with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.e2e.steps import go, loaded, narrow
from tests.e2e.terminal import Terminal
from tests.e2e.warm import Warm

IN_A_SHELL = r"^root@[^ ]+:~#\s*\Z"
PROMISED = 1.0
SLACK = 4.0
"""Seconds a busy machine may add."""


def assert_gone(console: Terminal, code: int, folder: Path) -> None:
    """It ended with that code, in time, put the terminal back, said nothing odd and left no file or process."""
    asked = time.monotonic()
    assert console.wait_exit(PROMISED + SLACK) == code
    assert time.monotonic() - asked < PROMISED + SLACK
    assert console.left_behind == []
    assert "Traceback" not in console.screen
    assert files_left(folder) == []


def files_left(folder: Path) -> list[Path]:
    """What a demo and its clouds keep in the folder for temporary files."""
    return [*folder.glob("gputui-demo-*"), *folder.glob("gputui-sim-*")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_signals(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    with start("demo", cold=True) as console:
        loaded(console)
        assert files_left(tmp_path)
        console.kill(number)
        assert_gone(console, 128 + number, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_in_a_session(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    with start("demo") as console:
        loaded(console)
        into_a_shell(console)
        console.kill(number)
        assert_gone(console, 128 + number, tmp_path)


def test_a_signal_while_a_dialog_asks(start: Start, tmp_path: Path) -> None:
    with start("demo") as console:
        loaded(console)
        go(console, 1, "Nodes")
        narrow(console, "gpu-node-006")
        console.press("X")
        console.wait_for("Stop gpu-node-006")
        console.kill(signal.SIGTERM)
        assert_gone(console, 128 + signal.SIGTERM, tmp_path)


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)], ids=["heard", "ignored"])
@pytest.mark.parametrize("where", ["in the console", "in a session"])
def test_a_hang_up(
    gputui: tuple[str, ...],
    environ: Mapping[str, str],
    tmp_path: Path,
    warm: Warm,
    ignored: tuple[signal.Signals, ...],
    where: str,
) -> None:
    with Terminal([*gputui, "demo"], environ=environ, folder=tmp_path, ignored=ignored, warm=warm) as console:
        loaded(console)
        if where == "in a session":
            into_a_shell(console)
        console.hang_up()
        assert console.wait_exit(PROMISED + SLACK) == 128 + signal.SIGHUP
        assert not console.orphans
        assert files_left(tmp_path) == []


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.25, 0.4])
def test_ctrl_c_while_it_starts(start: Start, tmp_path: Path, delay: float) -> None:
    """Whatever it is doing: somebody who insists gets out, with the terminal as it was."""
    with start("demo", cold=True) as console:
        time.sleep(delay)  # moments of the start, not an effect to wait for
        insist(console)
        # 1 and -2 are Python's own, interrupted before it has read a line of ours.
        assert console.wait_exit() in (0, 128 + signal.SIGINT, 1, -signal.SIGINT)
        assert console.left_behind == []
        assert files_left(tmp_path) == []


def test_ctrl_c_pressed_again_and_again_changes_nothing_of_an_orderly_end(start: Start, tmp_path: Path) -> None:
    """Once the terminal is restored it is a signal: it must neither kill what is being put away nor be reported."""
    with start("demo") as console:
        loaded(console)
        insist(console, pause=0.01)
        assert_gone(console, 0, tmp_path)
        assert "KeyboardInterrupt" not in console.screen


def insist(console: Terminal, pause: float = 0.1) -> None:
    """Press ctrl+c again and again, as people do."""
    end = time.monotonic() + PROMISED + SLACK
    while console.runs and time.monotonic() < end:
        console.press("ctrl+c")
        time.sleep(pause)


def into_a_shell(console: Terminal) -> None:
    """Open a session on a running node."""
    go(console, 2, "Nodes · Runs")
    narrow(console, "running")
    console.press("s")
    console.wait_for(IN_A_SHELL)


@pytest.fixture
def shell(gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path) -> Iterator[Terminal]:
    """A demo that a job-control shell has started."""
    (tmp_path / "inputrc").write_text("set enable-bracketed-paste off\n")  # a mode of the shell's own
    of_the_shell = {**environ, "PS1": "$ ", "INPUTRC": str(tmp_path / "inputrc")}
    with Terminal(["bash", "--norc", "-i"], environ=of_the_shell, folder=tmp_path) as console:
        console.wait_for(r"^\$ ?\Z|\$$")
        console.type(f"{' '.join(gputui)} demo\r")
        loaded(console)
        yield console


def test_stopped_and_brought_back_by_a_shell(shell: Terminal) -> None:
    """SIGTSTP, as `kill -TSTP` or a job-control shell sends it: the terminal is the shell's, and `fg` draws again."""
    stop_and_bring_back(shell)
    shell.wait_for("^   NAME +HEALTH")  # lines that never change by themselves are there again too
    loaded(shell)
    assert leave_job(shell) == "0"


def test_stopped_while_a_dialog_asks(shell: Terminal) -> None:
    go(shell, 1, "Nodes")
    narrow(shell, "gpu-node-006")
    shell.press("X")
    shell.wait_for("Stop gpu-node-006")
    stop_and_bring_back(shell)
    shell.wait_for("Stop gpu-node-006")
    shell.press("escape")
    shell.wait_gone("Stop gpu-node-006")
    assert leave_job(shell) == "0"


def test_stopped_in_a_session(shell: Terminal) -> None:
    """The session has its raw keys again, whatever modes the shell has set meanwhile."""
    into_a_shell(shell)
    stop_and_bring_back(shell)
    shell.press("enter")
    shell.wait_for(IN_A_SHELL)
    shell.type("hostname\r")
    shell.wait_for(r"hostname\n[\w.-]+\nroot@")
    shell.type("exit\r")
    shell.wait_for("exit status 0")
    assert leave_job(shell) == "0"


def stop_and_bring_back(console: Terminal) -> None:
    """Stop it from outside, look at the shell's terminal, bring it back."""
    os.kill(console.child, signal.SIGTSTP)
    console.wait_for("Stopped")
    assert console.emulator.left_behind == []
    console.type("stty -a | grep -o ' icanon'\r")
    console.wait_for("^ icanon")
    console.type("fg\r")


def leave_job(console: Terminal) -> str:
    """Quit to the shell and ask it how the console ended."""
    console.press("ctrl+c")
    console.wait_for(r"ctrl\+c again")
    console.press("ctrl+c")
    console.wait_for(r"^\$\s*\Z")  # what is typed before the prompt, nobody reads
    console.type("echo code=$?\r")
    return console.wait_for("^code=([0-9]+)").partition("=")[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_on_the_welcome_screen(start: Start, number: signal.Signals) -> None:
    with start(cold=True) as console:
        console.wait_for("There is no configuration yet")
        console.kill(number)
        assert console.wait_exit() == 128 + number
        assert console.left_behind == []
