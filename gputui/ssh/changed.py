"""A host key that is not the one we know: what it was and is, and how a person may forget the old one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from gputui.core.problem import Failed, Problem
from gputui.ssh.hosts import HostKey, Line, host_names


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A host that showed another key than the `known` lines say; `jump` where it is on the way to the machine.

    `fixed` is the system's own file, in which nothing is ever forgotten.
    """

    host: str
    port: int
    shown: HostKey
    known: tuple[Line, ...]
    jump: bool = False
    fixed: Path = Path("/etc/ssh/ssh_known_hosts")

    def names(self) -> list[str]:
        """The names under which its lines may stand."""
        return host_names(self.host, self.port)

    def why_kept(self, line: Line) -> str:
        """Why a line cannot be forgotten by us; empty where it can."""
        if line.path == self.fixed:
            return "the system's file"
        left = line.without(self.names())
        # What would still name the host by a pattern is about others, too.
        if left == line.names or (left and Line(line.path, 0, "", left, line.kind, "").is_about(self.names())):
            return "a pattern that is about other hosts, too"
        return ""

    @property
    def commands(self) -> tuple[str, ...]:
        """What does the same by hand: one command a file."""
        paths = dict.fromkeys(line.path for line in self.known if not self.why_kept(line))
        name = self.names()[0]
        return tuple(f"ssh-keygen -R {shlex.quote(name)} -f {shlex.quote(str(path))}" for path in paths)


class HostKeyRefused(Failed):
    """A host was not let in for its key. `change` is there where an old key stands in the way and may be forgotten."""

    def __init__(self, problem: Problem, change: KeyChange | None = None) -> None:
        super().__init__(problem)
        self.change = change
