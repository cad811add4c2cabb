"""`gputui get` and `gputui ssh` against the embedded clouds: every view of every provider, over real sockets."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from gputui import cli
from gputui.config import providers
from gputui.core.cells import Role
from gputui.core.provider import Provider
from gputui.core.reading import AnyView
from gputui.core.records import STANDARD
from gputui.sim.faults import Fault
from gputui.sim.run import write_private
from gputui.sim.serve import PROFILES, Simulator
from tests.unit.field_tables import names

HEALTHS = {"ok", "changing", "degraded", "bad", "off", "unknown", None}


def provider(name: str) -> Provider[Any]:
    found = providers.load(name)
    assert isinstance(found, Provider), found
    return found


VIEWS = [(name, view.name) for name in PROFILES for view in provider(name).views]
MACHINES = {name: [view.name for view in provider(name).views if view.machine] for name in PROFILES}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(calm=True) as served:
        yield served


@pytest.fixture
def config(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration that reaches all clouds, and nothing of this computer's user."""
    path = tmp_path / "config" / "config.toml"
    write_private(path, simulator.config())
    monkeypatch.setenv("GPUTUI_CONFIG_DIR", str(path.parent))
    monkeypatch.setenv("GPUTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    yield path
    for fault in simulator.faults.values():
        fault.clear()


@pytest.fixture
def secrets(config: Path) -> list[str]:
    """The secret values of all profiles."""
    profiles = tomllib.loads(config.read_text())["profiles"].values()
    kinds = {
        name: {setting.name for setting in provider(name).settings if setting.kind == "secret"} for name in PROFILES
    }
    return [profile[key] for profile in profiles for key in kinds[profile["provider"]] if key in profile]


@pytest.fixture
def run(secrets: list[str], capsys: pytest.CaptureFixture[str]) -> Run:
    assert len(secrets) >= 6

    def running(*argv: str) -> tuple[int, str, str]:
        code = cli.main(argv)
        out, err = capsys.readouterr()
        for secret in secrets:
            assert secret not in out + err
        return code, out, err

    return running


def view_of(cloud: str, name: str) -> AnyView:
    view = provider(cloud).view(name)
    assert view is not None
    return view


@pytest.mark.parametrize("kind", ["fleet", "nodes"])
@pytest.mark.parametrize("column", ["nat", "owner", "pool", "id"])
def test_a_filter_finds_every_column_and_the_id_shown_or_not(run: Run, kind: str, column: str) -> None:
    """Also where the table has not these columns, as that of the fleet."""
    nodes = json.loads(run("get", "nodes", "-p", "samsung", "-o", "json")[1])
    wanted = next(node[column] for node in nodes if node[column])
    code, out, _ = run("get", kind, "-p", "samsung", "--filter", f"/{re.escape(wanted)}/", "-o", "json")
    assert code == 0
    assert {node["id"] for node in json.loads(out)} == {node["id"] for node in nodes if node[column] == wanted}


def test_that_nothing_matches_is_said_beside_the_empty_list(run: Run) -> None:
    code, out, err = run("get", "nodes", "-p", "samsung", "--filter", "nothing-like-it", "-o", "json")
    assert (code, json.loads(out)) == (0, [])
    assert re.search(r"nothing matches 'nothing-like-it' among \d+ of the nodes", err)


def test_a_file_that_is_wrong_in_general_is_2_and_all_is_written_still(run: Run, config: Path) -> None:
    """Every profile was read whole: only the general error is left to count."""
    whole = run("get", "instances", "-o", "json")
    assert whole[0] == 0 and json.loads(whole[1])
    config.write_text('colour = "blue"\n' + config.read_text())
    for faults in ((), ("--faults",)):
        code, out, err = run("get", "instances", "-o", "json", *faults)
        assert code == 2
        assert "colour" in err
        assert json.loads(out) or faults


@pytest.mark.parametrize(("cloud", "kind"), VIEWS)
def test_every_view_is_read_whole_and_typed(run: Run, cloud: str, kind: str) -> None:
    view = view_of(cloud, kind)
    code, out, err = run("get", kind, "-p", PROFILES[cloud], "-o", "json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert rows, "the embedded cloud has some of everything"
    columns = [column.id for column in view.columns]
    assert not set(columns) & (set(STANDARD) - {"id"}), "a standard key would hide this column"
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert list(row) == [*STANDARD, *names(view)]
        assert (row["profile"], row["provider"], row["view"]) == (PROFILES[cloud], cloud, kind)
        assert row["health"] in HEALTHS
        assert (row["health"] is None) == (view.health is None)
        assert isinstance(row["name"], str)
        assert row["name"]
        assert datetime.fromisoformat(row["observed_at"]).tzinfo is not None
        if row.get("age") is not None:
            assert datetime.fromisoformat(row["age"]).tzinfo is not None


@pytest.mark.parametrize(("cloud", "kind"), VIEWS)
def test_the_fields_of_a_view_have_each_a_name_of_their_own(cloud: str, kind: str) -> None:
    view = view_of(cloud, kind)
    assert len(set(names(view))) == len(names(view)), "one would hide the other"
    roles = {column.role for column in view.columns}
    assert Role.GPU not in roles or "gpu_count" in names(view)


@pytest.mark.parametrize(("cloud", "kind"), [("scp", "nodes"), ("hostedai", "nodes"), ("datenfab", "instances")])
def test_what_a_column_says_in_one_text_has_fields_of_its_own(run: Run, cloud: str, kind: str) -> None:
    rows = json.loads(run("get", kind, "-p", PROFILES[cloud], "-o", "json")[1])
    known = [row for row in rows if row["gpu_count"]]
    assert known
    for row in known:
        assert row["gpu_count"] == row["gpu"], "the old name is kept"
        assert row["gpu_model"] in ("H100", "B300", "A100", "H20", "4090", "L40S", "H200"), row["gpu_model"]
    reached = [row for row in rows if row["ssh_host"]]
    assert reached and all(row["ssh_user"] for row in reached)


def test_a_region_has_its_name_and_its_id(run: Run) -> None:
    services = json.loads(run("get", "services", "-p", PROFILES["hostedai"], "-o", "json")[1])
    regions = {row["id"]: row["name"] for row in json.loads(run("get", "regions", "-o", "json")[1])}
    for row in services:
        assert (row["region"], row["region_name"]) == (str(row["region_id"]), regions[str(row["region_id"])])
    table = run("get", "services", "-p", PROFILES["hostedai"])[1]
    assert all(row["region_name"] in table for row in services), "a person reads the name"


def test_pods_are_counted_as_ready_and_wanted(run: Run) -> None:
    rows = json.loads(run("get", "inferences", "-o", "json")[1])
    assert {(row["pods_ready"] is None, row["pods_wanted"] is None) for row in rows} >= {(False, False)}
    for row in rows:
        assert row["pods"] == row["pods_ready"]
        assert row["pods_wanted"] is None or row["pods_wanted"] >= 0


@pytest.mark.parametrize(("cloud", "kind"), VIEWS)
def test_every_form_says_the_same(run: Run, cloud: str, kind: str) -> None:
    where = ("get", kind, "-p", PROFILES[cloud])
    table, *lines = run(*where)[1].splitlines()
    assert table.startswith("PROFILE")
    names = [row["name"] for row in csv.DictReader(io.StringIO(run(*where, "-o", "csv")[1]))]
    assert names
    for line, name in zip(lines, names, strict=True):
        assert name in line
    if kind in MACHINES[cloud]:  # a view's columns make a table and CSV; the others are the same for all
        rows = json.loads(run(*where, "-o", "json")[1])
        assert [row["name"] for row in rows] == names
        assert [json.loads(line) for line in run(*where, "-o", "jsonl")[1].splitlines()] == [
            {**row, "observed_at": ANY} for row in rows
        ]
        assert len(re.findall(r"^- profile: ", run(*where, "-o", "yaml")[1], re.MULTILINE)) == len(names)


@pytest.mark.parametrize(("cloud", "kind"), VIEWS)
def test_raw_is_the_providers_object_without_its_secrets(run: Run, cloud: str, kind: str) -> None:
    view = view_of(cloud, kind)
    rows = json.loads(run("get", kind, "-p", PROFILES[cloud], "--raw", "-o", "json")[1])
    assert all(isinstance(row["raw"], dict) for row in rows)

    def look(value: Any) -> None:
        if isinstance(value, dict):
            for key, entry in value.items():
                assert key not in view.secrets or entry == "***" or not entry
                look(entry)
        elif isinstance(value, list):
            for entry in value:
                look(entry)

    look([row["raw"] for row in rows])


def test_the_fleet_is_every_machine_of_every_profile(run: Run) -> None:
    expected = set()
    for cloud, kinds in MACHINES.items():
        for kind in kinds:
            rows = json.loads(run("get", kind, "-p", PROFILES[cloud], "-o", "json")[1])
            expected |= {(row["profile"], row["view"], row["id"]) for row in rows}
    code, out, err = run("get", "fleet", "-o", "json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert {(row["profile"], row["view"], row["id"]) for row in rows} == expected
    assert {row["provider"] for row in rows} == set(PROFILES)
    faults = [row["id"] for row in rows if row["health"] in ("bad", "degraded")]
    assert faults
    code, out, _ = run("get", "fleet", "--faults", "-o", "json")
    assert (code, [row["id"] for row in json.loads(out)]) == (1, faults)


def test_a_cloud_that_is_down_costs_its_own_rows(run: Run, simulator: Simulator) -> None:
    simulator.faults["runai"].always(Fault("status", 403, body=b'{"message": "go \\u001b[2J away"}'))
    code, out, err = run("get", "fleet", "-o", "json")
    assert code == 2
    assert {row["provider"] for row in json.loads(out)} == set(PROFILES) - {"runai"}
    assert "runai: not allowed: HTTP 403: go ␛[2J away" in err
    assert "\x1b" not in err


def test_wrong_credentials_are_said_for_each_profile(run: Run, simulator: Simulator, config: Path) -> None:
    wrong = simulator.config()
    profiles: Any = wrong["profiles"]
    profiles["samsung"]["secret_key"] = profiles["datenfab"]["token"] = "not-the-right-one"
    write_private(config, wrong)
    code, out, err = run("get", "fleet", "-o", "jsonl", "-p", "samsung", "-p", "datenfab")
    assert (code, out) == (2, "")
    assert "samsung: credentials refused" in err
    assert "datenfab: credentials refused" in err
    assert "not-the-right-one" not in err


def test_profiles_are_read_at_once(run: Run, simulator: Simulator) -> None:
    delay = 3.0
    for cloud in ("nsml", "datenfab"):
        simulator.logs[cloud].clear()
        simulator.faults[cloud].next(Fault("slow", delay=delay))
    assert run("get", "fleet", "-o", "json", "-p", "nsml", "-p", "datenfab")[0] == 0
    first = [simulator.logs[cloud].seen[0].at for cloud in ("nsml", "datenfab")]
    assert abs(first[0] - first[1]) < delay, "the second was asked before the first had answered"


def test_get_never_changes_anything(run: Run, simulator: Simulator) -> None:
    for log in simulator.logs.values():
        log.clear()
    assert run("--write", "get", "fleet")[0] == 0
    assert [seen for log in simulator.logs.values() for seen in log.changes()] == []


def program(*argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gputui.cli", *argv]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


def test_ssh_runs_a_command_and_hands_back_its_streams_and_its_status(config: Path) -> None:
    said = program("ssh", "samsung/gpu-node-001", "--", "hostname")
    assert (said.returncode, said.stdout, said.stderr) == (0, "gpu-node-001\n", "")
    assert program("ssh", "-p", "samsung", "gpu-node-001", "--", "exit", "7").returncode == 7
    assert program("ssh", "samsung/gpu-node-001", "--", "cat", stdin="through\n").stdout == "through\n"


def test_ssh_says_why_it_reaches_nothing(config: Path) -> None:
    said = program("ssh", "samsung/gpu-nod-001", "--", "true")
    assert (said.returncode, said.stdout) == (2, "")
    assert "did you mean gpu-node-001?" in said.stderr
    said = program("ssh", "samsung/gpu-node-001")
    assert said.returncode == 2
    assert "a shell needs a terminal" in said.stderr


def test_ssh_names_both_where_two_share_a_name(simulator: Simulator, config: Path) -> None:
    twice = simulator.config()
    profiles: Any = twice["profiles"]
    twice["profiles"] = {"samsung": profiles["samsung"], "other": profiles["samsung"]}
    write_private(config, twice)
    said = program("ssh", "gpu-node-001", "--", "hostname")
    assert (said.returncode, said.stdout) == (2, "")
    assert "2 machines are called gpu-node-001" in said.stderr
    for profile in ("samsung", "other"):
        assert re.search(rf"  {profile}/\S+  gpu-node-001  RUNNING", said.stderr)
    assert program("ssh", "other/gpu-node-001", "--", "hostname").stdout == "gpu-node-001\n"


IN_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from gputui.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Typing:
    """gputui in a terminal of its own, with somebody who waits for words and types."""

    def __init__(self, *argv: str) -> None:
        self._main, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", IN_TERMINAL, *argv],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        self.seen = ""

    def sees(self, words: str) -> None:
        """Read on until `words` stand on the terminal."""
        while words not in self.seen:
            assert self._reads_on(), f"it ended, or said nothing more, without {words!r}: {self.seen!r}"

    def types(self, text: str) -> None:
        os.write(self._main, text.encode())

    def ends(self) -> int:
        """The exit code, reading what is still said."""
        while self._reads_on():
            pass
        os.close(self._main)
        return self.process.wait(timeout=30)

    def _reads_on(self) -> bool:
        """Whether anything came within a time in which something must."""
        try:
            ready, _, _ = select.select([self._main], [], [], 30)
            data = os.read(self._main, 4096) if ready else b""
        except OSError:  # how Linux says that nobody has the terminal open any more
            data = b""
        self.seen += data.decode()
        return bool(data)


@pytest.fixture
def asked(simulator: Simulator, config: Path) -> Path:
    """The same configuration, but new host keys are asked about."""
    asking = simulator.config()
    profiles: Any = asking["profiles"]
    profiles["samsung"]["ssh"]["host_keys"] = "ask"
    write_private(config, asking)
    return config


def test_ssh_asks_at_first_contact_and_gives_a_shell(asked: Path) -> None:
    typing = Typing("ssh", "samsung/gpu-node-001")
    typing.sees("(yes/no)")
    assert re.search(r"unknown host key ssh-ed25519 SHA256:\S{43}", typing.seen)
    typing.types("yes\r")
    typing.sees("root@gpu-node-001:~#")
    typing.types("exit 3\r")
    assert typing.ends() == 3
    again = Typing("ssh", "samsung/gpu-node-001")
    again.sees("root@gpu-node-001:~#")
    assert "yes/no" not in again.seen
    again.types("\x04")
    assert again.ends() == 0


def test_ssh_goes_nowhere_without_a_yes(asked: Path) -> None:
    typing = Typing("ssh", "samsung/gpu-node-001")
    typing.sees("(yes/no)")
    typing.types("y\r")
    assert typing.ends() == 255
    assert "root@" not in typing.seen
    said = program("ssh", "samsung/gpu-node-001", "--", "hostname")
    assert (said.returncode, said.stdout) == (255, "")
    assert "nobody can be asked" in said.stderr
