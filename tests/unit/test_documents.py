"""What README and glossary say of the house is still there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import gputui
from gputui.commands.answers import record
from gputui.commands.fleet_fields import FLEET_FIELDS
from gputui.commands.observed import KEYS
from gputui.core.health import Health
from gputui.core.records import Found
from gputui.core.request import SendStatus
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.engine.audit import AuditEntry
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine
from gputui.ssh.running.fan_out import CommandResult
from tests.toy import NODES
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
    assert said(KEYS)


def said(names: Iterable[str]) -> bool:
    """Whether the README has these names in their order."""
    return " ".join(f"`{name}`" for name in names) in " ".join(README.split())


def test_the_readme_has_every_field_of_the_fleet() -> None:
    assert said(FLEET_FIELDS)


def test_the_readme_has_every_field_of_a_run() -> None:
    machine = Machine(Ref("p", "v", "1"), "n", Address("host", 22, "me"), SshOptions())
    found = Found("toy", NODES, Row(machine.ref, "n", "", Health.OK, ()), 0.0)
    result = CommandResult(machine, 0, b"", b"", 0.0, None)
    assert said(record(result, found))


def test_the_readme_has_every_field_and_outcome_of_the_audit() -> None:
    entry = AuditEntry("1", datetime.now(UTC), "me", "p", "stop", (), {})
    assert said(entry.record)
    outcomes = {status.value for status in SendStatus}
    assert [one for one in outcomes if f"`{one}`" not in README] == []


def test_the_readme_has_every_field_of_get() -> None:
    assert field_table() in README, "paste what `python -m tests.unit.field_tables` prints"


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`((?:gputui|tests)/[a-z_/]+(?:\.py)?)`", README))))
def test_the_readme_names_files_that_are_there(named: str) -> None:
    assert (ROOT.parent / named).exists()
