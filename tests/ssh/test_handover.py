"""Handing over to OpenSSH: its status, its end when we are told to end, the terminal afterwards."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.ssh_options import SshOptions
from gputui.ssh.places import SshPlaces
from gputui.ssh.shells.handover import argv, hand_over
from gputui.ssh.shells.terminal import Terminal
from gputui.ssh.shells.traces import AFTER
from gputui.ssh.trust.hosts import HostKey
from gputui.ssh.trust.pins import pin
from tests.ssh.conftest import Pty, StartServer, address_of, until

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


async def test_the_line_also_logs_in_over_jump_hosts_that_only_the_profile_knows_to_enter(
    start_server: StartServer, tmp_path: Path
) -> None:
    """Key and known_hosts are the profile's and ours: nothing is in the user's own folder, and nobody is asked."""
    key, identity = asyncssh.generate_private_key("ssh-ed25519"), tmp_path / "my key"
    folder = tmp_path / 'it\'s 100%h "big"'
    key.write_private_key(identity)
    identity.chmod(0o600)
    first, second = await start_server(key=key), await start_server(key=key)
    machine = await start_server(key=key, process=lambda process: process.exit(42))
    places = SshPlaces(tmp_path, folder / "known_hosts", system_known_hosts=tmp_path / "none")
    for server in (first, second, machine):
        pin(places.pins, "127.0.0.1", server.port, HostKey(server.key.public_data))
    jumps = f"root@127.0.0.1:{first.port}, me@127.0.0.1:{second.port}"
    options = SshOptions(identity_file=str(identity), proxy_jump=jumps, host_keys="strict")
    line = shlex.join(argv(address_of(machine.port, None), options, places, ["true"]))
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", line), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 42, said
    assert [server.seen.users for server in (first, second, machine)] == [["root"], ["me"], ["root"]]


def test_what_is_no_jump_host_reaches_no_shell(places: SshPlaces) -> None:
    options = SshOptions(command="kitten ssh", proxy_jump="me@bastion")
    jump = next(word for word in argv(address_of(22), options, places) if word.startswith("ProxyCommand="))
    assert jump.startswith("ProxyCommand=ssh -o ") and jump.endswith(" -l me -W '[%h]:%p' -- bastion")
    near = argv(address_of(22), replace(options, proxy_jump="[fe80::1%eth0]"), places)
    assert any(word.endswith(" -- fe80::1%%eth0") for word in near)
    assert "ProxyJump=none" in argv(address_of(22), replace(options, proxy_jump="none"), places)
    for name in ("b,-oProxyCommand=x", "b;id", "$(id)"):
        with pytest.raises(Failed, match="is not a jump host"):
            argv(address_of(22), replace(options, proxy_jump=name), places)


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
