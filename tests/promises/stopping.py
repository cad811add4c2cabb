"""A console that a job-control shell has started, brought to a place, stopped and continued in every way."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.steps import go, loaded, narrow
from tests.e2e.terminal import Terminal

PROMISED = 1.0
SLACK = 4.0
"""Seconds a busy machine may add."""
IN_A_SHELL = r"^root@[^ ]+:~#\s*\Z"
EDITOR = "the file is open"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in the console: how one gets there, what is then on the screen, how one gets back to the list."""

    enter: Callable[[Terminal], object]
    shown: str
    leave: Callable[[Terminal], object]
    ours: bool = True
    """Whether the console draws there, so that what the shell has written goes."""


def _dialog(console: Terminal) -> None:
    go(console, 1, "Nodes")
    narrow(console, "gpu-node-006")
    console.press("X")
    console.wait_for("Stop gpu-node-006")


def _form(console: Terminal) -> None:
    go(console, 5, "Instances")
    console.press("N")
    console.wait_for("^ New instance in datenfab")


def _editor(console: Terminal) -> None:
    go(console, 4, "Inferences")
    console.press("N")
    console.wait_for("enter chooses from 5")
    console.type("one")
    console.press("tab", "tab")
    console.wait_for("▌ Project")
    console.press("enter")
    console.wait_for("filter: ")
    console.press("enter")
    console.wait_for("▌ Cluster +prod")
    console.press("tab")
    console.type("image")
    console.wait_gone("to do$")
    console.press("ctrl+e")
    console.wait_for(EDITOR)


def _session(console: Terminal) -> None:
    go(console, 2, "Nodes · Runs")
    narrow(console, "running")
    console.press("s")
    console.wait_for(IN_A_SHELL)


def _out_of_the_session(console: Terminal) -> None:
    console.press("enter")
    console.wait_for(IN_A_SHELL)
    console.type("exit\r")
    console.wait_for("exit status 0")


def _out_of_the_editor(console: Terminal) -> None:
    console.press("enter")
    console.wait_for("^ Create inference in runai")
    console.press("escape")
    console.wait_gone("^ Create inference in runai")


def _escape(console: Terminal) -> None:
    console.press("escape")


PLACES = {
    "the list": Place(lambda console: None, "^   NAME +HEALTH", lambda console: None),
    "a dialog": Place(_dialog, "Stop gpu-node-006", _escape),
    "a form": Place(_form, "^ New instance in datenfab", _escape),
    "an editor": Place(_editor, EDITOR, _out_of_the_editor, ours=False),
    "a session": Place(_session, "root@", _out_of_the_session, ours=False),
}


class Job:
    """The console as a job of the shell that is on the terminal."""

    def __init__(self, gputui: tuple[str, ...], environ: Mapping[str, str], folder: Path) -> None:
        (folder / "inputrc").write_text("set enable-bracketed-paste off\n")  # a mode of the shell's own
        editor = folder / "editor"
        editor.write_text(f"#!/bin/sh\necho {EDITOR}\nread nothing\n")
        editor.chmod(0o755)
        own = {**environ, "PS1": "$ ", "INPUTRC": str(folder / "inputrc"), "EDITOR": str(editor)}
        self.terminal = Terminal(["bash", "--norc", "-i"], environ=own, folder=folder)
        self.terminal.wait_for(r"^\$ ?\Z|\$$")
        self.terminal.type(f"{' '.join(gputui)} demo\r")
        loaded(self.terminal)
        self.pid = self.terminal.child
        self._mark = 0

    def kill(self, *numbers: signal.Signals) -> None:
        """Send the console these signals, one right behind the other."""
        self._mark = len(self.terminal.output)
        for number in numbers:
            os.kill(self.pid, number)

    def goes_on(self) -> bool:
        """Whether it goes on. A shell that had its turn between two signals has taken the terminal: then by `fg`."""
        if self.stopped and b"Stopped" in self.terminal.output[self._mark :]:
            self._mark = len(self.terminal.output)
            self.terminal.type("fg\r")
        return not self.stopped

    def stop_and_fg(self, number: signal.Signals) -> None:
        """Have it stopped, use the shell, bring it back."""
        self.stop(number)
        self._mark = len(self.terminal.output)
        self.terminal.type("stty sane; fg\r")
        try:
            self.terminal.wait_until(lambda: not self.stopped, "it to go on", 5.0)
        except AssertionError:  # a letter typed while the terminal changed hands was lost
            self.terminal.type("fg\r")
            self.terminal.wait_until(lambda: not self.stopped, "it to go on")

    def stop(self, number: signal.Signals) -> None:
        """Have it stopped and the shell say so."""
        self.kill(number)
        mark, terminal = self._mark, self.terminal
        terminal.wait_until(
            lambda: b"Stopped" in terminal.output[mark:] or (self.stopped and "Stopped" in terminal.screen),
            "the shell to notice",
        )

    @property
    def stopped(self) -> bool:
        """Whether the process is stopped."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].startswith("T")

    def wait_gone(self) -> float:
        """Until the process has ended; after how many seconds."""
        begun = time.monotonic()
        self.terminal.wait_until(lambda: not Path(f"/proc/{self.pid}").exists(), "the console to end", PROMISED + SLACK)
        return time.monotonic() - begun

    def code(self) -> str:
        """What the shell, whose terminal is as before, says of the end."""
        terminal = self.terminal
        terminal.type("\r")
        terminal.wait_for(r"^\$\s*\Z")
        terminal.type("echo code=$?; stty -a | grep -Eo ' -?(icanon|echo|isig|icrnl)' | xargs\r")
        terminal.wait_for("^icanon|^isig")
        assert terminal.line("isig").split() and "-" not in terminal.line("isig")
        assert terminal.emulator.left_behind == []
        return terminal.wait_for("^code=([0-9]+)").partition("=")[2]
