"""From the results of a run into one of its machines and back: `s` on a group asks which one where it has several."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w

from gputui.sim.serve import Simulator
from gputui.ui.widgets.timed_dialog import DEAD_SECONDS
from tests.e2e.conftest import Start
from tests.e2e.steps import PATIENCE, go, leave, narrow
from tests.e2e.terminal import Terminal

IN_A_SHELL = r"^root@[^ ]+:~#\s*\Z"


@pytest.fixture
def console(start: Start, tmp_path: Path) -> Iterator[Terminal]:
    """A console with the running nodes shown."""
    with Simulator(calm=True, only=["nsml"]) as clouds:
        path = tmp_path / "config.toml"
        path.touch(mode=0o600)
        path.write_text(tomli_w.dumps(clouds.config()))
        console = start("--config", str(path), size=(120, 30))
        console.wait_for("● ok")
        go(console, 1, "Nodes · Runs")
        narrow(console, "running")
        yield console


def run(console: Terminal, command: str, *marked: str) -> None:
    """Mark rows, by the keys that lead there, and run a command on them."""
    console.press(*marked)
    console.wait_for(f"{marked.count('space')} marked")
    console.press("!")
    console.wait_for(r"^ \$ |[Rr]un .* on")
    time.sleep(DEAD_SECONDS)  # what comes before it can have been read does not count
    console.type(command)
    console.wait_for(command)
    for _ in range(PATIENCE):  # on a loaded machine it may come in one piece with what was typed, and not count
        console.press("enter")
        with contextlib.suppress(AssertionError):
            console.wait_gone("commands of before", within=2.0)
            return


def back_in_the_results(console: Terminal, command: str) -> None:
    """The results are there again as they were, and lead back to the list."""
    console.type("exit\r")
    console.wait_for("exit status 0")
    console.wait_for(rf"^ \$ {command}")
    assert 1049 in console.emulator.modes
    console.press("escape")
    console.wait_for("/running ")
    assert leave(console) == 0
    assert console.left_behind == []


def hostname(console: Terminal) -> str:
    """What the machine that the session is on calls itself."""
    console.wait_for(IN_A_SHELL)
    console.type("hostname\r")
    return console.wait_for(r"# hostname\n[^ ]+\nroot@").split("\n")[1]


def test_one_machine_of_the_results_is_entered_at_once(console: Terminal) -> None:
    run(console, "hostname", "space")
    console.wait_for("e Save")
    said = console.wait_for(r"^.*exit 0 .*$")
    console.press("s")
    assert hostname(console) in said
    back_in_the_results(console, "hostname")


def test_of_several_that_said_the_same_it_is_asked_which_one(console: Terminal) -> None:
    run(console, "uname", "space", "down", "space", "down", "space")
    console.wait_for(r"▸ 3 exit 0")
    console.press("s")
    console.wait_for("SSH into which one")
    time.sleep(DEAD_SECONDS + 0.2)
    asked = [line.strip(" │▌") for line in console.lines]
    console.press("down", "down", "enter")
    name = hostname(console)
    third = [line for line in asked[asked.index("SSH into which one?") + 1 :] if line][2]
    assert name.split("-")[0] in third
    back_in_the_results(console, "uname")


def test_who_chooses_none_stays_in_the_results(console: Terminal) -> None:
    run(console, "uname", "space", "down", "space")
    console.wait_for(r"▸ 2 exit 0")
    console.press("s")
    console.wait_for("SSH into which one")
    console.press("escape")
    console.wait_gone("SSH into which one")
    console.wait_for(r"^ \$ uname")
    console.press("escape")
    console.wait_for("/running ")
    assert leave(console) == 0
