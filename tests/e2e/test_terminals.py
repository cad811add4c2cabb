"""Terminals of all kinds: colours or none, ASCII only, none at all, and tmux."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gputui.ssh.shells.traces import AFTER
from tests.e2e.conftest import Start
from tests.e2e.steps import agree, go, leave, loaded, narrow
from tests.e2e.terminal import DEADLINE, Terminal

WORDS = ("bad", "degraded", "unknown", "changing", "off", "ok")


PLAIN = re.compile(r"(?:3[0-7]|9[0-7]|4[0-24-7])")
INDEXED = re.compile(r"[34]8;5;(?:1[6-9]|[2-9]\d|\d{3})")
NO_COLOURS = re.compile("nothing")


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"TERM": "linux", "COLORTERM": "truecolor"}, PLAIN),
        ({"TERM": "xterm-256color", "COLORTERM": None}, INDEXED),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, NO_COLOURS),
    ],
    ids=["the Linux console", "over SSH", "NO_COLOR"],
)
def test_a_terminal_is_sent_the_colours_it_has(
    start: Start, environ: Mapping[str, str | None], wanted: re.Pattern[str]
) -> None:
    """Over the list, its cursor, a dialog, the menu and the command line."""
    with start("demo", environ={"TMUX": None, "STY": None, **environ}) as console:
        loaded(console)
        words_tell_states(console)
        for key, shown in (("j", ""), ("a", "What can be done"), ("escape", "worst first"), (":", "all machines")):
            console.press(key)
            console.wait_for(shown)
        console.press("escape", "escape")
        assert console.emulator.painted is (wanted is not NO_COLOURS)
        assert [colour for colour in colours_of(console.output) if not wanted.fullmatch(colour)] == []
        assert leave(console) == 0
        assert console.left_behind == []


def colours_of(output: bytes) -> set[str]:
    """The colours in what was sent, each as its part of a sequence: `31`, `38;5;203`, `48;2;1;2;3`."""
    found = re.findall(r"\x1b\[([\d;]*)m", output.decode())
    every = re.compile(r"[34]8;2;\d+;\d+;\d+|[34]8;5;\d+|\d+")
    parts = {part for sequence in found for part in every.findall(sequence)}
    return {part for part in parts if ";" in part or int(part) >= 30}


def words_tell_states(console: Terminal) -> None:
    """Every row of the fleet says its health in a word after its name, worst first."""
    console.wait_until(lambda: all(found in WORDS for found in healths(console)), "rows with words")
    found = healths(console)
    assert len(found) > 10
    assert found == sorted(found, key=WORDS.index)


def healths(console: Terminal) -> list[str]:
    """The word after the name and its glyph, row by row."""
    rows = [line[3:].split() for line in console.lines[3:-2] if line[3:].strip()]
    return [row[2] if len(row) > 3 else "" for row in rows]


def test_ascii_only_is_ascii_everywhere(start: Start) -> None:
    with start("demo", "--ascii") as console:
        loaded(console)
        for place in everywhere(console):
            assert console.screen.isascii(), (place, sorted(set(console.screen) - set(map(chr, range(128)))))
        # Of other scripts there is what the clouds say (a region's name), and no glyph of ours at any time.
        assert not set(console.output.decode()) & set("●○◌✖▲…·›→–×│╭▌▁▔▇🔎")
        assert leave(console) == 0


def everywhere(console: Terminal) -> Iterator[str]:
    """Go through all that draws glyphs: tabs, table, dialog, notice, changes, details, help, command line."""
    yield "the fleet"
    go(console, 1, "Nodes")
    narrow(console, "gpu-node-006")
    yield "a filter"
    console.press("X")
    console.wait_for("y  stop")
    yield "a dialog"
    agree(console, "stop")
    console.wait_for("gpu-node-006 .*~ changing")
    yield "a notice and a change"
    console.press("d")
    console.wait_for("Details of")
    yield "details"
    console.press("q")
    console.wait_gone("Details of")
    console.press("?")
    console.wait_for("gputui help")
    yield "help"
    console.press("q")
    console.wait_gone("gputui help")
    console.press(":")
    console.wait_for("Search for commands")
    yield "the command line"
    console.press("escape")
    console.wait_for("/gpu-node-006 ")
    go(console, 3, "Nodes")
    yield "another tab"


@pytest.mark.parametrize("name", ["dumb", None])
def test_a_terminal_that_cannot_be_drawn_on_is_told_what_to_do_instead(start: Start, name: str | None) -> None:
    with start("demo", environ={"TERM": name}) as console:
        assert console.wait_exit() == 2
        assert "gputui get" in console.screen
        assert b"\x1b" not in console.output
        assert console.left_behind == []


def test_no_terminal_at_all(gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path) -> None:
    ended = subprocess.run(
        [*gputui, "demo"], env=environ, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE
    )
    assert ended.returncode == 2
    assert ended.stdout == b""
    assert b"terminal" in ended.stderr and b"gputui get" in ended.stderr
    assert b"\x1b" not in ended.stderr


def test_a_terminal_without_a_keyboard(gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path) -> None:
    """Keys come from stdin: where that is something else, nobody could leave the console again."""
    words = " ".join(gputui)
    with Terminal(["sh", "-c", f"{words} demo </dev/null; echo code=$?"], environ=environ, folder=tmp_path) as console:
        console.wait_for("^code=2$")
        assert "gputui get" in console.screen
        assert b"\x1b" not in console.output


def test_a_terminal_that_knows_no_size_is_drawn_on_as_80x24(start: Start) -> None:
    """As over a serial line."""
    with start("demo", size=(0, 0)) as console:
        console.wait_until(lambda: b"worst first" in console.output, "the fleet")
        console.resize(80, 24)
        loaded(console)
        console.emulator.feed(b"\x1b[2;3HBroadcast message: going down for maintenance")
        assert "Broadcast message" in console.screen
        console.press("\x0c")
        console.wait_gone("Broadcast message")
        assert leave(console) == 0
        assert console.left_behind == []


def test_with_the_mouse_a_tab_and_a_title_take_clicks(start: Start) -> None:
    with start("demo", "--mouse") as console:
        loaded(console)
        click(console, console.lines[0].index("samsu"), 0)
        console.wait_for("Nodes 64 · Fabrics")
        console.wait_for("^ ▌ gpu-node-007")
        click(console, console.lines[2].index("NAME"), 2)
        console.wait_for("NAME↑")
        assert leave(console) == 0
        assert console.left_behind == []


def click(console: Terminal, x: int, y: int) -> None:
    """Press and release the left button, as a terminal reports it (SGR)."""
    console.burst(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m")


class Tmux:
    """One session of a tmux server of our own, 80 x 24, with a shell that runs a command."""

    def __init__(self, folder: Path, environ: Mapping[str, str], command: tuple[str, ...]) -> None:
        self._environ = {**environ, "TMUX_TMPDIR": str(folder)}
        self._folder = folder
        self(
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            "sh",
            "-c",
            '"$@"; echo left with $?; read line',
            "sh",
            *command,
        )

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", "gputui-e2e", "-f", "/dev/null", *words],
            env=self._environ,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait_for(self, wanted: str) -> str:
        """Until the pattern is in the pane; returns the pane."""
        end = time.monotonic() + DEADLINE
        while not re.search(wanted, pane := self("capture-pane", "-p"), re.MULTILINE):
            assert time.monotonic() < end, f"waited for {wanted!r}; the pane shows:\n{pane}"
            time.sleep(0.05)
        return pane


@pytest.fixture
def tmux(tmp_path: Path, environ: dict[str, str], gputui: tuple[str, ...]) -> Iterator[Tmux]:
    """The demo in tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    session = Tmux(tmp_path, environ, (*gputui, "demo"))
    yield session
    session("kill-server")


def test_a_pane_that_is_killed_takes_the_console_with_it(tmux: Tmux, tmp_path: Path) -> None:
    tmux.wait_for("✖ bad")
    shell = tmux("display-message", "-p", "#{pane_pid}").strip()
    [console] = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    tmux("set-option", "-g", "exit-empty", "off")
    tmux("kill-pane")
    end = time.monotonic() + DEADLINE
    while Path(f"/proc/{console}").exists():
        assert time.monotonic() < end, "the console goes on without its terminal"
        time.sleep(0.05)
    assert not list(tmp_path.glob("gputui-demo-*"))


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize("left", ["", "\x1b[?1049h\x1b[9;9Hfull screen"], ids=["on the first screen", "on the second"])
def test_what_a_session_leaves_in_tmux_moves_no_cursor(tmp_path: Path, environ: dict[str, str], left: str) -> None:
    """tmux keeps the place of the cursor from the second screen's last time; a console has just left that."""
    said = f"\x1b[?1049h\x1b[?1049lone\r\ntwo\r\n{left}{AFTER.decode()}three\r\n"
    tmux = Tmux(tmp_path, environ, ("printf", "%s", said))
    try:
        assert tmux.wait_for("^left with 0").splitlines()[:4] == ["one", "two", "three", "left with 0"]
    finally:
        tmux("kill-server")


def test_in_tmux(tmux: Tmux) -> None:
    tmux.wait_for("✖ bad")
    tmux("send-keys", "1")
    tmux.wait_for(r"Nodes( \d+)? · Fabrics")
    pane = tmux.wait_for("^ ▌ gpu-node-007 +✖ bad +ERROR")
    assert len(pane.splitlines()) == 24
    assert pane.splitlines()[-1].endswith("read-write")
    tmux("send-keys", "d")
    tmux.wait_for("Details of gpu-node-007")
    tmux("send-keys", "Escape")
    tmux.wait_for(r"Nodes( \d+)? · Fabrics")
    tmux("resize-window", "-x", "100", "-y", "30")
    tmux.wait_for("^.{80,90}● read-write$")
    # Back to its old size: tmux itself leaves lines of whatever filled a larger window on the first screen.
    tmux("resize-window", "-x", "80", "-y", "24")
    tmux.wait_for("^.{60,70}● read-write$")
    tmux("send-keys", "C-c")
    tmux.wait_for(r"ctrl\+c again")
    tmux("send-keys", "C-c")
    assert tmux.wait_for("^left with").startswith("left with 0\n\n")
    assert tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}") == "0 1 0\n"
