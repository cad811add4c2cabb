"""Promise 7, on the command line: a bug in a provider's package ends no command, and what is wrong is said."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gputui import cli
from gputui.config import providers
from gputui.core.cells import Column
from gputui.core.provider import View
from tests.promises import stranger
from tests.promises.seen import unseen_in
from tests.promises.stranger import RAISED, Broken, name_of, raising, turning
from tests.promises.test_07_trouble_is_its_own_plugins import (
    CONFIG,
    FUNCTIONS,
    faults,
    installed,  # noqa: F401 - a fixture
    no_json,
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`gputui` in this process, with the stranger's profile and a log."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"GPUTUI_{name}_DIR", str(tmp_path))
    handlers = list(logging.getLogger().handlers)

    def run(*argv: str) -> tuple[int, str, str]:
        code = cli.main([*argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    logging.getLogger().handlers[:] = handlers


COMMANDS = (
    ("get", "machines", "-o", "table"),
    ("get", "fleet", "-o", "json"),
    ("ssh", "mine/box-1", "--", "true"),
    ("run", "box", "--yes", "--", "true"),
)


@pytest.mark.parametrize("broken", FUNCTIONS, ids=name_of)
def test_no_command_ends_in_a_traceback(broken: Broken, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for argv in COMMANDS:
        for fault in (raising(RAISED[1]), raising(RAISED[2]), turning(faults(broken))):
            monkeypatch.setattr(stranger, "PROVIDER", stranger.with_fault(broken, fault))
            code, out, err = run(*argv)
            assert code in (0, 1, 2, 255)
            assert "Traceback" not in out + err
            assert not unseen_in(out + err)
            if argv[0] == "get" and "json" in argv and out:
                json.loads(out)


def test_get_shows_the_cell_and_names_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (Column, "cell")
    monkeypatch.setattr(stranger, "PROVIDER", stranger.with_fault(broken, raising(RAISED[0])))
    code, out, err = run("get", "machines", "-o", "table")
    assert out.count("provider bug") == 6
    assert "box-1" in out
    assert code == 0
    assert "6 cells of machines could not be made" in err


def test_the_log_of_a_command_has_the_traceback_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (Column, "cell")
    monkeypatch.setattr(stranger, "PROVIDER", stranger.with_fault(broken, raising(RAISED[0])))
    run("--log-file", str(tmp_path / "log"), "get", "machines")
    log = (tmp_path / "log").read_text()
    assert log.count("Traceback") == 2  # two columns
    assert "a bug in machines.gpu.cell of the provider stranger" in log


def test_a_package_that_exits_when_imported_is_one_profiles_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Exits:
        name, value = "stranger", "x:y"

        def load(self) -> Any:
            sys.exit(3)

    monkeypatch.setattr(providers, "_installed", lambda path: (Exits(),))
    code, out, err = run("get", "fleet")
    assert (code, out) == (2, "")
    assert "the provider stranger cannot be loaded: SystemExit: 3" in err


def test_an_object_that_is_no_json_costs_its_raw_form_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stranger, "PROVIDER", stranger.with_fault((View, "fetch"), no_json))
    for form in ("json", "jsonl", "csv", "yaml"):
        code, out, err = run("get", "machines", "--raw", "-o", form)
        assert (code, err) == (0, "")
        assert "this is no JSON" in out
        assert "box-1" in out
