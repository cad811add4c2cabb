"""However the console ends, the terminal comes back, the process is gone at once and its files with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.e2e.steps import go, loaded, narrow
from tests.e2e.terminal import Terminal

PROMISED = 2.0
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
    with start("demo") as console:
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
    ignored: tuple[signal.Signals, ...],
    where: str,
) -> None:
    with Terminal([*gputui, "demo"], environ=environ, folder=tmp_path, ignored=ignored) as console:
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
    with start("demo") as console:
        time.sleep(delay)  # moments of the start, not an effect to wait for
        insist(console)
        assert console.wait_exit() in (0, 128 + signal.SIGINT, -signal.SIGINT)
        assert console.left_behind == []
        assert files_left(tmp_path) == []


def insist(console: Terminal) -> None:
    """Press ctrl+c again and again, as people do."""
    end = time.monotonic() + PROMISED + SLACK
    while console.runs and time.monotonic() < end:
        console.press("ctrl+c")
        time.sleep(0.1)


def into_a_shell(console: Terminal) -> None:
    """Open a session on a running node."""
    go(console, 2, "Nodes · Runs")
    narrow(console, "running")
    console.press("s")
    console.wait_for(r"^root@[^ ]+:~#\s*\Z")


def test_stopped_and_brought_back_by_a_shell(
    gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path
) -> None:
    """SIGTSTP, as `kill -TSTP` or a job-control shell sends it: the terminal is the shell's, and `fg` draws again."""
    (tmp_path / "inputrc").write_text("set enable-bracketed-paste off\n")  # a mode of the shell's own
    of_the_shell = {**environ, "PS1": "$ ", "INPUTRC": str(tmp_path / "inputrc")}
    with Terminal(["bash", "--norc", "-i"], environ=of_the_shell, folder=tmp_path) as console:
        console.wait_for(r"^\$ ?\Z|\$$")
        console.type(f"{' '.join(gputui)} demo\r")
        loaded(console)
        os.kill(console.child, signal.SIGTSTP)
        console.wait_for("Stopped")
        assert console.emulator.left_behind == []
        console.type("fg\r")
        console.wait_for("^   NAME +HEALTH")  # lines that never change by themselves are there again too
        loaded(console)
        assert leave_job(console) == "0"


def leave_job(console: Terminal) -> str:
    """Quit to the shell and ask it how the console ended."""
    console.press("ctrl+c")
    console.wait_for(r"ctrl\+c again")
    console.press("ctrl+c")
    console.wait_for(r"demo\n\$\s*\Z")  # what is typed before the prompt, nobody reads
    console.type("echo code=$?\r")
    return console.wait_for("^code=([0-9]+)").partition("=")[2]
