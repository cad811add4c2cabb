"""The outline of the console, on the terminal before anything is imported, and whatever may happen until it is more."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gputui.commands.opening import Opening, harmless
from gputui.core.own_files import replace_own
from tests.e2e.steps import leave
from tests.e2e.terminal import Terminal
from tests.e2e.test_first_frame import configure, keep_a_list

WAITING = """
import os, sys, time
class Waiting:
    def find_spec(self, name, path=None, target=None):
        if name == "gputui.cli":
            open("begun", "w").close()
        while name == "textual" and not os.path.exists("go"):
            time.sleep(0.01)
sys.meta_path.insert(0, Waiting())
from gputui.commands.process import run
run()
"""
URL = "http://127.0.0.1:9"
GROUND = "48;2;23;28;37"
OUTLINE = ("\x1b[H gputui ", "\x1b[3;1H NAME HEADS\x1b[24;1H\x1b[1m d\x1b[0m Details ")
Begin = Callable[..., Terminal]


@pytest.fixture
def begin(tmp_path: Path, environ: Mapping[str, str]) -> Begin:
    """Starts a console that waits for the file `go` before it imports what draws it, where an outline was kept."""

    def begun(
        *argv: str,
        size: tuple[int, int] = (80, 24),
        more: str = "",
        ground: str = GROUND,
        changed: bool = False,
        term: str = "xterm-256color",
    ) -> Terminal:
        there = {**environ, "TERM": term}
        configure(tmp_path, URL)
        keep_a_list(tmp_path, URL)
        config = tmp_path / "config" / "config.toml"
        config.write_text(more + config.read_text())
        text = Opening([], there).kept(str(config), (80, 24), (ground, *OUTLINE))
        replace_own(tmp_path / "state" / "splash", text.encode())
        if changed:
            os.utime(config, ns=(1, 1))
        command = [sys.executable, "-c", WAITING, *argv]
        columns, rows = size
        return Terminal(command, environ=there, folder=tmp_path, columns=columns, rows=rows)

    return begun


def test_it_is_there_first_and_the_console_draws_over_it(begin: Begin, tmp_path: Path) -> None:
    """Keys typed meanwhile are not lost, nor shown by the terminal."""
    with begin() as console:
        console.wait_for("HEADS")
        console.burst("/node-2")
        assert [line.strip() for line in console.lines if line.strip()] == ["gputui", "NAME HEADS", "d Details"]
        (tmp_path / "go").touch()
        console.wait_for("✖ bad")
        console.wait_for("^ /node-2|^ node-2")
        console.wait_gone("node-1|HEADS")
        assert console.output.count(b"\x1b[?1049h") == 1, "entered again, it is cleared in between"
        console.press("escape")
        console.wait_until(lambda: "HEADS" not in (tmp_path / "state" / "splash").read_text(), "its own outline")
        assert leave(console) == 0
        assert console.left_behind == []
    _, _, size, _, title, rest = (tmp_path / "state" / "splash").read_text().split("\n")
    assert size == "80 24" and "gputui" in title and "NAME" in rest and "Details" in rest
    assert "bad" not in title + rest and "node-1" not in rest and "✖" not in title + rest, "nothing that may be over"
    assert harmless(title + rest)


def test_a_key_typed_before_there_was_a_row_to_see_does_nothing_to_one(begin: Begin, tmp_path: Path) -> None:
    with begin() as console:
        console.wait_for("HEADS")
        console.burst("s")
        (tmp_path / "go").touch()
        console.wait_for("typed before there was anything to see: not taken")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_takes_it_back(begin: Begin, number: signal.Signals) -> None:
    with begin() as console:
        console.wait_for("HEADS")
        console.kill(number)
        assert console.wait_exit() == -number
        assert console.left_behind == []
        assert not console.screen.strip()


def test_ctrl_c_takes_it_back(begin: Begin) -> None:
    with begin() as console:
        console.wait_for("HEADS")
        console.press("ctrl+c")
        assert console.wait_exit() == 130
        assert console.left_behind == []
        assert not console.screen.strip()


def test_what_is_said_is_not_written_into_it(begin: Begin) -> None:
    with begin(more="none_such = 1\n") as console:
        console.wait_for("none_such")
        assert "HEADS" not in console.screen
        assert not console.emulator.left_behind


def test_a_window_of_another_size_gets_the_title_alone(begin: Begin) -> None:
    with begin(size=(100, 30)) as console:
        console.wait_for("^ gputui")
        assert "HEADS" not in console.screen


@pytest.mark.parametrize("other", ["options", "configuration", "file", "terminal"])
def test_another_start_does_not_begin_with_it(begin: Begin, tmp_path: Path, other: str) -> None:
    argv = ["--read-only"] if other == "options" else []
    ground = "0m\x1b]0;title\x07" if other == "file" else GROUND
    term = "linux" if other == "terminal" else "xterm-256color"
    with begin(*argv, changed=other == "configuration", ground=ground, term=term) as console:
        console.wait_until((tmp_path / "begun").exists, "the first import after it")
        assert console.output == b""


@pytest.mark.parametrize(
    ("picture", "is_harmless"),
    [
        ("\x1b[H\x1b[1;38;2;1;2;3m gputui \x1b[m", True),
        ("plain", True),
        ("\x1b[2J", False),
        ("\x1b]52;c;aGk=\x07", False),
        ("\x1b[1m\x1bc", False),
        ("\x1b[?1049lm", False),
        ("a\nb", False),
        ("\x9b5n", False),
        ("\u202e", False),
    ],
)
def test_whoever_wrote_the_file_it_only_draws(picture: str, is_harmless: bool) -> None:
    assert harmless(picture) == is_harmless
