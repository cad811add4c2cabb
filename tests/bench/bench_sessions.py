"""From the key to the remote prompt, and `cat` through a session, beside `ssh` on the same sshd: run by hand.

python -m tests.bench.bench_sessions [ROUNDS]
"""

from __future__ import annotations

import asyncio
import getpass
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
import tomli_w

from gputui.sim.serve import Simulator
from tests.bench.figures import Figure, facts, median, table
from tests.ssh.conftest import Sshd, _free_port, _host_key, _run_sshd

PROMPT = b"there$ "
ADDRESS = "127.203.113.4"
"""That of the first node of the embedded cloud: on loopback."""
BULK = 50_000_000
QUIET_SECONDS = 4.0
PROBE = "import time; t = time.perf_counter(); sum(range(3_000_000)); print(time.perf_counter() - t)"


class Screen:
    """A program on a pty that nobody looks at: what it writes is only searched."""

    def __init__(self, words: Sequence[str], environ: dict[str, str]) -> None:
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execvpe(words[0], list(words), environ)
        self._tail = b""

    def type(self, data: bytes) -> float:
        """Type it; gives when."""
        self._tail = b""
        os.write(self.fd, data)
        return time.perf_counter()

    def until(self, wanted: bytes, seconds: float = 30.0) -> float:
        """Read until it has been written since something was typed last; gives when."""
        end = time.perf_counter() + seconds
        while wanted not in self._tail:
            if not select.select([self.fd], [], [], max(0.0, end - time.perf_counter()))[0]:
                raise AssertionError(f"{wanted!r} never came after {self._tail[-300:]!r}")
            self._tail = self._tail[-200:] + os.read(self.fd, 1 << 18)
        return time.perf_counter()

    def idle(self, seconds: float) -> None:
        """Let it be, and read what it writes."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                os.read(self.fd, 1 << 18)

    def close(self) -> None:
        """End it."""
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@contextmanager
def a_sshd(folder: Path) -> Iterator[Sshd]:
    """A real one, whose shell says nothing but its prompt."""
    folder.mkdir(mode=0o700)
    (folder / "env").write_text(f"PS1='{PROMPT.decode()}'\n")
    identity = folder / "user_ed25519"
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(identity)
    identity.chmod(0o600)
    key.write_public_key(folder / "authorized_keys")
    _host_key(folder)
    port = _free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nListenAddress {ADDRESS}\nHostKey {folder}/host_ed25519\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nPermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\nPrintMotd no\n"
        f"PrintLastLog no\nSetEnv HOME={folder} ENV={folder}/env\nMaxStartups 100\n"
        "ForceCommand exec sh -i\n"  # a shell that takes no time of its own, whatever root's is here
    )
    running = Sshd(port, getpass.getuser(), identity, folder, _run_sshd(folder, port))
    yield running
    running.stop()


def configured(clouds: Simulator, sshd: Sshd, folder: Path) -> tuple[Path, dict[str, str]]:
    """The configuration of a console whose machines are that sshd, and its environment."""
    config: Any = clouds.config()
    ssh = {"port": sshd.port, "identity_file": str(sshd.identity), "user": sshd.user, "host_keys": "accept-new"}
    config["profiles"]["samsung"]["ssh"].update(ssh)
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(tomli_w.dumps(config))
    environ = {"HOME": str(folder), "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
    environ |= {"GPUTUI_CONFIG_DIR": str(folder / "config"), "GPUTUI_STATE_DIR": str(folder / "state")}
    return path, environ | {"PYTHONPATH": os.environ.get("PYTHONPATH", os.getcwd())}  # noqa: PTH109


def openssh(sshd: Sshd, folder: Path, environ: dict[str, str]) -> Screen:
    """`ssh` to it, as one would type it."""
    options = ["StrictHostKeyChecking=accept-new", f"UserKnownHostsFile={folder}/known_hosts", "LogLevel=ERROR"]
    words = ["ssh", "-F", "none", "-i", str(sshd.identity), "-o", "IdentitiesOnly=yes", "-p", str(sshd.port)]
    words += [word for option in options for word in ("-o", option)]
    return Screen([*words, f"{sshd.user}@{ADDRESS}"], environ)


def bulk(screen: Screen, path: Path) -> float:
    """Megabytes a second of `cat` through the session that is shown."""
    began = screen.type(b"cat %b; echo over $((6 * 7))\r" % str(path).encode())
    return BULK / (screen.until(b"over 42") - began) / 1e6


def bare(sshd: Sshd) -> list[float]:
    """Milliseconds to the prompt with nothing but asyncssh on a live connection: nobody's console can be faster."""

    async def ask() -> list[float]:
        options = {"known_hosts": None, "config": None, "agent_path": None, "client_keys": [str(sshd.identity)]}
        async with asyncssh.connect(ADDRESS, sshd.port, username=sshd.user, **options) as connection:
            found = []
            for _ in range(6):
                began = time.perf_counter()
                async with connection.create_process(term_type="xterm", encoding=None) as process:
                    heard = b""
                    while PROMPT not in heard:
                        heard += await process.stdout.read(4096)
                    found.append((time.perf_counter() - began) * 1000)
                    process.stdin.write(b"exit\n")
            return found[1:]

    return asyncio.run(ask())


def console(path: Path, environ: dict[str, str]) -> Screen:
    """One that shows its machines and has come to rest."""
    screen = Screen([sys.executable, "-m", "gputui.cli", "--config", str(path)], environ)
    screen.until(b"gpu-node-001")
    screen.idle(QUIET_SECONDS)
    for typed in (b"1", b"/", b"gpu-node-001", b"\r"):
        screen.type(typed)
        screen.idle(0.7)
    return screen


def a_round(sshd: Sshd, folder: Path, path: Path, environ: dict[str, str], found: dict[str, list[float]]) -> None:
    """Everything once, by turns."""
    asked = openssh(sshd, folder, environ)
    found["ssh: prompt, ms"].append((asked.until(PROMPT) - asked.began) * 1000)
    found["ssh: cat, MB/s"].append(bulk(asked, folder / "bulk"))
    asked.close()
    found["asyncssh: prompt, live, ms"] += bare(sshd)
    screen = console(path, environ)
    found["gputui: key to prompt, cold, ms"].append((-screen.type(b"s") + screen.until(PROMPT)) * 1000)
    found["gputui: cat, MB/s"].append(bulk(screen, folder / "bulk"))
    for _ in range(5):
        screen.type(b"\x1d")
        screen.until(b"d detach")
        screen.type(b"d")
        screen.idle(0.7)
        found["gputui: key to prompt, live, ms"].append((-screen.type(b"s") + screen.until(PROMPT)) * 1000)
    screen.close()
    probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    found["(sum of 3 million, ms)"].append(float(probe.stdout) * 1000)


def main(rounds: int) -> None:
    """Print a table of all figures."""
    folder = Path(tempfile.mkdtemp(prefix="gputui-bench-"))
    names = ("ssh: prompt, ms", "gputui: key to prompt, cold, ms", "gputui: key to prompt, live, ms")
    found: dict[str, list[float]] = {
        name: []
        for name in (
            *names,
            "asyncssh: prompt, live, ms",
            "ssh: cat, MB/s",
            "gputui: cat, MB/s",
            "(sum of 3 million, ms)",
        )
    }
    with (folder / "bulk").open("wb") as file:
        line = b"the quick brown fox jumps over the lazy dog " + b"x" * 50 + b"\n"
        file.write(line * (BULK // len(line)))
    try:
        with a_sshd(folder / "sshd") as sshd, Simulator(calm=True, only=["scp"]) as clouds:
            path, environ = configured(clouds, sshd, folder)
            for _ in range(rounds):
                a_round(sshd, folder, path, environ, found)
    finally:
        shutil.rmtree(folder)
    middle = {name: median(values) for name, values in found.items()}
    figures = [
        Figure(name, "", middle[name], "", None, f"{min(values):.1f} to {max(values):.1f}")
        for name, values in found.items()
    ]
    cold, live = middle[names[1]] / middle[names[0]], middle[names[2]] / middle["asyncssh: prompt, live, ms"]
    slower = middle["ssh: cat, MB/s"] / middle["gputui: cat, MB/s"]
    figures += [
        Figure("key to prompt, cold", "", cold, "× ssh", 0.35),
        Figure("key to prompt, live", "", live, "× asyncssh", 2.2),
        Figure("cat through a session, time", "", slower, "× ssh", 1 / 0.85),
    ]
    print(f"{facts()}\n\n{table(figures)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
