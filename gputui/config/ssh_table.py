"""A profile's `ssh` table: what each of its keys accepts."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from gputui.config.tables import InvalidValue, Table, flag, one_of, port, text, timeout
from gputui.core.ssh_options import HOST_KEY_POLICIES, SshOptions


def command_line(value: object) -> str:
    """The words of a command line, split by shell quoting rules."""
    given = text(value)
    try:
        shlex.split(given)
    except ValueError as error:
        raise InvalidValue(f"is not a command line: {error}") from None
    return given


TAKES: Mapping[str, Callable[[object], Any]] = {
    "user": text,
    "port": port,
    "identity_file": text,
    "proxy_jump": text,
    "known_hosts": text,
    "host_keys": one_of(*HOST_KEY_POLICIES),
    "allow_local": flag,
    "command": command_line,
    "connect_timeout": timeout,
    "login_timeout": timeout,
}
"""The check for each field of SshOptions."""


def ssh_options(found: Table) -> SshOptions:
    """The options that a table sets; if any is wrong, it goes to `errors` and none is set."""
    given = {key: found.take(key, fit, None) for key, fit in TAKES.items() if key in found.left}
    found.refuse_rest(TAKES)
    return SshOptions() if found.errors else SshOptions(**given)
