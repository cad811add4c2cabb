"""What a person does at the console, in steps that each wait for their effect on the screen."""

from __future__ import annotations

import contextlib
import re
import time

from gputui.ui.terminal.type_ahead import BURST_GAP
from gputui.ui.widgets.timed_dialog import DEAD_SECONDS
from tests.e2e.terminal import Terminal

PATIENCE = 5
CLOUDS = ("samsung", "nsml", "hosted", "runai", "datenfab")


def loaded(console: Terminal) -> None:
    """Until every cloud has been read."""
    console.wait_for("all machines, worst first")
    console.wait_for(r"[✖X] bad ")
    console.wait_gone("connecting: ")
    console.wait_until(lambda: all(machines_of(console, cloud) for cloud in CLOUDS), "a line of every cloud")


def machines_of(console: Terminal, cloud: str) -> bool:
    """Whether the fleet shows a machine of that profile."""
    return any(f" {cloud} " in line for line in console.lines[2:])


def go(console: Terminal, number: int, views: str) -> None:
    """Go to a tab; `views` are the first it has."""
    console.press(str(number))
    console.wait_until(lambda: views_shown(console).startswith(views), f"the views {views}")
    console.wait_gone("reading…")


def views_shown(console: Terminal) -> str:
    """The second line, without how many rows each view has."""
    return re.sub(r" \d+(?=$| ·|  )", "", console.lines[1]).strip()


def narrow(console: Terminal, expression: str) -> None:
    """Type a filter; afterwards the first row it leaves is chosen."""
    console.press("/")
    console.wait_for("^ filter: words")
    console.type(expression)
    console.wait_for(f"^ {expression} *(▌|$)")
    console.press("enter")
    console.wait_gone(f"^ {expression} *(▌|$)")  # a key right behind the enter would come in one burst with it
    console.wait_for(f"/{expression} ")
    console.wait_for(r"^ [▌>] ")


def command(console: Terminal, words: str) -> None:
    """Give a command on the command line."""
    console.press(":")
    console.wait_for("Search for commands")
    console.type(words)
    console.wait_for(f"{words}$")
    console.press("enter")


def agree(console: Terminal, verb: str) -> None:
    """Say yes to the dialog, once it has been there long enough to have been read.

    A person reads, for what comes sooner does not count; on a loaded machine its time begins late: they say it again.
    """
    console.wait_for(f"y  {verb}")
    for _ in range(PATIENCE):
        time.sleep(DEAD_SECONDS + 0.1)
        console.press("y")
        with contextlib.suppress(AssertionError):
            console.wait_gone(f"y  {verb}", within=2.0)
            return
    console.wait_gone(f"y  {verb}")


def sign(console: Terminal, verb: str, name: str) -> None:
    """Type the name that a dialog wants, once it has been there long enough to have been read."""
    console.wait_for(f"press Enter to {verb}")
    time.sleep(DEAD_SECONDS + 0.4)
    console.type(name)
    console.wait_for(f"[▊›] +{re.escape(name)} ")
    time.sleep(2 * BURST_GAP)
    console.press("enter")  # in one burst with the name it would not count
    console.wait_gone("press Enter to")


def leave(console: Terminal) -> int:
    """Quit as everybody does; returns the exit code."""
    console.press("ctrl+c")
    console.wait_for(r"ctrl\+c again")
    console.press("ctrl+c")
    return console.wait_exit()
