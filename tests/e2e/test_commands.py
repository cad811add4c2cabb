"""The commands together, as somebody tries them out: clouds served, a configuration for them, reads, ssh, consoles."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import signal
import stat
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import tomli_w

from tests.e2e.conftest import Start
from tests.e2e.steps import agree, go, leave, loaded, narrow, sign
from tests.e2e.terminal import DEADLINE, Terminal

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass
class Sim:
    """`gputui sim` in the background."""

    process: subprocess.Popen[str]
    config: Path
    said: list[str]


@pytest.fixture
def sim(gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path) -> Iterator[Sim]:
    """The embedded clouds, served by a process of their own."""
    config = tmp_path / "sim.toml"
    process = subprocess.Popen(
        [*gputui, "sim", "--write-config", str(config)], env=environ, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said: list[str] = []
    while not said or not said[-1].startswith("config"):
        said.append(process.stdout.readline())
        assert said[-1], "the clouds ended"
    yield Sim(process, config, said)
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def run(gputui: tuple[str, ...], environ: Mapping[str, str], tmp_path: Path) -> Run:
    """Run a command to its end, without a terminal."""

    def to_its_end(*words: str, into: str = "") -> subprocess.CompletedProcess[str]:
        command = ["sh", "-c", f'exec "$@" > {into}', "sh", *gputui] if into else [*gputui]
        return subprocess.run(
            [*command, *words],
            env=environ,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )

    return to_its_end


def test_clouds_served_can_be_read_entered_and_looked_at(sim: Sim, run: Run, start: Start, tmp_path: Path) -> None:
    assert stat.S_IMODE(sim.config.stat().st_mode) == 0o600
    where = ("--config", str(sim.config))

    read = run("get", "nodes", "-o", "json", *where)
    assert (read.returncode, read.stderr) == (0, "")
    nodes = json.loads(read.stdout)
    assert {"samsung", "nsml", "hosted", "runai"} == {node["profile"] for node in nodes}

    name = next(node["name"] for node in nodes if node["profile"] == "nsml" and node["state"] == "RUNNING")
    entered = run("ssh", f"nsml/{name}", *where, "--", "hostname")
    assert entered.returncode == 0, entered.stderr
    assert re.fullmatch(r"[\w.-]+\n", entered.stdout)
    assert stat.S_IMODE((tmp_path / "state" / "known_hosts").stat().st_mode) == 0o600
    full = run("ssh", f"nsml/{name}", *where, "--", "hostname", into="/dev/full")
    assert (full.returncode, full.stderr) == (1, "gputui: the output cannot be written: No space left on device\n")

    with start(*where, cold=True) as console:
        loaded(console)
        go(console, 1, "Nodes · Fabrics")
        console.wait_for("gpu-node-007")
        assert leave(console) == 0
        assert console.left_behind == []

    sim.process.send_signal(signal.SIGTERM)
    assert sim.process.wait(DEADLINE) == 0
    assert not list(tmp_path.glob("gputui-sim-*"))
    silent = run("get", "nodes", "-o", "json", *where)
    assert silent.returncode == 2
    assert silent.stderr


def test_host_keys_are_asked_about_once_and_a_changed_one_is_refused(sim: Sim, start: Start, tmp_path: Path) -> None:
    config = asking(sim.config)
    pins = tmp_path / "state" / "known_hosts"
    with start("--config", str(config), "-p", "datenfab") as console:
        to_a_running_instance(console)
        console.press("s")
        console.wait_for("Trust the host key of")
        console.press("escape")
        console.wait_for("host key declined")
        assert not pins.exists() or not pins.read_text()

        console.press("s")
        console.wait_for("Trust the host key of")
        shown = console.wait_for(r"SHA256:[\w+/]{43}")
        agree(console, "trust it")
        back_from_a_shell(console)
        [line] = pins.read_text().splitlines()
        assert stat.S_IMODE(pins.stat().st_mode) == 0o600
        assert fingerprint(line) == shown

        console.press("s")
        back_from_a_shell(console)
        assert "Trust the host key" not in console.screen

        assert leave(console) == 0

    host, kind = line.split()[:2]
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    pins.write_text(f"{host} {other}\n")
    with start("--config", str(config), "-p", "datenfab") as console:
        to_a_running_instance(console)
        console.press("s")
        name = console.wait_for(r"no session on \S+: HOST KEY CHANGED").split()[3].rstrip(":")
        console.wait_for("f forget the old key")
        console.wait_for("by hand")
        assert "root@" not in console.screen
        assert f"shows{kind}{shown}" in unbroken(console)
        assert f"known{kind}{fingerprint(pins.read_text())}in{pins}:1" in unbroken(console)
        assert f"ssh-keygen-R'{host}'-f{pins}" in unbroken(console)

        console.press("f")
        console.wait_for("Forget the host key of")
        sign(console, "forget the old key", name)
        console.wait_for("connect again")
        assert pins.read_text() == ""
        assert fingerprint(pins.with_name("known_hosts.old").read_text()) != shown
        console.press("s")
        console.wait_for("Trust the host key of")
        console.wait_for("has not been met before")
        console.press("escape")
        console.wait_for("/running ")
        assert leave(console) == 0
        assert console.left_behind == []


def unbroken(console: Terminal) -> str:
    """What the screen says without its blanks and line breaks: long names are broken at the window's edge."""
    return "".join(console.screen.split())


def asking(config: Path) -> Path:
    """The same configuration, with host keys asked about."""
    words: dict[str, Any] = tomllib.loads(config.read_text())
    words["profiles"]["datenfab"]["ssh"]["host_keys"] = "ask"
    other = config.with_name("asking.toml")
    other.touch(mode=0o600)
    other.write_text(tomli_w.dumps(words))
    return other


def to_a_running_instance(console: Terminal) -> None:
    """Choose the first machine that runs."""
    console.wait_for("● ok")
    go(console, 1, "Instances")
    narrow(console, "running")


def back_from_a_shell(console: Terminal) -> None:
    """Until there is a prompt; then leave."""
    console.wait_for(r"^root@[^ ]+:~#\s*\Z")
    console.type("exit\r")
    console.wait_for("/running ")


def fingerprint(line: str) -> str:
    """Of the key in a line of known_hosts, as OpenSSH writes it."""
    blob = base64.b64decode(line.split()[2])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def test_without_a_configuration_there_is_a_welcome_that_leads_to_the_demo(start: Start, tmp_path: Path) -> None:
    with start() as console:
        console.wait_for("There is no configuration yet")
        assert str(tmp_path / "config" / "config.toml") in "".join(line.strip() for line in console.lines)
        console.press("d")
        loaded(console)
        assert leave(console) == 0
        assert console.left_behind == []
        assert not (tmp_path / "config").exists()
    with start() as console:
        console.wait_for("There is no configuration yet")
        console.press("q")
        assert console.wait_exit() == 0
        assert console.left_behind == []
