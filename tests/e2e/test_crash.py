"""A bug of our own: said with its traceback, without a secret, and the terminal comes back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gputui.config import providers
from gputui.core.provider import Provider
from gputui.sim.run import write_private
from gputui.sim.serve import Simulator
from tests.e2e.conftest import Start
from tests.e2e.steps import loaded, views_shown
from tests.e2e.terminal import Terminal


@pytest.fixture
def gputui() -> tuple[str, ...]:
    """The command, with a bug in it."""
    return (sys.executable, str(Path(__file__).with_name("crash_app.py")))


@pytest.fixture
def clouds() -> Iterator[Simulator]:
    """The embedded clouds, in which nothing happens by itself."""
    with Simulator(calm=True) as served:
        yield served


def test_a_bug_is_told_whole_and_tells_no_secret(start: Start, clouds: Simulator, tmp_path: Path) -> None:
    config = clouds.config()
    path = tmp_path / "config.toml"
    write_private(path, config)
    log = tmp_path / "log"
    with start("--log-file", str(log), "--log-level", "debug", "--config", str(path), size=(120, 50)) as console:
        loaded(console)
        for number in range(1, 6):
            look_at_a_row(console, number)
        console.press("?")
        assert console.wait_exit() == 1
        assert console.left_behind == []
        unbroken = "".join(console.screen.split())
        assert "endedbyabug" in unbroken
        assert "LookupError:abugof␛[31m2things" in unbroken
        assert unbroken.count("Traceback") == 1
        assert "everything_secret" not in console.screen.replace("len(everything_secret)", "")
        written = log.read_text()
        assert "LookupError: a bug of ␛[31m2 things" in written
        assert "\x1b" not in written
        assert_secret(secrets_of(config), console.output, tmp_path, path)


def look_at_a_row(console: Terminal, number: int) -> None:
    """The details and the JSON of a row of that tab."""
    before = views_shown(console)
    console.press(str(number))
    # Keys that come at once, before a person can have seen the tab, are dropped.
    console.wait_until(lambda: views_shown(console) != before and console.line(" ▌ ") != "", "a row of that tab")
    for key, title in (("d", "Details of"), ("y", "JSON of")):
        console.press(key)
        console.wait_for(title)
        console.press("q")
        console.wait_gone(title)


def secrets_of(config: dict[str, Any]) -> list[str]:
    """The values of all settings that their providers call secret."""
    found = []
    for profile in config["profiles"].values():
        provider = providers.load(profile["provider"])
        assert isinstance(provider, Provider)
        found += [str(profile[s.name]) for s in provider.settings if s.kind == "secret" and s.name in profile]
    assert len(found) >= 6
    return found


def assert_secret(secrets: list[str], output: bytes, folder: Path, config: Path) -> None:
    """Neither the terminal nor any file but the configuration has one of them."""
    files = [path for path in folder.rglob("*") if path.is_file() and path != config]
    assert any(path.name == "log" for path in files)
    for secret in secrets:
        assert secret.encode() not in output
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
