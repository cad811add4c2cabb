"""The conditions of `Host` and `Match` in an OpenSSH configuration."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gputui.ssh.patterns import matches_patterns
from gputui.ssh.userconfig.lines import ConfigLine
from gputui.ssh.userconfig.local_addresses import Ip, local_addresses
from gputui.ssh.userconfig.tokens import with_tokens

_EXEC_SECONDS = 10.0
_BARE = ("all", "canonical", "final")
_PATTERNS = ("host", "originalhost", "user", "localuser", "tagged", "version", "sessiontype", "command")
_OTHERS = ("exec", "localnetwork")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a `Match` is judged by: the values for each criterion with patterns, and the tokens for `exec`.

    `final` is True when the file is read a second time, as `Match final` asks.
    """

    values: Mapping[str, str]
    tokens: Mapping[str, str]
    environ: Mapping[str, str]
    final: bool = False
    addresses: Callable[[], Sequence[Ip]] = local_addresses


def matches_host(line: ConfigLine, host: str) -> bool:
    """Whether a `Host` line is about this host: one pattern is, and no negated one. Raises Failed if it has none."""
    patterns = line.words()
    if not patterns:
        raise line.wrong("Host has no pattern")
    return matches_patterns(patterns, host)


def matches(line: ConfigLine, now: Circumstances) -> bool:
    """Whether all criteria of a `Match` line hold; those behind one that does not are not judged. Raises Failed."""
    criteria = list(_criteria(line))
    if not criteria:
        raise line.wrong("Match has no criterion")
    return all(_holds(line, name, value, now) is not negated for name, value, negated in criteria)


def asks_for_a_second_pass(line: ConfigLine) -> bool:
    """Whether a `Match` line has the criterion `final`."""
    return any(name == "final" for name, _, _ in _criteria(line))


def _criteria(line: ConfigLine) -> Iterator[tuple[str, str, bool]]:
    """Yield name, argument and whether it is negated. Raises Failed for unknown ones and missing arguments."""
    words = iter(line.words())
    for word in words:
        name, equals, value = word.removeprefix("!").partition("=")
        name = name.lower()
        if name in _BARE and not equals:
            yield name, "", word.startswith("!")
            continue
        if name not in (*_PATTERNS, *_OTHERS):
            raise line.wrong(f"Match knows no {name}; it knows {', '.join((*_BARE, *_PATTERNS, *_OTHERS))}")
        if not equals and (value := next(words, "")) == "":
            raise line.wrong(f"Match {name} has no argument")
        yield name, value, word.startswith("!")


def _holds(line: ConfigLine, name: str, value: str, now: Circumstances) -> bool:
    if name in _BARE:
        return name == "all" or now.final
    if name == "exec":
        return _succeeds(line, with_tokens(line, value, now.tokens), now.environ)
    if name == "localnetwork":
        return _is_local(line, value, now)
    return matches_patterns(value.split(","), now.values.get(name, ""))


def _is_local(line: ConfigLine, networks: str, now: Circumstances) -> bool:
    try:
        wanted = [ipaddress.ip_network(text, strict=False) for text in networks.split(",")]
    except ValueError as error:
        raise line.wrong(f"Match localnetwork takes networks such as 10.0.0.0/8: {error}") from None
    try:
        addresses = now.addresses()
    except OSError as error:
        raise line.wrong(f"the addresses of this computer cannot be listed: {error.strerror}", _INSTEAD) from None
    return any(address in network for network in wanted for address in addresses)


def _succeeds(line: ConfigLine, command: str, environ: Mapping[str, str]) -> bool:
    """Run a command of the user's own configuration in their shell, as OpenSSH does. Raises Failed if it hangs."""
    shell = environ.get("SHELL") or "/bin/sh"
    none = subprocess.DEVNULL
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own configuration
            [shell, "-c", command], stdin=none, stdout=none, stderr=none, start_new_session=True
        )
    except OSError as error:
        raise line.wrong(f"Match exec cannot be run: {shell}: {error.strerror}", "check SHELL") from None
    try:
        return process.wait(_EXEC_SECONDS) == 0
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise line.wrong(f"the command of Match exec did not end in {_EXEC_SECONDS:g} s") from None


_INSTEAD = 'set in the profile\'s ssh table what that line decides, or ssh.command = "ssh"'
