"""The SSH options of a profile: declared here, read from its `ssh` table by `config`, applied by `ssh`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

HostKeys = Literal["ask", "strict", "accept-new"]
HOST_KEY_POLICIES: tuple[HostKeys, ...] = get_args(HostKeys)


@dataclass(frozen=True, slots=True)
class SshOptions:
    """One field for each key of the table; empty or None means unset. Timeouts are in seconds."""

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
