"""A request's body in the person's own editor: lent the terminal, judged by line, secrets never on the disk."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gputui.core.problem import Failed
from gputui.ui.form.editor import FALLBACK, command
from gputui.ui.widgets.timed_dialog import DEAD_SECONDS
from tests.e2e.terminal import Terminal
from tests.pilot.form_app import DOCUMENTED, form

PASSWORD = "Tr0ub4dor&3"
EDITOR = """#!/bin/sh
# Notes what it is given; does what stands in `plan`, one line each time.
log={folder}/log
{{ echo "args $*"; stat -c 'modes %a' "$(dirname "$2")" "$2"; cat "$2"; tty <&0; }} >> $log 2>&1
cat "$2" > {folder}/seen.$(ls {folder} | grep -c '^seen')
touch "$(dirname "$2")/.swap"
plan=$(head -n 1 {folder}/plan); sed -i 1d {folder}/plan
eval "$plan"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "editor"
    path.mkdir()
    (tmp_path / "tmp").mkdir()
    script = path / "my editor"
    script.write_text(EDITOR.format(folder=path))
    script.chmod(0o755)
    return path


@pytest.fixture
def begin(folder: Path, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the form on a terminal, with an editor that follows these plans."""
    running: list[Terminal] = []

    def start(*plan: str, editor: str = "") -> Terminal:
        (folder / "plan").write_text("".join(f"{line}\n" for line in plan))
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HOME": str(tmp_path),
            "TMPDIR": str(tmp_path / "tmp"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "EDITOR": editor or f"'{folder}/my editor' --wait",
        }
        words = [sys.executable, "-m", "tests.pilot.form_app", "documented"]
        running.append(Terminal(words, environ=environ, folder=tmp_path))
        return running[-1].__enter__()

    yield start
    for terminal in running:
        terminal.__exit__()


def fill(terminal: Terminal) -> None:
    """Fill the form in, then have it as a file."""
    terminal.wait_for("▌ Name")
    terminal.type("one")
    terminal.press("tab", "tab")
    terminal.wait_for("▌ Root password")
    terminal.type(PASSWORD)
    terminal.wait_for("•" * len(PASSWORD))
    terminal.wait_gone("to do")
    time.sleep(DEAD_SECONDS)  # a form too young to have been read goes nowhere
    terminal.press("ctrl+e")


def said(terminal: Terminal, words: str) -> None:
    """Until a notice says these words, on as many lines as it needs."""
    terminal.wait_until(lambda: words in " ".join(terminal.screen.replace("▌", " ").split()), words)


def nothing_left(tmp_path: Path) -> bool:
    return not list((tmp_path / "tmp").iterdir())


def test_the_body_is_edited_judged_by_line_and_handed_over(
    begin: Callable[..., Terminal], folder: Path, tmp_path: Path
) -> None:
    terminal = begin("sed -i 's/: 2/: 99/' \"$2\"", "sed -i 's/: 99/: 5/' \"$2\"")
    fill(terminal)
    terminal.wait_for("a mistake in the file")
    said(terminal, 'line 3 count "count": 99, of')
    said(terminal, '"password": ***')  # the complaint quotes what it was given
    assert PASSWORD not in terminal.screen
    terminal.press("e")
    assert terminal.wait_exit() == 0
    assert re.search(r"body=\{'name': 'one', 'count': 5, 'password': '" + re.escape(PASSWORD), _flat(terminal))
    log = (folder / "log").read_text()
    assert log.count("args --wait ") == 2
    assert log.count("modes 700") == log.count("modes 600") == 2
    assert "/dev/pts/" in log
    seen = sorted(folder.glob("seen.*"))
    assert [(PASSWORD in one.read_text(), '"password": "***"' in one.read_text()) for one in seen] == [
        (False, True)
    ] * 2
    assert '"count": 99' in seen[1].read_text()  # what was typed is not lost
    assert nothing_left(tmp_path)


def _flat(terminal: Terminal) -> str:
    """What the app printed at its end, without the line breaks of the terminal."""
    return terminal.output.decode().rpartition("Filled(")[2].replace("\r\n", "")


def test_mistakes_may_be_dropped_and_the_form_is_still_there(begin: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = begin('printf \'{"name": 1,\\n}\' > "$2"')
    fill(terminal)
    terminal.wait_for("line 2  this is not JSON")
    time.sleep(DEAD_SECONDS)  # nor does an escape that was meant for the editor drop anything
    terminal.press("escape")
    terminal.wait_gone("a mistake")
    terminal.wait_for("▌ Root password")
    assert nothing_left(tmp_path)
    terminal.press("ctrl+s")
    assert terminal.wait_exit() == 0
    assert "body=None" in _flat(terminal)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("exit 3", "ended with exit status 3"),
        ("kill -9 $$", "ended with signal 9"),
        ('rm "$2"', "the edited file cannot be read: No such file"),
        ("printf '\\377' > \"$2\"", "the edited file is not UTF-8"),
        ('head -c 1000001 /dev/zero > "$2"', "larger than 1,000,000 bytes"),
        (":", "nothing was changed in the file"),
    ],
)
def test_what_goes_wrong_is_said_and_nothing_is_taken(
    begin: Callable[..., Terminal], tmp_path: Path, plan: str, words: str
) -> None:
    terminal = begin(plan)
    fill(terminal)
    said(terminal, words)
    terminal.wait_for("▌ Root password")
    assert nothing_left(tmp_path)
    assert terminal.runs


def test_an_editor_that_is_not_there_is_said(begin: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = begin(editor="no-such-editor-anywhere")
    fill(terminal)
    terminal.wait_for("no-such-editor-anywhere")
    terminal.wait_for("▌ Root password")
    assert nothing_left(tmp_path)


def test_ctrl_c_is_for_the_editor(begin: Callable[..., Terminal], folder: Path, tmp_path: Path) -> None:
    terminal = begin(f"trap 'echo caught > {folder}/caught; exit 4' INT; echo edit''ing; while :; do sleep 0.05; done")
    fill(terminal)
    terminal.wait_for("editing")
    terminal.press("ctrl+c")
    said(terminal, "ended with exit status 4")
    assert (folder / "caught").exists()
    assert terminal.runs
    assert nothing_left(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_end_while_editing_leaves_no_file_and_no_editor(
    begin: Callable[..., Terminal], tmp_path: Path, number: signal.Signals
) -> None:
    terminal = begin("echo edit''ing; trap '' HUP; while :; do sleep 0.05; done")
    fill(terminal)
    terminal.wait_for("editing")
    terminal.kill(number)
    assert terminal.wait_exit() == 128 + number
    assert nothing_left(tmp_path)
    assert not terminal.orphans


async def test_without_a_terminal_to_lend_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with form(DOCUMENTED) as here:
        await here.type("one")
        await here.go("password")
        await here.type(PASSWORD)
        await here.until(lambda: here.form.ripe)
        await here.press("ctrl+e")
        await here.until(lambda: here.app._notifications)
        (notice,) = here.app._notifications
        assert "no terminal to lend" in notice.message
        assert not list(tmp_path.iterdir())
        assert not here.app.closed
        assert not here.app.paused


async def test_a_bug_in_building_the_request_is_said() -> None:
    def bug(items: Any, inputs: Any) -> Any:
        raise KeyError("oops")

    async with form(replace(DOCUMENTED, request=bug), draft={"name": "one"}) as here:
        await here.go("password")
        await here.type(PASSWORD)
        await here.until(lambda: here.form.ripe)
        await here.press("ctrl+e")
        await here.until(lambda: here.app._notifications)
        (notice,) = here.app._notifications
        assert notice.message == "bug of gputui: KeyError in Form._as_file (see the log)\nplease report it"


async def test_the_file_needs_a_form_without_complaints() -> None:
    async with form(DOCUMENTED) as here:
        await here.until(lambda: here.form.ripe)
        await here.press("ctrl+e")
        assert here.note("name") == "✖ is needed"
        assert not here.app._notifications


def test_the_editor_is_visual_then_editor_then_vi_split_as_a_shell_would() -> None:
    assert command({"VISUAL": "code --wait", "EDITOR": "ed"}) == ["code", "--wait"]
    assert command({"VISUAL": " ", "EDITOR": "'/my apps/ed' -x"}) == ["/my apps/ed", "-x"]
    assert command({"EDITOR": "ed; rm -rf /"}) == ["ed;", "rm", "-rf", "/"]
    assert command({}) == [FALLBACK]
    with pytest.raises(Failed, match="No closing quotation"):
        command({"EDITOR": "'ed"})
