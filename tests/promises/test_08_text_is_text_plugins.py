"""Promise 8, of a provider's package: no text that it gives, whatever it is for, commands the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.e2e.steps import leave
from tests.promises.hostile_stranger import EVIL
from tests.promises.test_08_text_is_text import evil_in

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """With the stranger's package installed, and a profile of it."""
    info = tmp_path / "site" / "stranger-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gputui.providers]\nstranger = tests.promises.hostile_stranger:PROVIDER\n")
    (tmp_path / "config").mkdir()
    path = tmp_path / "config" / "config.toml"
    path.touch(mode=0o600)
    path.write_text('[profiles.mine]\nprovider = "stranger"\n')
    return environ | {"PYTHONPATH": f"{tmp_path / 'site'}:{ROOT}"}


def test_the_instrument_finds_it() -> None:
    assert evil_in(EVIL.encode())


def test_no_text_of_a_provider_reaches_the_terminal_raw(start: Start) -> None:
    with start(size=(160, 40)) as console:
        console.wait_for("box-2")
        console.press("1")
        console.wait_for("^ Machines")
        console.press("down")
        console.wait_for("^ ▌ box-0")
        for key, shows in (("d", "^ Details of"), ("y", "^ JSON of"), ("l", "^ Logs"), ("question_mark", "verbs of")):
            console.press("?" if key == "question_mark" else key)
            console.wait_for(shows)
            console.press("q")
            console.wait_for("box-2")
        for key, shows in (("a", "What can be done"), ("c", "Copy of"), ("b", "Links of")):
            console.press(key)
            console.wait_for(shows)
            console.press("escape")
            console.wait_gone(shows)
        console.press("s")
        console.wait_for("no SSH|␛")
        console.press("R")
        console.wait_for("Size")
        console.press("enter")
        console.press("escape")
        console.press("escape")
        console.wait_for("box-2")
        console.press("tab")
        console.wait_for("server error")
        assert console.emulator.clipboard == []
        assert console.emulator.titles == []
        assert leave(console) == 0
        assert evil_in(console.output) == []


@pytest.mark.parametrize("words", [("get", "machines"), ("get", "racks"), ("get", "fleet", "-o", "csv", "--raw")])
def test_nor_does_it_in_a_command(words: tuple[str, ...], start: Start) -> None:
    with start(*words, size=(160, 40)) as console:
        console.wait_for(r"box-2|server error")
        console.wait_exit()
        assert evil_in(console.output) == []
        assert not re.search("[\u202e\u200b\x9b]", console.output.decode())
