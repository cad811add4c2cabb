"""Handing over to OpenSSH: its status, its end when we are told to end, the terminal afterwards."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from gputui.core.problem import Cause, Failed
from gputui.ssh.handover import hand_over
from gputui.ssh.options import SshOptions
from gputui.ssh.terminal import Terminal
from gputui.ssh.traces import AFTER
from tests.ssh.conftest import Pty, until

NOWHERE = Terminal(0, 1, "")


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 15)", 143)])
async def test_the_status_is_handed_back_as_a_shell_gives_it(code: str, status: int) -> None:
    assert await hand_over([sys.executable, "-S", "-c", code], NOWHERE) == status


async def test_a_program_that_is_not_there_is_a_problem() -> None:
    with pytest.raises(Failed) as failed:
        await hand_over(["no-such-ssh", "host"], NOWHERE)
    assert failed.value.problem.cause is Cause.CONFIG
    assert "no-such-ssh" in failed.value.problem.text
    assert "ssh.command" in failed.value.problem.remedy


def test_a_command_line_with_an_open_quote_is_said() -> None:
    with pytest.raises(Failed, match=r"ssh\.command is not a command line: No closing quotation"):
        SshOptions.of({"command": "ssh -o 'User=x"})


async def test_it_ends_with_us(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid()) + '.'); time.sleep(60)"
    handing = asyncio.create_task(hand_over([sys.executable, "-S", "-c", code], NOWHERE))
    await until(lambda: note.exists() and note.read_text().endswith("."), "it runs")
    handing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handing
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()[:-1]), 0)


async def test_the_terminal_has_its_modes_back_and_no_trace_is_left(screen: Pty) -> None:
    """Killed, OpenSSH leaves the terminal raw, and remote programs leave it with the mouse on."""
    before = screen.modes()
    path = os.ttyname(screen.slave)
    code = f"import os, tty; tty.setraw(os.open({path!r}, os.O_RDWR | os.O_NOCTTY)); os.kill(os.getpid(), 9)"
    assert await hand_over([sys.executable, "-S", "-c", code], Terminal(screen.slave, screen.slave)) == 137
    assert screen.modes() == before
    await screen.shows(AFTER)
