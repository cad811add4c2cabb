"""A profile's `ssh` table, and where on this computer SSH finds its files."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from gputui.core.problem import Cause, Failed, Problem

HostKeys = Literal["ask", "strict", "accept-new"]
LONGEST_TIMEOUT = 600
HANDED_OVER = "its profile hands over to OpenSSH (ssh.command), which takes one machine at a time"
"""Why such a machine is left out wherever connections of our own are needed."""
_POLICIES = ("ask", "strict", "accept-new")


@dataclass(frozen=True, slots=True)
class SshOptions:
    """What a profile sets about SSH; what is empty or None was not set. Time-outs are in seconds."""

    user: str = ""
    port: int | None = None
    identity_file: str = ""
    proxy_jump: str = ""
    known_hosts: str = ""
    host_keys: HostKeys = "ask"
    allow_local: bool = False
    command: str = ""
    connect_timeout: float | None = None
    login_timeout: float | None = None

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> SshOptions:
        """Read the table as TOML gave it. Raises Failed (Cause.CONFIG) that names the key and what it takes."""
        known = {field.name: field for field in fields(cls)}
        for name, value in table.items():
            if name not in known:
                raise _wrong(name, f"is not a key of the ssh table ({', '.join(known)})")
            _check(name, value)
        return cls(**table)


def _check(name: str, value: object) -> None:
    if name == "port":
        if type(value) is not int or not 1 <= value <= 65535:
            raise _wrong(name, "takes a whole number from 1 to 65535")
    elif name == "allow_local":
        if not isinstance(value, bool):
            raise _wrong(name, "takes true or false")
    elif name in ("connect_timeout", "login_timeout"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= LONGEST_TIMEOUT:
            raise _wrong(name, f"takes a number of seconds from 1 to {LONGEST_TIMEOUT}")
    elif not isinstance(value, str):
        raise _wrong(name, "takes a text")
    elif name == "host_keys" and value not in _POLICIES:
        raise _wrong(name, f"takes one of {', '.join(_POLICIES)}")
    elif name == "command":
        _check_command(value)


def _check_command(words: str) -> None:
    try:
        shlex.split(words)
    except ValueError as error:
        raise _wrong("command", f"is not a command line: {error}") from None


def _wrong(name: str, complaint: str) -> Failed:
    return Failed(Problem(Cause.CONFIG, f"ssh.{name} {complaint}", "gputui config check"))


@dataclass(frozen=True, slots=True)
class SshPlaces:
    """The files SSH reads, and the one it writes (`pins`); `agent` is the agent's socket, `login` the local user."""

    home: Path
    pins: Path
    agent: str = ""
    login: str = ""
    system_known_hosts: Path = Path("/etc/ssh/ssh_known_hosts")

    @property
    def config(self) -> Path:
        """The user's own configuration of OpenSSH."""
        return self.home / ".ssh" / "config"

    def expand(self, text: str) -> Path:
        """A path as people write it, `~/` being this home."""
        if text == "~" or text.startswith("~/"):
            return self.home / text[2:]
        return self.home / ".ssh" / text if not text.startswith("/") else Path(text)

    def known_hosts(self, options: SshOptions) -> tuple[Path, ...]:
        """All files whose host keys count: the user's (or the profile's), the system's and our own."""
        own = self.expand(options.known_hosts) if options.known_hosts else self.home / ".ssh" / "known_hosts"
        return (own, self.system_known_hosts, self.pins)
