"""The settings of ~/.ssh/config for one host: a few harmless ones, read after the host has been checked.

asyncssh reads such files too, but it follows an Include into itself, and others in no order, refuses what is not UTF-8,
comments behind a value and `Match localnetwork`, and does not say in which line a token is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gputui.core.problem import Failed
from gputui.ssh.address import REMEDY_LOCAL
from gputui.ssh.userconfig.lines import CORRECT, ConfigLine
from gputui.ssh.userconfig.reader import YES, ConfigReader, Value
from gputui.ssh.userconfig.tokens import with_tokens, with_variables

_NONE = "none"


@dataclass(frozen=True, slots=True)
class HostConfig:
    """The supported settings; none of them affects which keys are trusted, what is run or what is forwarded.

    `agent` may be `none`. `default_keys` is False if key files are named, or `none`. `lines` has the line that set a
    value, by its keyword in lower case.
    """

    host: str
    user: str = ""
    port: int | None = None
    identity_files: tuple[str, ...] = ()
    default_keys: bool = True
    identities_only: bool = False
    agent: str = ""
    proxy_jump: str = ""
    proxy_command: bool = False
    lines: Mapping[str, ConfigLine] = field(default_factory=dict)

    def blamed(self, keyword: str, failed: Failed, remedy: str = "") -> Failed:
        """Return a failure about a value with the line that set it, if it comes from the file."""
        line = self.lines.get(keyword)
        if line is None:
            return failed
        kept = failed.problem.remedy if failed.problem.remedy == REMEDY_LOCAL else CORRECT
        return line.wrong(failed.problem.text, remedy or kept)


def read_config(
    path: Path,
    host: str,
    *,
    user: str = "",
    usual_user: str = "",
    port: int | None = None,
    login: str = "",
    home: Path,
    environ: Mapping[str, str] | None = None,
) -> HostConfig:
    """Read the settings for `host`; `user` and `port` override the file if given, the file overrides `usual_user`.

    `login` is the local user.
    `host` must have passed the strict check (or be the user's own alias): `Match exec` may put it into a command.
    Raises Failed (Cause.CONFIG), which names the file, the line and what to do.
    """

    def read(user: str) -> ConfigReader:
        settled = {"user": Value(user)} if user else {}
        if port is not None:
            settled["port"] = Value(str(port))
        reader = ConfigReader(host, login or user or "root", home, os.environ if environ is None else environ, settled)
        reader.read(path)
        return reader

    reader = read(user)
    if usual_user and not reader.text("user"):
        reader = read(usual_user)  # again, for what `Match user` says about it
    return _host_config(reader)


def _host_config(reader: ConfigReader) -> HostConfig:
    files = [_expanded(reader, value) for value in reader.identities.values()]
    return HostConfig(
        host=reader.hostname(),
        user=reader.text("user"),
        port=int(reader.text("port")) if "port" in reader.values else None,
        identity_files=tuple(name for name in files if name.lower() != _NONE),
        default_keys=not files,
        identities_only=reader.text("identitiesonly").lower() in YES,
        agent=_agent(reader, reader.values.get("identityagent")),
        proxy_jump=_jumps(reader, reader.values.get("proxyjump")),
        proxy_command=reader.text("proxycommand", _NONE).lower() != _NONE,
        lines={keyword: value.line for keyword, value in reader.values.items() if value.line is not None},
    )


def _expanded(reader: ConfigReader, value: Value) -> str:
    if value.line is None:
        return value.text
    text = with_variables(value.line, value.text, reader.environ)
    return with_tokens(value.line, text, reader.tokens())


def _agent(reader: ConfigReader, value: Value | None) -> str:
    if value is None or value.line is None:
        return ""
    if value.text.startswith("$") and not value.text.startswith("${"):
        return with_variables(value.line, f"${{{value.text[1:]}}}", reader.environ)
    return _NONE if value.text.lower() == _NONE else _expanded(reader, value)


def _jumps(reader: ConfigReader, value: Value | None) -> str:
    if value is None or value.line is None or value.text.lower() == _NONE:
        return ""
    tokens = reader.tokens()
    return with_tokens(value.line, value.text, {name: tokens[name] for name in "hnpr"})
