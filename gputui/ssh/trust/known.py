"""All known_hosts files, and our own verdict on a key, as asyncssh's is not sufficient.

asyncssh calls the same callback for unknown and for changed keys, ignores `@revoked [host]:port` if no trusted line
names that port, and lets a configuration disable the check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.trust.hosts import Finding, HostKey, KeyVerdict, KnownHostsLine, host_names, parse
from gputui.ssh.user_files import read_user_file

_REVOKED = "@revoked"


@dataclass(frozen=True, slots=True)
class HostFile:
    """The lines of one file: indexed by plain names; the others are searched for every host."""

    data: bytes = b""
    lines: tuple[KnownHostsLine, ...] = ()
    named: Mapping[str, tuple[KnownHostsLine, ...]] = field(default_factory=dict)
    others: tuple[KnownHostsLine, ...] = ()
    looked: dict[str, tuple[KnownHostsLine, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, path: Path, data: bytes, before: HostFile | None = None) -> HostFile:
        """Parse the lines of a file; if it has only grown since `before` was read, only the new ones."""
        start = len(before.data) if before and before.data.endswith(b"\n") and data.startswith(before.data) else 0
        earlier = before if before is not None and start else cls()
        first = data.count(b"\n", 0, start) + 1
        new = tuple(parse(path, data[start:].decode("utf-8", "surrogateescape"), first))
        named = dict(earlier.named)
        for line in new:
            for name in line.names.lower().split(",") if line.is_plain else ():
                named[name] = (*named.get(name, ()), line)
        others = tuple(line for line in new if not line.is_plain)
        return cls(data, (*earlier.lines, *new), named, (*earlier.others, *others))

    def about(self, names: Iterable[str]) -> list[KnownHostsLine]:
        """Return the lines that match any of these names, in file order."""
        found = {line.number: line for name in names for line in self._of(name)}
        return [found[number] for number in sorted(found)]

    def _of(self, name: str) -> tuple[KnownHostsLine, ...]:
        # A hash per line is expensive: the lines are searched once per name, not once per connection.
        if (others := self.looked.get(name)) is None:
            others = self.looked[name] = tuple(line for line in self.others if line.is_about([name]))
        return (*self.named.get(name, ()), *others)


@dataclass(frozen=True, slots=True)
class HostLines:
    """What the files say about one host and port, for the instance `owner` (empty: any instance).

    `skipped` are lines about it that cannot be read; none of them is a revocation.
    """

    here: tuple[KnownHostsLine, ...]
    bare: tuple[KnownHostsLine, ...] = ()
    owner: str = ""
    skipped: tuple[KnownHostsLine, ...] = ()

    def judge(self, key: HostKey) -> Finding:
        """Return the verdict on the key that the host showed.

        Any revocation wins. A line for the bare host name vouches for its key at every port (as in OpenSSH) but does
        not make another key there a changed one. A key of another type than the known one counts as changed. A key that
        was accepted for another instance neither vouches for this one nor makes its key a changed one: clouds reassign
        addresses.
        """
        same = [line for line in (*self.here, *self.bare) if line.key() == key]
        if revoked := tuple(line for line in same if line.marker == _REVOKED):
            return Finding(KeyVerdict.REVOKED, revoked)
        if trusted := tuple(line for line in same if line.marker == "" and self._is_ours(line)):
            return Finding(KeyVerdict.TRUSTED, trusted)
        known = tuple(line for line in self.here if line.marker == "")
        ours = tuple(line for line in known if self._is_ours(line))
        return Finding(KeyVerdict.CHANGED, ours) if ours else Finding(KeyVerdict.UNKNOWN, known)

    @property
    def known(self) -> tuple[KnownHostsLine, ...]:
        """The lines whose keys this instance may show here."""
        return tuple(line for line in self.here if line.marker == "" and self._is_ours(line))

    def kinds(self) -> list[str]:
        """The types of the known keys: they are requested first, so that the host shows the known key."""
        lines = [line for line in (*self.here, *self.bare) if line.marker == ""]
        return list(dict.fromkeys(line.kind for line in sorted(lines, key=lambda line: not self._is_ours(line))))

    def marked(self, marker: str) -> list[HostKey]:
        """Return the keys of the lines with this marker: authorities or revocations."""
        return [line.key() for line in (*self.here, *self.bare) if line.marker == marker]

    def _is_ours(self, line: KnownHostsLine) -> bool:
        return not self.owner or line.owner in ("", self.owner)


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """The known_hosts files, in their order."""

    files: tuple[HostFile, ...] = ()

    @classmethod
    def read(cls, paths: Iterable[Path]) -> KnownHosts:
        """Read the files; missing ones count as empty. Raises Failed (Cause.CONFIG) for unreadable ones."""
        return cls(tuple(HostFile.of(path, read_user_file(path)) for path in paths))

    def about(self, host: str, port: int, owner: str = "") -> HostLines:
        """Return what is known about a host and port.

        Raises Failed (Cause.CONFIG) if a revocation cannot be read: any key could be meant.
        """
        names = host_names(host, port)
        here = [line for file in self.files for line in file.about(names)]
        bare = [] if host in names else [line for file in self.files for line in file.about([host])]
        bare = [line for line in bare if line not in here]
        skipped = tuple(sorted((line for line in (*here, *bare) if not line.is_readable), key=lambda line: line.number))
        for line in skipped:
            if line.marker == _REVOKED:
                text = f"{line.place} revokes a key of this host but cannot be read, so no key of it can be trusted"
                raise Failed(Problem(Cause.CONFIG, text, "correct or remove that line"))
        return HostLines(_readable(here), _readable(bare), owner, skipped)

    def all_lines(self) -> Iterator[KnownHostsLine]:
        """Yield every line of every file."""
        for file in self.files:
            yield from file.lines


def _readable(lines: Iterable[KnownHostsLine]) -> tuple[KnownHostsLine, ...]:
    return tuple(line for line in lines if line.is_readable)
