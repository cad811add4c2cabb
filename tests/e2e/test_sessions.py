"""The way from a row into a machine and back: giving up, OpenSSH instead of ours, odd machines, other sizes."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from gputui.sim.serve import Simulator
from tests.e2e.conftest import Start
from tests.e2e.machine import Machine
from tests.e2e.steps import go, leave, narrow
from tests.e2e.terminal import Terminal

IN_A_SHELL = r"^root@[^ ]+:~#\s*\Z"


@pytest.fixture(scope="module")
def clouds() -> Iterator[Simulator]:
    """Clouds in which nothing happens by itself."""
    with Simulator(calm=True, only=["nsml"]) as served:
        yield served


Enter = Callable[..., Terminal]


@pytest.fixture
def to_a_row(clouds: Simulator, start: Start, tmp_path: Path) -> Enter:
    """A console with a running node chosen; `ssh` is what its profile says about SSH."""

    def begin(environ: dict[str, str] | None = None, **ssh: object) -> Terminal:
        config: Any = clouds.config()
        config["profiles"]["nsml"]["ssh"].update(ssh)
        path = tmp_path / "config.toml"
        path.touch(mode=0o600)
        path.write_text(tomli_w.dumps(config))
        console = start("--config", str(path), environ=environ)
        console.wait_for("● ok")
        go(console, 1, "Nodes · Runs")
        narrow(console, "running")
        return console

    return begin


def back(console: Terminal, words: str) -> None:
    """The console is there again, as it was, works and ends well."""
    console.wait_for(words)
    console.wait_for("/running ")
    assert 1049 in console.emulator.modes
    console.press("?")
    console.wait_for("gputui help")
    console.press("q")
    console.wait_gone("gputui help")
    assert leave(console) == 0
    assert console.left_behind == []


def test_connecting_can_be_given_up_and_holds_nothing_up(to_a_row: Enter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        console = to_a_row(port=silent.getsockname()[1])
        console.press("s")
        console.wait_for("connecting to .*esc")
        console.press("s")
        console.wait_for("one session at a time")
        console.press("?")
        console.wait_for("gputui help")
        console.press("escape")  # leaves the help, no more
        console.wait_gone("gputui help")
        assert "given up" not in console.screen
        console.press("escape")
        back(console, ": given up")


def test_the_banner_is_shown_and_the_shell_knows_our_terminal(to_a_row: Enter) -> None:
    with Machine(banner="Property of \x1b[31m Nobody\n") as machine:
        console = to_a_row(port=machine.port, environ={"TERM": "screen-256color"})
        console.press("s")
        console.wait_for("TERM is screen-256color, 80x24")
        assert "Property of ␛[31m Nobody" in console.screen
        console.press("enter")
        back(console, "exit status 0")


def test_a_machine_that_gives_no_shell_gives_the_console_back(to_a_row: Enter) -> None:
    with Machine(shell=False) as machine:
        console = to_a_row(port=machine.port)
        console.press("s")
        console.wait_for("opened no session")
        console.press("q")
        back(console, "/running ")


def test_a_window_resized_in_a_session_is_a_console_of_the_new_size(to_a_row: Enter) -> None:
    """COLUMNS and LINES, which shells may hand on, say what was true of another window."""
    console = to_a_row(environ={"COLUMNS": "70", "LINES": "20"})
    assert "read-write" in console.lines[23]
    console.press("s")
    console.wait_for(IN_A_SHELL)
    console.resize(120, 36)
    console.type("exit\r")
    console.wait_until(lambda: len(console.lines[35]) > 110 and "read-write" in console.lines[35], "the last line")
    back(console, "exit status 0")


def test_a_profile_may_hand_over_to_openssh(to_a_row: Enter) -> None:
    console = to_a_row(command="ssh")
    console.press("s")
    console.wait_for(IN_A_SHELL)
    assert "ctrl+]" not in console.screen
    console.resize(100, 30)
    console.type("stty size\r")
    console.wait_for("^30 100$")
    console.press("ctrl+c")  # for the machine, not for us
    console.type("exit 3\r")
    console.wait_until(lambda: len(console.lines[29]) > 90, "the last line of a larger console")
    back(console, "exit status 3")


def test_what_openssh_says_when_it_fails_can_be_read(to_a_row: Enter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    console = to_a_row(command="ssh", port=port)
    console.press("s")
    console.wait_for("Connection refused")
    console.wait_for("enter goes back")
    assert 1049 not in console.emulator.modes
    console.press("enter")
    back(console, "exit status 255")


def test_ctrl_c_while_openssh_connects_ends_it_and_not_the_console(to_a_row: Enter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        console = to_a_row(command="ssh", port=silent.getsockname()[1])
        console.press("s")
        held, _ = silent.accept()  # kept: let go of, it would be closed, and ssh end by itself
        with held:
            console.press("ctrl+c")
            back(console, "exit status 130")


def test_an_openssh_that_is_not_there_is_said(to_a_row: Enter) -> None:
    console = to_a_row(command="no-such-ssh")
    console.press("s")
    console.wait_for("no-such-ssh: No such file")
    console.press("q")
    back(console, "/running ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_openssh_has_the_terminal(to_a_row: Enter, number: signal.Signals) -> None:
    console = to_a_row(command="ssh")
    console.press("s")
    console.wait_for(IN_A_SHELL)
    console.kill(number)
    assert console.wait_exit() == 128 + number
    assert console.left_behind == []


def test_a_machine_that_cannot_be_reached_is_told_with_what_to_do(to_a_row: Enter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    console = to_a_row(port=port)
    console.press("s")
    console.wait_for(f"nothing listens at root@127.0.0.1:{port}")
    console.wait_for("is sshd running there")
    console.press("q")
    back(console, "/running ")
