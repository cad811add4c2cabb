"""`true` on many hosts beside what people do today, against real sshds on loopback addresses: run by hand.

python -m tests.bench.bench_fan_out [HOSTS] [ROUNDS]

Each host is an address of its own (127.0.1.1 and up), all with keys, known_hosts and 64 at once:
`FanOut`, the whole `gputui run` (its start, the reading of the cloud and the answers included), asyncssh with nothing
around it, and `xargs -P 64 ssh`. Prints a table of medians over the rounds, and the ratios to xargs.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncssh

from gputui.core.provider import SshTarget
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address, resolve
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.running.fan_out import FanOut
from tests.bench.figures import Figure, facts, median, table

AT_ONCE = 64
ADDRESSES_OF_ONE = 16  # sshd listens at no more
NONE = Path("/nonexistent")


@dataclass(frozen=True)
class Field:
    """Where the hosts are, and how to get in."""

    folder: Path
    hosts: tuple[str, ...]
    port: int

    @property
    def identity(self) -> Path:
        return self.folder / "user"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"


@contextlib.contextmanager
def field_of(count: int) -> Iterator[Field]:
    """That many hosts, for the time of the block."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        hosts = tuple(f"127.0.{1 + at // 250}.{1 + at % 250}" for at in range(count))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for key in ("host", "user"):
            made = asyncssh.generate_private_key("ssh-ed25519")
            made.write_private_key(folder / key)
            made.write_public_key(folder / f"{key}.pub")
            (folder / key).chmod(0o600)
        public = " ".join((folder / "host.pub").read_text().split()[:2])
        field = Field(folder, hosts, port)
        field.known_hosts.write_text("".join(f"[{host}]:{port} {public}\n" for host in hosts))
        for at in range(0, count, ADDRESSES_OF_ONE):
            stack.enter_context(_sshd(field, at))
        yield field


@contextlib.contextmanager
def _sshd(field: Field, at: int) -> Iterator[None]:
    config = field.folder / f"sshd_config.{at}"
    config.write_text(
        "".join(f"ListenAddress {host}:{field.port}\n" for host in field.hosts[at : at + ADDRESSES_OF_ONE])
        + f"HostKey {field.folder}/host\nPidFile none\nAuthorizedKeysFile {field.folder}/user.pub\nStrictModes no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n"
        "UseDNS no\nPrintMotd no\nPrintLastLog no\nMaxStartups 1000:30:2000\n"
        # Not the user's own: bash would read a ~/.bashrc for each command, which may take longer than all the rest.
        f"SetEnv HOME={field.folder}\n"
    )
    program = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        raise SystemExit("this needs an OpenSSH sshd")
    with (field.folder / "sshd.log").open("ab") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", config], stderr=log)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection((field.hosts[at], field.port), 1):
                break
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def address(field: Field, host: str, options: SshOptions) -> Address:
    return resolve(SshTarget(host, field.port), options)


def by_fan_out(field: Field) -> None:
    """The engine alone."""
    options = SshOptions(
        user=getpass.getuser(),
        identity_file=str(field.identity),
        known_hosts=str(field.known_hosts),
        host_keys="strict",
        allow_local=True,
    )
    machines = [Machine(Ref("p", "nodes", host), host, address(field, host, options), options) for host in field.hosts]

    async def run() -> None:
        pool = Pool(SshPlaces(field.folder, field.folder / "pins", system_known_hosts=NONE), linger=0)
        fan_out = FanOut(machines, "true", pool, concurrency=AT_ONCE)
        await fan_out.run()
        await pool.aclose()
        failed = [answer.problem for answer in fan_out.done if answer.status != 0]
        assert not failed, failed[:3]

    asyncio.run(run())


def by_asyncssh(field: Field) -> None:
    """Nothing but the library."""

    async def run() -> None:
        limit = asyncio.Semaphore(AT_ONCE)
        key = asyncssh.read_private_key(field.identity)
        known = asyncssh.read_known_hosts(str(field.known_hosts))

        async def one(host: str) -> None:
            async with (
                limit,
                asyncssh.connect(
                    host,
                    field.port,
                    username=getpass.getuser(),
                    client_keys=[key],
                    known_hosts=known,
                    config=None,
                    agent_path=None,
                    login_timeout=120,
                ) as connection,
            ):
                assert (await connection.run("true")).exit_status == 0

        await asyncio.gather(*map(one, field.hosts))

    asyncio.run(run())


def by_xargs(field: Field) -> None:
    """What people do today."""
    options = {
        "Port": field.port,
        "IdentityFile": field.identity,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": field.known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "LogLevel": "ERROR",
    }
    said = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    command = ["xargs", "-P", str(AT_ONCE), "-I{}", "ssh", "-F", "none", *said, f"{getpass.getuser()}@{{}}", "true"]
    subprocess.run(command, input="\n".join(field.hosts).encode(), check=True)


def by_gputui_run(field: Field) -> None:
    """The whole command, from its start: a cloud that lists the hosts is read, then they run."""
    command = [sys.executable, "-m", "gputui.cli", "run", "", "--yes", "-o", "jsonl", "--", "true"]
    places = {"HOME": str(field.folder), "GPUTUI_CONFIG_DIR": str(field.folder), "GPUTUI_STATE_DIR": str(field.folder)}
    environ = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"} | places
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(field.hosts) and all(answer["status"] == 0 for answer in answers), done.stderr


@contextlib.contextmanager
def cloud_of(field: Field) -> Iterator[None]:
    """Datenfab's API with the hosts as its instances, and a configuration for it."""
    region = {"id": "1", "region": "one", "clusterName": "c"}
    instances = [
        {
            "name": f"instance-{at}",
            "displayName": f"gpu-{at}",
            "status": "Running",
            "servers": {"SSH": {"sshAddr": f"ssh -p{field.port} {getpass.getuser()}@{host}", "sshPassword": ""}},
        }
        for at, host in enumerate(field.hosts)
    ]

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found: object = {"nodes": instances} if self.path.partition("?")[0].endswith("/instances") else [region]
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (field.folder / "config.toml").write_text(
        f'[profiles.d]\nprovider = "datenfab"\nbase_url = "http://127.0.0.1:{server.server_port}"\n'
        'token = "t"\nnamespace = "n"\n[profiles.d.ssh]\nallow_local = true\nhost_keys = "strict"\n'
        f'identity_file = "{field.identity}"\nknown_hosts = "{field.known_hosts}"\n'
    )
    (field.folder / "config.toml").chmod(0o600)
    try:
        yield
    finally:
        server.shutdown()


CASES: dict[str, Callable[[Field], None]] = {
    "xargs -P 64 ssh": by_xargs,
    "asyncssh alone": by_asyncssh,
    "FanOut": by_fan_out,
    "gputui run, whole": by_gputui_run,
}


def used() -> float:
    """CPU seconds of this process and of the children it has waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))


def main(count: int, rounds: int) -> None:
    """Take turns, so that a busy moment of this computer hits all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    spent: dict[str, list[float]] = {name: [] for name in CASES}
    with field_of(count) as field, cloud_of(field):
        for _ in range(rounds):
            for name, act in CASES.items():
                begun, before = time.perf_counter(), used()
                act(field)
                seconds[name].append(time.perf_counter() - begun)
                spent[name].append(used() - before)
    reference = median(seconds["xargs -P 64 ssh"])
    found = [
        Figure(
            name, f"{count} hosts", median(taken), "s", None,
            f"{min(taken):.2f} to {max(taken):.2f}; client CPU {median(spent[name]):.2f} s; "
            f"{reference / median(taken):.1f} × as fast as xargs",
        )
        for name, taken in seconds.items()
    ]  # fmt: skip
    print(f"{facts()}\n\n{table(found)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, int(sys.argv[2]) if len(sys.argv) > 2 else 3)
