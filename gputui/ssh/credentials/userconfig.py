"""The settings of ~/.ssh/config for one host: a few harmless ones, read after the host has been checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asyncssh.config import SSHClientConfig

from gputui.core.trusted_files import check_trusted


@dataclass(frozen=True, slots=True)
class HostConfig:
    """The supported settings; none of them affects which keys are trusted, what is run or what is forwarded."""

    host: str
    user: str = ""
    port: int | None = None
    identity_files: tuple[str, ...] = ()
    identities_only: bool = False
    agent: str = ""
    proxy_jump: str = ""
    proxy_command: bool = False


def read_config(path: Path, host: str, *, user: str = "", port: int | None = None, login: str = "") -> HostConfig:
    """Read the settings for `host`; `user` and `port` override the file if given.

    `host` must have passed the strict check (or be the user's own alias): asyncssh inserts it unquoted into paths.
    Raises asyncssh.ConfigParseError or OSError, including NotTrusted (`ssh` refuses such a file as well).
    """
    if not path.exists():
        return HostConfig(host, user, port)
    check_trusted(path)
    config = SSHClientConfig.load(
        None, [path], False, False, False, login or user or "root", user or (), host, () if port is None else port
    )

    def text(option: str) -> str:
        value: Any = config.get(option)
        return value if isinstance(value, str) and value.lower() != "none" else ""

    files: Any = config.get("IdentityFile", ())
    decided: Any = config.get("Port")
    return HostConfig(
        host=text("Hostname") or host,
        user=text("User"),
        port=decided,
        identity_files=tuple(files),
        identities_only=config.get("IdentitiesOnly") is True,
        agent=text("IdentityAgent"),
        proxy_jump=text("ProxyJump"),
        proxy_command=bool(text("ProxyCommand")),
    )
