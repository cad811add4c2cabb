"""`ctrl+z`: the shell has a sane terminal until `fg`; where no shell could continue the console, it says so."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.e2e.steps import leave, loaded
from tests.e2e.terminal import Terminal
from tests.e2e.test_terminals import Tmux
from tests.promises.stopping import Job

GOES_ON = "no shell with job control"


@pytest.fixture
def job(gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path) -> Iterator[Job]:
    """The demo as a job of an interactive shell, behind a script of its own group: the shell sees that one only."""
    with ExitStack() as ending:
        job = Job(("sh", "-c", f"'{' '.join(gputui)} \"$@\"; exit'", "sh"), environ, tmp_path)
        ending.enter_context(job.terminal)
        yield job


def test_the_shell_has_a_sane_terminal_until_fg(job: Job) -> None:
    terminal = job.terminal
    for _ in range(2):
        suspend(terminal)
        assert terminal.emulator.left_behind == []
        terminal.type("stty -a | tr ' ;' '\\n\\n' | grep -xE -e '-?(icanon|echo|isig|icrnl)' | xargs\r")
        terminal.wait_for("^icrnl isig icanon echo$")
        terminal.type("fg\r")
        terminal.wait_for("^   NAME +HEALTH")
        terminal.wait_gone("Stopped ")
    terminal.press("?")
    terminal.wait_for("gputui help")
    suspend(terminal)
    terminal.type("fg\r")
    terminal.wait_for("gputui help")
    terminal.press("escape", "ctrl+c")
    terminal.wait_for(r"ctrl\+c again")
    terminal.press("ctrl+c")
    terminal.wait_for(r"^\$\s*\Z")
    assert terminal.emulator.left_behind == []


def suspend(terminal: Terminal) -> None:
    """Press ctrl+z, and wait until the shell says that it is back."""
    mark = len(terminal.output)
    terminal.press("ctrl+z")
    terminal.wait_until(lambda: re.search(rb"Stopped.*\n\$ $", terminal.output[mark:], re.DOTALL), "the shell's prompt")


def test_without_a_shell_that_could_continue_it_it_goes_on_and_says_so(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        console.press("ctrl+z")
        console.wait_for(GOES_ON)
        console.wait_for("^   NAME +HEALTH")
        console.press("?")
        console.wait_for("gputui help")
        console.press("escape")
        console.wait_gone("gputui help")
        assert leave(console) == 0
        assert console.left_behind == []


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_tmux(tmp_path: Path, environ: dict[str, str], gputui: tuple[str, ...]) -> None:
    tmux = Tmux(tmp_path, {**environ, "PS1": "$ "}, ("bash", "--norc", "-i"))
    try:
        tmux.wait_for(r"^\$")
        tmux("send-keys", f"{' '.join(gputui)} demo", "Enter")
        tmux.wait_for("✖ bad")
        tmux("send-keys", "C-z")
        tmux.wait_for("Stopped ")
        assert tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}") == "0 1\n"
        tmux("send-keys", "fg", "Enter")
        tmux.wait_for("✖ bad")
        tmux("send-keys", ":", "q")
        tmux.wait_for("^ +q$")
        tmux("send-keys", "Enter")
        tmux.wait_for(r"^\$\s*\Z")
    finally:
        tmux("kill-server")
