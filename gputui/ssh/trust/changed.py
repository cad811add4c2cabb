"""A changed host key, and forgetting the old one as `ssh-keygen -R` does."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gputui.core.own_files import replace_whole
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.text import clean
from gputui.ssh.trust.hosts import HostKey, KnownHostsLine, host_names, parse
from gputui.ssh.trust.pins import open_locked, whole

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A host that showed another key than the `known` lines; `jump` is True for a jump host.

    `fixed` is the system's own file, from which nothing is ever removed.
    """

    host: str
    port: int
    shown: HostKey
    known: tuple[KnownHostsLine, ...]
    jump: bool = False
    fixed: Path = Path("/etc/ssh/ssh_known_hosts")

    def names(self) -> list[str]:
        """The names that its lines may be listed under."""
        return host_names(self.host, self.port)

    def why_kept(self, line: KnownHostsLine) -> str:
        """Return why we cannot remove a line; empty if we can."""
        if line.path == self.fixed:
            return "the system's file"
        left = line.without(self.names())
        # A pattern that would still match the host is about other hosts, too.
        if left == line.names or (
            left and KnownHostsLine(line.path, 0, "", left, line.kind, "").is_about(self.names())
        ):
            return "a pattern that is about other hosts, too"
        return ""

    @property
    def commands(self) -> tuple[str, ...]:
        """The equivalent commands to run by hand, one per file."""
        paths = dict.fromkeys(line.path for line in self.known if not self.why_kept(line))
        name = self.names()[0]
        return tuple(f"ssh-keygen -R {shlex.quote(name)} -f {shlex.quote(str(path))}" for path in paths)


def report(name: str, change: KeyChange) -> Iterator[tuple[str, str]]:
    """Yield the report line by line as (label, text), with each fingerprint on a line of its own to be comparable.

    Lines without a label are sentences; the first of them is a heading.
    """
    where = f"{change.host} port {change.port}"
    whose = f"the jump host {where}, on the way to {name}" if change.jump else f"{name}, {where}"
    yield "", f"The host key has CHANGED: {whose}"
    yield "shows", change.shown.words
    for line in change.known:
        yield "known", line.key().words
        yield "in", line.place
    yield "", "Nothing was sent to it: no user name, no password, no key."
    yield "", "Somebody may be listening in: compare it with what its own console prints:"
    yield "there", f"ssh-keygen -lf {_file_of(change.shown.kind)}"
    if change.commands:
        yield "", "Was it made anew? Forget the old key, and the next connection asks again:"
    for command in change.commands:
        yield "by hand", clean(command)
    for line in change.known:
        if why := change.why_kept(line):
            yield "by hand", f"{line.place} only: {why}"


def _file_of(kind: str) -> str:
    """Return where sshd keeps its key of that type."""
    name = next((name for name in ("ed25519", "ecdsa", "rsa") if name in kind), "*")
    return f"/etc/ssh/ssh_host_{name}_key.pub"


class HostKeyRefused(Failed):
    """A host was refused because of its key. `change` is set if an old key is in the way and may be forgotten."""

    def __init__(self, problem: Problem, change: KeyChange | None = None) -> None:
        super().__init__(problem)
        self.change = change


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The lines that no longer name the host, and those that still do, with the reason."""

    removed: tuple[str, ...]
    left: tuple[str, ...]


def forget(change: KeyChange, pins: Path) -> Forgotten:
    """Remove the host's name from the lines that a person was shown. Blocking; `pins` is our own file.

    Each file is replaced as a whole and kept as `<file>.old`. Lines about other hosts keep their other names; the
    system's file and patterns are not changed. Raises Failed if a file cannot be written.
    """
    left = [f"{line.place} ({why})" for line in change.known if (why := change.why_kept(line))]
    gone = [line for line in change.known if not change.why_kept(line)]
    for path in dict.fromkeys(line.path for line in gone):
        try:
            own = path == pins
            # A symbolic link of the user stays one: its target is replaced.
            _rewrite(path if own else path.resolve(), [line for line in gone if line.path == path], change.names(), own)
        except FileNotFoundError:
            continue  # removed by someone else meanwhile
        except OSError as error:
            problem = Problem(Cause.CONFIG, f"{path} cannot be changed: {error.strerror}", "; ".join(change.commands))
            raise Failed(problem) from None
    return Forgotten(tuple(line.place for line in gone), tuple(left))


def _rewrite(path: Path, gone: Iterable[KnownHostsLine], names: list[str], own: bool) -> None:
    file = open_locked(path, own=own)
    try:
        before = whole(file)
        wanted = {replace(line, path=path, number=1) for line in gone}
        *whole_lines, rest = before.split(b"\n")
        lines = [line + b"\n" for line in whole_lines] + [rest]
        after = b"".join(_without(path, line, wanted, names) for line in lines)
        if after != before:
            replace_whole(path, after, os.fstat(file), keep=f"{path.name}.old")
    finally:
        os.close(file)


def _without(path: Path, raw: bytes, gone: set[KnownHostsLine], names: list[str]) -> bytes:
    """Return a line without the names, empty if no name is left. The line may have moved, but not changed."""
    text = raw.decode("utf-8", "surrogateescape")
    for line in parse(path, text.removeprefix(_BYTE_ORDER_MARK)):
        if line in gone:
            left = line.without(names)
            return text.replace(line.names, left, 1).encode("utf-8", "surrogateescape") if left else b""
    return raw
