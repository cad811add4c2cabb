"""What the configuration and the command line say reaches the place where it counts."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.commands.loading
import gputui.commands.profiles
from gputui.commands.console import _render_options, _tab, run_console
from gputui.commands.context import CliContext
from gputui.commands.loading import loader
from gputui.commands.options import ConsoleOptions
from gputui.config.document import ConfigError
from gputui.config.paths import Places
from gputui.config.profiles import Config, Profile, load
from gputui.core.clock import SystemClock
from gputui.core.provider import Settings
from gputui.engine.store import Store
from tests.toy import PROVIDER

ERROR = (ConfigError("somewhere"),)
MODES = [
    # the profile, the file, errors in the file, the option; whether nothing may be changed
    (False, False, (), None, False),
    (True, False, (), None, True),
    (False, True, (), None, True),
    (False, False, (), True, True),
    (False, True, (), False, False),
    (True, True, (), False, True),
    (True, False, (), False, True),
    (False, False, ERROR, None, True),
    (False, False, ERROR, False, True),
]
modes = pytest.mark.parametrize(("profile", "file", "errors", "option", "held"), MODES)


def ctx(folder: Path) -> CliContext:
    return CliContext({}, Places(folder / "c", folder / "s", folder), io.StringIO(), io.StringIO())


def config(*, profile: bool = False, file: bool = False, errors: tuple[ConfigError, ...] = ()) -> Config:
    one = Profile("p", "toy", {"size": "1"}, read_only=profile)
    return Config(Path("/c/config.toml"), read_only=file, errors=errors, profiles=(one,))


@modes
def test_read_only_of_every_kind_reaches_the_tab(
    profile: bool, file: bool, errors: tuple[ConfigError, ...], option: bool | None, held: bool
) -> None:
    found = config(profile=profile, file=file, errors=errors)
    assert _tab(found.profiles[0], found, ConsoleOptions(read_only=option)).read_only is held


@modes
async def test_read_only_of_every_kind_reaches_the_connection(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    profile: bool,
    file: bool,
    errors: tuple[ConfigError, ...],
    option: bool | None,
    held: bool,
) -> None:
    """By the way that the console takes: each tab's connection decides for itself."""
    seen: list[bool] = []

    def connect(settings: Settings) -> Any:
        seen.append(settings.read_only)
        return SimpleNamespace()

    monkeypatch.setattr(gputui.commands.loading, "load_provider", lambda _: replace(PROVIDER, connect=connect))
    found = config(profile=profile, file=file, errors=errors)
    store = SimpleNamespace(
        tabs={"p": None},
        clock=SystemClock(),
        connect=lambda *_: None,
        remember=lambda _: None,
        keep_lists=lambda _: None,
        resume=_nothing,
        complete_cached=_nothing,
    )
    shells = SimpleNamespace(options={})
    await loader(lambda: found, cast(Any, shells), ctx(tmp_path), option, lambda: None)(cast(Store, store))
    assert seen == [held]


async def _nothing() -> None:
    pass


def test_protected_and_the_pace_reach_the_tab() -> None:
    profile = Profile("p", "toy", protected=True, refresh_seconds=9.0, errors=ERROR)
    tab = _tab(profile, config(), ConsoleOptions())
    assert (tab.name, tab.provider, tab.protected, tab.every) == ("p", "toy", True, 9.0)
    assert tab.problem is not None and "somewhere" in str(tab.problem)
    assert _tab(profile, config(), ConsoleOptions(refresh=2.0)).every == 2.0
    assert _tab(Profile("p", "toy"), config(), ConsoleOptions()).problem is None


@pytest.mark.parametrize(("audit", "required"), [("on", False), ("required", True)])
def test_a_journal_that_is_required_is_required_in_the_console(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, audit: str, required: bool
) -> None:
    made: list[tuple[Store, Mapping[str, Any]]] = []

    class App:
        return_code = 0

        def __init__(self, store: Store, load: Any, **given: Any) -> None:
            made.append((store, given))

        def run(self, **_: Any) -> None:
            pass

    monkeypatch.setattr("gputui.ui.app.ConsoleApp", App)
    monkeypatch.setattr("gputui.commands.console._log_started", lambda *_: True)
    folder = tmp_path / "c"
    folder.mkdir(mode=0o700)
    path = folder / "config.toml"
    path.write_text(f'audit = "{audit}"\n[profiles.p]\nprovider = "nsml"\n')
    path.chmod(0o600)
    assert run_console(ConsoleOptions(view="nodes"), ctx(tmp_path)) == 0
    ((store, given),) = made
    assert store.journal.required is required
    assert store.journal.path == tmp_path / "s" / "audit.jsonl"
    assert given["start_view"] == "nodes"


def test_how_frames_are_sent_comes_from_the_switch_the_file_and_the_terminal(tmp_path: Path) -> None:
    def drawn(file: str = "", environ: Mapping[str, str] | None = None, *, switch: bool = False) -> tuple[bool, bool]:
        path = tmp_path / "config.toml"
        path.write_text(file)
        path.chmod(0o600)
        here = replace(ctx(tmp_path), environ=environ or {})
        found = _render_options(ConsoleOptions(full_frames=switch), load(path, home=tmp_path), here)
        return found.full_frames, found.erases

    assert drawn() == (False, False)
    assert drawn(environ={"TERM": "xterm-256color"}) == (False, True)
    assert drawn(switch=True) == drawn("full_frames = true") == (True, False)
