"""`gputui run` against the embedded clouds: what it selects, runs, writes, asks and ends with."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import gputui.ssh.machine
from gputui import cli
from gputui.core.provider import SshTarget
from gputui.core.ssh_options import SshOptions
from gputui.sim.faults import Fault
from gputui.sim.run import write_private
from gputui.sim.serve import Simulator
from gputui.ssh.address import Address, resolve
from tests.e2e.conftest import environ as environ
from tests.e2e.terminal import Terminal

Run = Callable[..., tuple[int, str, str]]
NINE = "gpu-node-00"
"""Selects nine nodes of samsung."""
ODD = "cat /etc/hostname | grep 003; uname -s"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(calm=True) as served:
        yield served


@pytest.fixture
def environ_here(simulator: Simulator, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Folders of our own for this process and its children, with a configuration that reaches all clouds."""
    write_private(Path(environ["GPUTUI_CONFIG_DIR"]) / "config.toml", simulator.config())
    for name in ("GPUTUI_CONFIG_DIR", "GPUTUI_STATE_DIR", "HOME"):
        monkeypatch.setenv(name, environ[name])
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return environ


@pytest.fixture
def run(environ_here: Mapping[str, str], simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    def running(*words: str, command: str = "uname -s") -> tuple[int, str, str]:
        code = cli.main(["run", *words, "--", command])
        out, err = capsys.readouterr()
        return code, out, err

    yield running
    for fault in simulator.faults.values():
        fault.clear()


@pytest.fixture
def asking(environ_here: Mapping[str, str]) -> Path:
    """The same configuration, but new host keys are asked about."""
    path = Path(environ_here["GPUTUI_CONFIG_DIR"]) / "config.toml"
    path.write_text(path.read_text().replace('"accept-new"', '"ask"'))
    return Path(environ_here["GPUTUI_STATE_DIR"]) / "known_hosts"


def test_equal_answers_are_written_once_the_odd_one_first(run: Run) -> None:
    assert run(NINE, command=ODD) == (
        0,
        "== gpu-node-003 (1 of 9), exit status 0 ==\ngpu-node-003\nLinux\n\n"
        "== gpu-node-[001-002,004-009] (8 of 9), exit status 0 ==\nLinux\n",
        "",
    )


def test_the_odd_one_may_be_told_by_what_differs(run: Run) -> None:
    assert run(NINE, "--diff", command=ODD)[1] == (
        "== gpu-node-003 (1 of 9), exit status 0 ==\n@@ -1 +1,2 @@\n+gpu-node-003\n Linux\n\n"
        "== gpu-node-[001-002,004-009] (8 of 9), exit status 0 ==\nLinux\n"
    )


def test_the_expression_is_a_filter_over_the_machines_of_all_profiles(run: Run) -> None:
    code, out, _ = run(r"/node-00[12]\b/", "!node-001", "-p", "samsung", command="cat /etc/hostname")
    assert (code, out.splitlines()[1:]) == (0, ["gpu-node-002"])
    code, out, _ = run("", "-o", "jsonl", "-p", "nsml", "-p", "datenfab")
    assert {json.loads(line)["profile"] for line in out.splitlines()} == {"nsml", "datenfab"}


def test_the_expression_sees_columns_that_no_fleet_shows(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["get", "nodes", "-p", "samsung", "-o", "json"]) == 0
    nodes = json.loads(capsys.readouterr().out)
    wanted = next(node for node in nodes if node["nat"] and node["state"] == "RUNNING")
    _, out, _ = run(f"/{re.escape(wanted['nat'])}/", "-o", "jsonl", "-p", "samsung")
    assert [json.loads(line)["id"] for line in out.splitlines()] == [wanted["id"]]


def test_one_record_a_machine_in_both_forms(run: Run) -> None:
    command = "cat /etc/hostname; cat /nothing"
    code, out, err = run(NINE, "-o", "json", command=command)
    records = json.loads(out)
    assert (code, err, len(records)) == (1, "", 9)
    assert [record["name"] for record in records] == [f"gpu-node-00{at}" for at in range(1, 10)]
    for record in records:
        assert list(record) == [
            *("profile", "provider", "view", "id", "name", "address", "status", "stdout", "stderr", "cut", "seconds"),
            *("cause", "problem", "remedy"),
        ]
        assert (record["profile"], record["provider"], record["view"]) == ("samsung", "scp", "nodes")
        assert (record["status"], record["stdout"], record["cut"]) == (1, record["name"] + "\n", False)
        assert record["address"].startswith("root@127."), "the user that logged in, although the API names none"
        assert "nothing" in record["stderr"] and record["problem"] is None and record["seconds"] > 0
    lines = [json.loads(line) for line in run(NINE, "-o", "jsonl", command=command)[1].splitlines()]
    assert sorted(line["id"] for line in lines) == sorted(record["id"] for record in records)


def test_who_cannot_be_reached_is_named_and_counts_as_failed(run: Run) -> None:
    code, out, err = run("", "-p", "datenfab", command="true")
    assert code == 1
    assert re.search(r"no way in: state is \w+: SSH works while it is Running; \d+ of \d+: \S", err)
    code, out, _ = run("", "-p", "datenfab", "-o", "json", command="true")
    unreached = [record for record in json.loads(out) if record["address"] is None]
    assert unreached and all(record["problem"] and record["status"] is None for record in unreached)


@pytest.fixture
def at_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every machine is reached at the address of the first that is looked at, as behind one NAT."""
    first: list[Address] = []

    def resolved(target: SshTarget, options: SshOptions) -> Address:
        first.append(resolve(target, options))
        return first[0]

    monkeypatch.setattr(gputui.ssh.machine, "resolve", resolved)


@pytest.mark.usefixtures("at_one_address")
def test_machines_behind_one_address_are_named_and_run_once_or_each(run: Run) -> None:
    code, out, err = run(NINE, command="uname")
    assert (code, out) == (0, "== gpu-node-001 (1 of 9), exit status 0 ==\nLinux\n")
    assert re.search(r"9 share 127\.[\d.]+:\d+, run once, as gpu-node-001: gpu-node-\[001-009\] \(with --each", err)
    code, out, _ = run(NINE, "-o", "json", command="uname")
    ran, *others = json.loads(out)
    assert (code, ran["status"], len(others)) == (0, 0, 8)
    assert {(one["status"], one["problem"]) for one in others} == {(None, "run once at its address, as gpu-node-001")}
    assert all(list(one) == list(ran) and "--each" in one["remedy"] for one in others)
    code, out, err = run(NINE, "--each", command="uname")
    assert (code, out) == (0, "== gpu-node-[001-009] (9 of 9), exit status 0 ==\nLinux\n")
    assert "run for each of them: gpu-node-[001-009] (without --each once)" in err


def test_all_that_is_kept_is_written_and_that_more_came_is_said(run: Run) -> None:
    code, out, err = run("gpu-node-001", command="seq 100000")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [str(number) for number in range(1, 100_001)]
    code, out, err = run("gpu-node-001", command="seq 300000")
    assert code == 0 and out.endswith("more came than is kept\n")
    assert re.fullmatch(r"gputui: not all of the output is written; 1 of 1: gpu-node-001 \(.+\)\n", err)


def test_time_is_up_for_each_machine(run: Run) -> None:
    code, out, err = run("gpu-node-001", "--timeout", "3", command="echo so far; sleep 600")
    assert (code, out) == (1, "== gpu-node-001 (1 of 1), no exit status ==\nso far\n")
    assert re.fullmatch(r"gputui: timed out: the machine was not done in 3 s.*; 1 of 1: gpu-node-001 \(.*\)\n", err)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such-node"], "no machine matches 'no-such-node'"),
        (["/(/"], "cannot be read"),
        (["!health:fine"], "cannot be read: !health:fine: health is one of bad, degraded"),
        (["gpu-node", "name~("], "cannot be read: name~("),
        (["gpu-node", "gpu>=many"], "cannot be read: gpu>=many: >= compares numbers (8, 80GB) and ages"),
        (["gpu-node", "gpu>=9"], "no machine matches 'gpu-node gpu>=9'"),
        (["x", "-p", "nobody"], "there is no profile nobody"),
    ],
)
def test_nothing_is_run_where_none_is_meant(run: Run, words: list[str], said: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "") and said in err


@pytest.mark.parametrize(
    "words",
    [["run", "x"], ["run", "x", "--"], ["run", "--", "true"], ["run", "x", "--concurrency", "0", "--", "true"]],
)
def test_the_command_line_must_be_whole(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert "usage" in capsys.readouterr().err


def test_a_cloud_that_is_down_costs_its_own_machines_and_is_told(run: Run, simulator: Simulator) -> None:
    simulator.faults["nsml"].always(Fault("status", 500))
    code, out, err = run(NINE)
    assert code == 2 and out.startswith("== gpu-node-[001-009] (9 of 9), exit status 0 ==\n")
    assert "nsml: server error" in err


def test_nobody_decides_on_new_host_keys_without_a_terminal(run: Run, asking: Path) -> None:
    code, out, err = run(NINE)
    assert (code, out) == (1, "")
    assert re.search(r"host key is unknown, and nobody has accepted it; 9 of 9: gpu-node-\[001-009\] \(.+\)", err)
    assert not asking.exists()


# -- on a terminal --------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(environ_here: Mapping[str, str], tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    started: list[Terminal] = []

    def start(*words: str) -> Terminal:
        command = [sys.executable, "-m", "gputui.cli", "run", *words]
        terminal = Terminal(command, environ=environ_here, folder=tmp_path, columns=120)
        started.append(terminal)
        return terminal.__enter__()

    yield start
    for each in started:
        each.__exit__()


def test_it_asks_before_many_and_then_once_about_all_new_keys(terminal: Callable[..., Terminal], asking: Path) -> None:
    screen = terminal(NINE, "--read-only", "--", "uname", "-s")
    screen.wait_for(r"samsung \(read-only\): gpu-node-\[001-009\]")
    screen.wait_for(r"Run 'uname -s' on these 9 machines\? \(yes/no\)")
    screen.type("yes\n")
    screen.wait_for(r"gpu-node-009 \(127\.[\d.]+ port \d+\)")
    screen.wait_for(r"  ssh-ed25519 SHA256:")
    screen.wait_for(r"Trust these 9 host keys from now on\? \(yes/no\)")
    assert not asking.exists()
    screen.type("yes\n")
    screen.wait_for(r"== gpu-node-\[001-009\] \(9 of 9\), exit status 0 ==")
    assert screen.wait_exit() == 0
    assert len(asking.read_text().splitlines()) == 9
    assert b"9 of 9 done" in screen.output or b"running" in screen.output


@pytest.mark.parametrize(("key", "status"), [("ctrl+c", 130), ("ctrl+d", 2)])
def test_a_question_that_is_left_ends_its_line(terminal: Callable[..., Terminal], key: str, status: int) -> None:
    screen = terminal(NINE, "--", "uname", "-s")
    screen.wait_for(r"\(yes/no\)")
    screen.press(key)
    assert screen.wait_exit() == status
    assert re.search(rb"\(yes/no\) (\^C)?\r\n", screen.output)


def test_ctrl_c_cancels_and_writes_what_came(terminal: Callable[..., Terminal]) -> None:
    screen = terminal(NINE, "--yes", "--", "echo so far; sleep 600")
    screen.wait_for("0 of 9 done, 9 running")
    screen.press("ctrl+c")
    screen.wait_for(r"9 of 9: gpu-node-\[001-009\]")
    assert "cancelled: before it was done" in screen.screen
    assert screen.wait_exit() == 130


def test_no_screen_is_loaded_and_a_reader_that_has_gone_ends_it(environ_here: Mapping[str, str]) -> None:
    code = """
import sys
import gputui.ssh.machine
from gputui import cli
from gputui.core.provider import SshTarget
from gputui.core.ssh_options import SshOptions
code = cli.main(["run", "gpu-node-00", "-o", "jsonl", "--", "true"])
sys.stderr.write(f"loaded {'textual' in sys.modules} {code}")
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environ_here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == "loaded False 141"


@pytest.mark.parametrize("yes", [(), ("--yes",)])
def test_one_machine_is_run_on_without_a_question(terminal: Callable[..., Terminal], yes: tuple[str, ...]) -> None:
    screen = terminal("gpu-node-001", *yes, "--", "uname", "-s")
    screen.wait_for(r"== gpu-node-001 \(1 of 1\), exit status 0 ==")
    assert screen.wait_exit() == 0
    assert b"(yes/no)" not in screen.output


def test_two_machines_are_asked_about(terminal: Callable[..., Terminal]) -> None:
    screen = terminal("/node-00[12]/", "-p", "samsung", "--", "uname", "-s")
    screen.wait_for(r"Run 'uname -s' on these 2 machines\? \(yes/no\)")
    screen.type("no\n")
    screen.wait_for(r"nothing was run")
    assert screen.wait_exit() == 2


def test_two_machines_are_not_asked_about_with_yes(terminal: Callable[..., Terminal]) -> None:
    screen = terminal("/node-00[12]/", "-p", "samsung", "--yes", "--", "uname", "-s")
    screen.wait_for(r"== gpu-node-\[001-002\] \(2 of 2\), exit status 0 ==")
    assert screen.wait_exit() == 0
    assert b"(yes/no)" not in screen.output
