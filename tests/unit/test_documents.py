"""What README and glossary say of the house is still there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gputui
from gputui.commands.observed import KEYS
from tests.unit.field_tables import field_table
from tests.unit.key_tables import key_tables

ROOT = Path(gputui.__file__).parent
GLOSSARY = (ROOT / "core" / "README.md").read_text("utf-8")
README = (ROOT.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`([a-z_*]+/[a-z_*/]*(?:\.py)?)`", GLOSSARY))))
def test_the_glossary_names_files_that_are_there(named: str) -> None:
    assert list(ROOT.glob(named.rstrip("/")))


@pytest.mark.parametrize("which", ["demo", "test"])
def test_the_readme_has_one_line_for_it(which: str) -> None:
    lines = README.split(f"<!-- {which} -->\n```sh\n")
    assert len(lines) == 2
    line, _, _ = lines[1].partition("\n```")
    assert line.startswith("python3 -m venv .venv && ")
    assert "\n" not in line


def test_the_readme_has_every_key() -> None:
    assert key_tables() in README, "paste what `python -m tests.unit.key_tables` prints"


def test_the_readme_has_every_field_of_a_change() -> None:
    assert " ".join(f"`{key}`" for key in KEYS) in " ".join(README.split())


def test_the_readme_has_every_field_of_get() -> None:
    assert field_table() in README, "paste what `python -m tests.unit.field_tables` prints"


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`((?:gputui|tests)/[a-z_/]+(?:\.py)?)`", README))))
def test_the_readme_names_files_that_are_there(named: str) -> None:
    assert (ROOT.parent / named).exists()
