"""Embedded clouds of a wanted size in a process of their own, and what they answer a bare client."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gputui.sim.scp.auth import CLIENT_TYPE, Keys, signature

RUN = "from gputui.commands.process import run; run()"


@dataclass(frozen=True, slots=True)
class World:
    """How large the clouds are, which there are, and how much of them changes."""

    machines: int
    only: tuple[str, ...] = ()
    pace: float = 0.0
    changed: float = 0.0
    changing: float = 0.0

    @property
    def words(self) -> list[str]:
        """The options of `gputui sim`."""
        rates = ["--pace", f"{self.pace}", "--changed", f"{self.changed}", "--changing", f"{self.changing}"]
        return ["--nodes", f"{self.machines}", *rates, *(word for name in self.only for word in ("--only", name))]


@dataclass(frozen=True, slots=True)
class Clouds:
    """Running clouds; `folder` holds the configuration that reaches them, and whatever a console leaves behind."""

    folder: Path
    pid: int
    seconds_to_start: float

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "config.toml"

    @property
    def _scp(self) -> dict[str, Any]:
        profiles: dict[str, Any] = tomllib.loads(self.config.read_text())["profiles"]
        return next(profile for profile in profiles.values() if profile["provider"] == "scp")

    def nodes(self, machines: int) -> tuple[float, bytes]:
        """SCP's nodes in one answer, read by a bare client: the seconds it took, and the body."""
        url = f"{self._scp['base_url']}/v1/gpu-nodes?size={machines}"
        with httpx.Client() as client:
            client.get(url)  # the connection
            begun = time.perf_counter()
            answer = client.get(url, headers=self._signed("GET", url))
            taken = time.perf_counter() - begun
        answer.raise_for_status()
        return taken, answer.content

    def set_lock(self, node_id: str, *, locked: bool) -> None:
        """Lock a node of SCP or not, which changes one cell of the list."""
        url = f"{self._scp['base_url']}/v1/gpu-nodes/{node_id}/{'lock' if locked else 'unlock'}"
        httpx.put(url, headers=self._signed("PUT", url)).raise_for_status()

    def _signed(self, method: str, url: str) -> dict[str, str]:
        keys, now = Keys(self._scp["access_key"], self._scp["secret_key"]), f"{int(time.time() * 1000)}"
        return {
            "Scp-Accesskey": keys.access,
            "Scp-Signature": signature(keys, method, url, now),
            "Scp-Timestamp": now,
            "Scp-ClientType": CLIENT_TYPE,
        }


@contextlib.contextmanager
def serving(world: World) -> Iterator[Clouds]:
    """The clouds while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="gputui-bench-") as name:
        folder = Path(name)
        command = [sys.executable, "-c", RUN, "sim", *world.words, "--write-config", f"{folder / 'config.toml'}"]
        begun = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert any(line.startswith("config ") for line in process.stdout), "the clouds did not start"
                yield Clouds(folder, process.pid, time.monotonic() - begun)
            finally:
                process.terminate()
