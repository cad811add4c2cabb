"""The SSH server of the embedded clouds, seen by an ordinary SSH client."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.console import Console
from gputui.sim.ssh_listeners import SshListeners

START = 1_800_000_000.0
QUERY = "nvidia-smi --query-gpu=index,memory.used,utilization.gpu --format=csv,noheader,nounits"


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[SshListeners]:
    opened = SshListeners(tmp_path, clock=ManualClock(START))
    opened.attach(asyncio.get_running_loop())
    yield opened
    opened.detach()


def _machine(door: SshListeners, name: str = "gpu-node-007", password: str | None = "right", **more: object) -> int:
    host, port = door.open(name, user="root", password=password, gpus=8, gpu_model="H100", **more)  # type: ignore[arg-type]
    assert host == "127.0.0.1"
    return port


async def _login(port: int, **how: object) -> asyncssh.SSHClientConnection:
    ways: dict[str, object] = {"username": "root", "password": "right", "client_keys": None, "agent_path": None}
    return await asyncssh.connect("127.0.0.1", port, known_hosts=None, config=None, **{**ways, **how})


async def _run(port: int, command: str, **how: object) -> tuple[str, str, int | None]:
    async with await _login(port) as connection:
        done = await connection.run(command, check=False, **how)
    return str(done.stdout), str(done.stderr), done.exit_status


# -- who may come in ------------------------------------------------------------------------------------------------


async def test_the_right_password_opens_and_wrong_ones_do_not(door: SshListeners) -> None:
    port = _machine(door)
    assert await _run(port, "hostname") == ("gpu-node-007\n", "", 0)
    for wrong in ({"password": "wrong"}, {"password": ""}, {"username": "admin"}):
        with pytest.raises(asyncssh.PermissionDenied):
            await _login(port, **wrong)


async def test_a_machine_without_password_takes_the_client_key_and_nothing_else(door: SshListeners) -> None:
    port = _machine(door, password=None)
    key = str(door.client_key_path)
    async with await _login(port, client_keys=[key], password=None) as connection:
        assert (await connection.run("whoami")).stdout == "root\n"
    other = asyncssh.generate_private_key("ssh-ed25519")
    for wrong in ({"client_keys": [other], "password": None}, {"password": "right"}):
        with pytest.raises(asyncssh.PermissionDenied):
            await _login(port, **wrong)


async def test_the_client_key_does_not_open_a_machine_with_a_password(door: SshListeners) -> None:
    port = _machine(door)
    with pytest.raises(asyncssh.PermissionDenied):
        await _login(port, client_keys=[str(door.client_key_path)], password=None)


async def test_every_machine_has_its_own_host_key_and_keeps_it(door: SshListeners, tmp_path: Path) -> None:
    again = SshListeners(tmp_path / "again", clock=ManualClock(START))
    again.attach(asyncio.get_running_loop())
    ports = [_machine(door, "a"), _machine(door, "b"), _machine(again, "a")]
    keys = [await asyncssh.get_server_host_key("127.0.0.1", port, config=None) for port in ports]
    again.detach()
    first, second, third = (key.get_fingerprint() for key in keys if key is not None)
    assert first == third != second


async def test_a_machine_opened_later_works_and_a_closed_one_ends_its_sessions(door: SshListeners) -> None:
    port = _machine(door)
    async with await _login(port) as connection:
        process = await connection.create_process("sleep 600")
        door.close(port)
        done = await asyncio.wait_for(process.wait(), 5)
        assert done.exit_status is None
        await asyncio.wait_for(connection.wait_closed(), 5)
    with pytest.raises(ConnectionRefusedError):
        await _login(port)


async def test_ports_may_be_opened_and_closed_from_another_thread(door: SshListeners) -> None:
    port = await asyncio.to_thread(_machine, door, "threaded")
    assert (await _run(port, "hostname"))[0] == "threaded\n"
    await asyncio.to_thread(door.close, port)
    await _until(lambda: _refused(port))


async def _refused(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


# -- commands -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "out", "code"),
    [
        ("true", "", 0),
        ("false", "", 1),
        ("exit 7", "", 7),
        ("exit 300", "", 44),
        ("hostname; whoami", "gpu-node-007\nroot\n", 0),
        ("false; echo $?", "1\n", 0),
        ("true && echo yes", "yes\n", 0),
        ("false && echo yes", "", 1),
        ("false || echo no", "no\n", 0),
        ("true || echo no", "", 0),
        ("false && echo a || echo b", "b\n", 0),
        ("echo 'a;  b' \"c && d\"", "a;  b c && d\n", 0),
        ("echo -n x", "x", 0),
        ("echo $USER@$HOSTNAME", "root@gpu-node-007\n", 0),
        ("cat /etc/hostname", "gpu-node-007\n", 0),
        ("cat ~/run.yaml | grep model", "model: llama-70b\n", 0),
        ("tail -n 1 train.log | wc -l", "1\n", 0),
        ("seq 3 | head -2", "1\n2\n", 0),
        ("nvidia-smi -L 2>/dev/null | wc -l", "8\n", 0),
        ("ls", "run.yaml\ntrain.log\ntrain.sh\n", 0),
        ("uname -r", "5.15.0-105-generic\n", 0),
    ],
)
async def test_commands_print_and_end_as_they_should(door: SshListeners, command: str, out: str, code: int) -> None:
    assert await _run(_machine(door), command) == (out, "", code)


@pytest.mark.parametrize(
    ("command", "error", "code"),
    [
        ("tpo", "bash: tpo: command not found\n", 127),
        ("cat nothing", "cat: nothing: No such file or directory\n", 1),
        ("top", "top: failed tty get\n", 1),
        ("stty size", "stty: 'standard input': Inappropriate ioctl for device\n", 1),
        ("echo 'open", "bash: unexpected EOF while looking for matching quote\n", 2),
        ("| wc", "bash: syntax error near unexpected token `|'\n", 2),
    ],
)
async def test_mistakes_go_to_the_error_stream(door: SshListeners, command: str, error: str, code: int) -> None:
    assert await _run(_machine(door), command) == ("", error, code)


@pytest.mark.parametrize(
    "command", ["ps", "ps aux", "uname -a", "uptime", "df -h", "free -g", "nvidia-smi", "top -bn1"]
)
async def test_what_an_operator_types_first_says_something(door: SshListeners, command: str) -> None:
    out, error, code = await _run(_machine(door), command)
    assert (error, code) == ("", 0)
    assert out.endswith("\n")
    assert out.strip()


async def test_a_pipe_feeds_cat_and_the_end_of_input_ends_it(door: SshListeners) -> None:
    assert await _run(_machine(door), "cat", input="one\ntwo\n") == ("one\ntwo\n", "", 0)


async def test_sleep_takes_its_time(door: SshListeners) -> None:
    begun = time.monotonic()
    assert (await _run(_machine(door), "sleep 0.3"))[2] == 0
    assert time.monotonic() - begun >= 0.3


# -- GPUs -----------------------------------------------------------------------------------------------------------


async def test_the_table_of_gpus_is_as_wide_as_the_real_one(door: SshListeners) -> None:
    out, _, code = await _run(_machine(door), "nvidia-smi")
    lines = out.splitlines()
    assert code == 0
    assert {len(line) for line in lines[1:] if line} == {91}
    assert sum("NVIDIA H100 80GB HBM3" in line for line in lines) == 8


async def test_queries_give_the_fields_asked_for(door: SshListeners) -> None:
    port = _machine(door)
    out, _, code = await _run(port, QUERY)
    rows = [line.split(", ") for line in out.splitlines()]
    assert code == 0
    assert [row[0] for row in rows] == [str(index) for index in range(8)]
    assert all(0 <= int(row[1]) <= 81559 and 0 <= int(row[2]) <= 100 for row in rows)
    head, first = (await _run(port, "nvidia-smi --query-gpu=index,memory.total --format=csv -i 3"))[0].splitlines()
    assert (head, first) == ("index, memory.total [MiB]", "3, 81559 MiB")
    assert await _run(port, "nvidia-smi --query-gpu=bogus --format=csv") == (
        'Field "bogus" is not a valid field to query.\n',
        "",
        2,
    )


@pytest.mark.parametrize(
    ("ailment", "fields", "ill", "well"),
    [
        ("ecc", "ecc.errors.uncorrected.volatile.total", "3", "0"),
        ("hot", "clocks_throttle_reasons.hw_thermal_slowdown", "Active", "Not Active"),
    ],
)
async def test_an_ill_gpu_shows(door: SshListeners, ailment: str, fields: str, ill: str, well: str) -> None:
    port = _machine(door, ailment=ailment)
    out, _, _ = await _run(port, f"nvidia-smi --query-gpu={fields} --format=csv,noheader")
    assert sorted(out.splitlines()) == sorted([ill] + [well] * 7)
    door.ail(port, "")
    out, _, _ = await _run(port, f"nvidia-smi --query-gpu={fields} --format=csv,noheader")
    assert out.splitlines() == [well] * 8


async def test_a_lost_gpu_is_missed_and_tells_so_by_its_exit_code(door: SshListeners) -> None:
    port = _machine(door, ailment="lost")
    out, _, code = await _run(port, QUERY)
    assert code == 15
    assert len(re.findall(r"Unable to determine the device handle for GPU\d: 0000:", out)) == 1
    assert len(out.splitlines()) == 8


# -- the terminal ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Terminal:
    """A raw terminal on a machine: what is typed, what appeared."""

    process: asyncssh.SSHClientProcess[bytes]
    seen: bytes = b""

    async def see(self, text: bytes) -> bytes:
        """Read until that text has appeared; gives what came before and takes it away."""
        async with asyncio.timeout(5):
            while text not in self.seen:
                piece = await self.process.stdout.read(4096)
                assert piece, f"the session ended after {self.seen!r}"
                self.seen += piece
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: bytes) -> None:
        """Type."""
        self.process.stdin.write(text)


PROMPT = b"root@gpu-node-007:~# "


@pytest.fixture
async def terminal(door: SshListeners) -> AsyncIterator[Terminal]:
    async with await _login(_machine(door)) as connection:
        process = await connection.create_process(term_type="xterm-256color", term_size=(100, 30), encoding=None)
        shown = Terminal(process)
        await shown.see(PROMPT)
        yield shown


async def test_what_is_typed_is_echoed_and_obeyed(terminal: Terminal) -> None:
    terminal.type(b"whoami\r")
    assert await terminal.see(PROMPT) == b"whoami\r\nroot\r\n"


async def test_backspace_takes_back_what_it_takes_from_the_screen(terminal: Terminal) -> None:
    terminal.type(b"whox\x7fami\r")
    assert await terminal.see(PROMPT) == b"whox\b \bami\r\nroot\r\n"
    terminal.type("echo 가\x7f나\r".encode())
    assert await terminal.see(PROMPT) == "echo 가\b \b\b \b나\r\n나\r\n".encode()


async def test_control_keys(terminal: Terminal) -> None:
    terminal.type(b"rm -rf\x03")
    assert await terminal.see(PROMPT) == b"rm -rf^C\r\n"
    terminal.type(b"abc\x0c")
    assert await terminal.see(b"abc\x1b[H\x1b[2J" + PROMPT + b"abc") == b""
    terminal.type(b"\x15hostname\x1b[A\r")
    assert await terminal.see(PROMPT) == b"\b \b" * 3 + b"hostname\r\ngpu-node-007\r\n"


async def test_ctrl_c_ends_a_command_that_takes_its_time(terminal: Terminal) -> None:
    terminal.type(b"sleep 600\r")
    await terminal.see(b"sleep 600\r\n")
    terminal.type(b"\x03")
    assert await terminal.see(PROMPT) == b"^C\r\n"
    terminal.type(b"echo $?\r")
    assert await terminal.see(PROMPT) == b"echo $?\r\n130\r\n"


async def test_what_is_typed_ahead_is_not_lost(terminal: Terminal) -> None:
    terminal.type(b"sleep 0.2\rhostname\r")
    await terminal.see(b"sleep 0.2\r\n")
    await terminal.see(PROMPT)
    assert await terminal.see(PROMPT) == b"hostname\r\ngpu-node-007\r\n"


async def test_the_window_has_its_real_size_and_follows(terminal: Terminal) -> None:
    terminal.type(b"stty size\r")
    assert await terminal.see(PROMPT) == b"stty size\r\n30 100\r\n"
    terminal.process.change_terminal_size(132, 43)
    terminal.type(b"stty size\r")
    assert await terminal.see(PROMPT) == b"stty size\r\n43 132\r\n"


async def test_top_repaints_to_the_window_until_q(terminal: Terminal) -> None:
    terminal.type(b"top\r")
    for _ in range(2):
        await terminal.see(b"\x1b[H\x1b[2Jtop - ")
    terminal.process.change_terminal_size(20, 4)
    await terminal.see(b"\x1b[H\x1b[2J")
    painted = (await terminal.see(b"\x1b[H\x1b[2J")).split(b"\r\n")
    assert [line[:5] for line in painted] == [b"top -", b"Tasks", b"%Cpu("]
    assert all(len(line) <= 20 for line in painted)
    terminal.type(b"q")
    await terminal.see(PROMPT)


async def test_ctrl_d_ends_the_session_and_the_code_comes_along(terminal: Terminal) -> None:
    terminal.type(b"false\r\x04")
    done = await asyncio.wait_for(terminal.process.wait(), 5)
    assert done.exit_status == 1


async def test_exit_gives_its_code(terminal: Terminal) -> None:
    terminal.type(b"exit 3\r")
    done = await asyncio.wait_for(terminal.process.wait(), 5)
    assert done.exit_status == 3


async def test_bytes_that_are_no_text_break_nothing(terminal: Terminal) -> None:
    terminal.type(b"echo \xff\xfe\x00ok\r")
    await terminal.see(PROMPT)
    terminal.type(b"hostname\r")
    assert b"gpu-node-007" in await terminal.see(PROMPT)


async def test_a_shell_without_a_terminal_reads_a_script(door: SshListeners) -> None:
    async with await _login(_machine(door)) as connection:
        done = await connection.run(input="hostname\nfalse\n", check=False)
    assert (done.stdout, done.exit_status) == ("gpu-node-007\n", 1)


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no OpenSSH client here")
async def test_openssh_logs_in_too(door: SshListeners, tmp_path: Path) -> None:
    port = _machine(door, password=None)
    options = ("IdentitiesOnly=yes", "StrictHostKeyChecking=accept-new", f"UserKnownHostsFile={tmp_path / 'known'}")
    arguments = ["-F", "none", "-i", str(door.client_key_path), "-p", str(port)]
    arguments += [word for option in options for word in ("-o", option)]
    client = await asyncio.create_subprocess_exec(
        "ssh",
        *arguments,
        "root@127.0.0.1",
        "hostname; exit 5",
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    out, _ = await asyncio.wait_for(client.communicate(), 10)
    assert (out, client.returncode) == (b"gpu-node-007\n", 5)


async def test_a_key_is_waited_for_no_longer_than_told() -> None:
    async def write(_data: bytes, _error: bool) -> None:
        return

    console = Console(write, tty=True)
    assert await console.key(0.01) is None
    console.feed("é".encode()[:1])
    assert await console.key(0.01) is None
    console.feed("é".encode()[1:])
    assert await console.key(0.01) == "é"


async def _until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(5):
        while not await condition():
            await asyncio.sleep(0.005)
