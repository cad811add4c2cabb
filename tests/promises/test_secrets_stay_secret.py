"""Secrets appear nowhere: clouds and machines repeat every one of them, and nothing that gputui writes has it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from tests.contract.servers import RawServer
from tests.e2e.conftest import Start
from tests.e2e.steps import agree, leave, views_shown
from tests.e2e.terminal import Terminal
from tests.promises.echoing import KINDS, MACHINE, SSH_PASSWORD, EchoingMachine, canaries, echoing, profiles

READS = """
import logging, os, sys
from gputui import cli
for kind in sys.argv[3:]:
    config, log = f"{sys.argv[1]}/{kind}.toml", sys.argv[2]
    cli.main(["get", "fleet", "--config", config, "--log-file", log, "--log-level", "debug"])
    logging.getLogger().handlers.clear()
"""
"""`gputui get fleet` for one configuration after the other."""


@asynccontextmanager
async def clouds() -> AsyncIterator[RawServer]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    machine = await asyncssh.create_server(EchoingMachine, "127.0.0.1", 0, server_host_keys=[key])
    async with RawServer(echoing(machine.get_port())) as cloud:
        yield cloud
    machine.close()


def configured(folder: Path, name: str, *arguments: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(profiles(*arguments))
    path.chmod(0o600)
    return path


async def finished(environ: dict[str, str], *command: str) -> str:
    """Everything the command wrote."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await child.communicate()
    return said.decode()


def written(folder: Path) -> dict[str, str]:
    """Every file that a run has left, but for the configurations."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".toml"]
    return {str(path.relative_to(folder)): path.read_text("utf-8", "replace") for path in files}


def assert_none(where: dict[str, str]) -> None:
    found = {(name, canary) for name, text in where.items() for canary in canaries() if canary in text}
    assert not found


async def test_what_clouds_echo_is_in_no_log_line_and_no_message(tmp_path: Path, environ: dict[str, str]) -> None:
    """Each of 13 kinds of answer from all five providers, with `--log-level debug`."""
    log = tmp_path / "log"
    async with clouds() as cloud:
        for kind in KINDS:
            configured(tmp_path, kind, cloud.base, kind)
        said = await finished(environ, "-c", READS, str(tmp_path), str(log), *KINDS)
        heard = "".join(f"{seen.headers} {seen.body!r}" for seen in cloud.seen)
    assert all(name in said for name in ("samsung", "nsml", "hosted", "panel", "key", "runai", "datenfab"))
    assert "httpcore" in log.read_text() and "httpx" in log.read_text()
    assert heard.count("canary-") > 100
    assert_none({"log": log.read_text(), "output": said, **written(tmp_path)})


async def test_what_a_machine_echoes_is_in_no_log_line_and_no_message(tmp_path: Path, environ: dict[str, str]) -> None:
    log = tmp_path / "log"
    async with clouds() as cloud:
        config = configured(tmp_path, "machine", cloud.base, MACHINE)
        options = ("--config", str(config), "--log-file", str(log), "--log-level", "debug")
        for command in (("ssh", "gpu-1", "--", "true"), ("run", "gpu-1", "--", "true")):
            said = await finished(environ, "-m", "gputui.cli", *options, *command)
            assert "gpu-1" in said
            assert_none({"output": said, **written(tmp_path)})
    assert "asyncssh" in log.read_text()
    assert "wrong password" not in log.read_text() or "***" in log.read_text()


async def test_the_console_shows_none_and_leaves_none(tmp_path: Path, start: Start) -> None:
    """Every profile fails in another way; a change is refused with an echo."""
    async with clouds() as cloud:
        config = configured(tmp_path, "all", cloud.base, *KINDS[:6], MACHINE)
        console = start("--config", str(config), "--log-level", "debug", size=(160, 50))
        await asyncio.to_thread(walk, console)
        output = console.output.decode("utf-8", "replace")
    files = written(tmp_path)
    assert any(name.endswith("audit.jsonl") and "power_off" in text for name, text in files.items())
    assert any(name.endswith("gputui.log") and "httpcore" in text for name, text in files.items())
    assert_none({"screen": output, **files})


def walk(console: Terminal) -> None:
    """All tabs, a refused change, and out."""
    console.wait_for("gpu-1")
    for tab in "1234567":
        console.press(tab)
        console.wait_until(lambda: "reading" not in console.screen, "an answer")
    console.wait_until(lambda: views_shown(console).startswith("Instances"), "the last tab")
    console.wait_for("▌ gpu-1")
    console.press("X")
    agree(console, "power off")
    console.wait_for("refused|400")
    assert leave(console) == 0


@pytest.mark.parametrize("level", ["debug", "info", "warning"])
async def test_no_logger_at_any_level_passes_the_redaction(level: str, tmp_path: Path, environ: dict[str, str]) -> None:
    log = tmp_path / "log"
    said = await finished({**environ, "CANARY": SSH_PASSWORD}, "-c", LOGGERS, str(log), level)
    assert SSH_PASSWORD not in said + log.read_text()
    lines = log.read_text()
    assert lines.count("error of") == 9
    assert lines.count("do not fit") == 18, "a line whose arguments do not fit its words is told by its words"
    assert lines.count("debug of") == (9 if level == "debug" else 0)
    assert lines.count("info of") == {"debug": 9, "info": 1, "warning": 0}[level]


LOGGERS = """
import logging, os, sys, warnings
from pathlib import Path
from gputui.commands.log import start_log
from gputui.core.secret import Secret
start_log(Path(sys.argv[1]), sys.argv[2], named=True)
held = Secret(os.environ["CANARY"])
plain = os.environ["CANARY"]
names = ("httpx", "httpcore.http11", "asyncssh", "asyncio", "hpack.hpack", "stamina", "textual", "uvicorn", "gputui.x")
for name in names:
    log = logging.getLogger(name)
    for level in ("debug", "info", "warning", "error", "critical"):
        try:
            raise ValueError(plain)
        except ValueError:
            more = {"exc_info": True, "stack_info": True, "extra": {"more": plain}}
            getattr(log, level)(level + " of %s", {"words": plain}, **more)
    log.error("does not fit %s %s", plain)
    log.error("does not fit " + plain + " %d", plain)
warnings.warn("warned of " + plain)
logging.getLogger().handlers[-1].stream.close()
logging.error("nowhere to go: %s", plain)
"""
