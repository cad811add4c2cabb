"""`[filters]` of a configuration: names and expressions, judged where everything else is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gputui.commands.context import CliContext
from gputui.commands.judging import general_errors
from gputui.config.paths import Places
from gputui.config.profiles import load


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('broken = "state:error gpu>=8"', ""),
        ('big = "gpu>=lots"', "filters.big"),
        ("seven = 7", "must be text in quotes"),
        ('"two words" = "x"', "one word"),
    ],
)
def test_presets_are_judged(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(f'[filters]\n{line}\n[profiles.a]\nprovider = "nsml"\n')
    config = load(path, home=tmp_path)
    places = Places(tmp_path, tmp_path, tmp_path)
    found = " ".join(map(str, general_errors(config, CliContext({}, places, io.StringIO(), io.StringIO()))))
    assert bool(found) == bool(said)
    assert said in found
