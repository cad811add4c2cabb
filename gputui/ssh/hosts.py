"""Whether a host key may be trusted: a verdict of our own over known_hosts files, because asyncssh's has traps.

asyncssh asks one and the same callback for unknown and for changed keys, drops `@revoked [host]:port` where no trusted
line names that port, and lets a configuration switch the check off.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.text import clean

_DEFAULT_PORT = 22
_LONGEST_FILE = 16 * 1024 * 1024
_MARKERS = ("", "@revoked", "@cert-authority")


class Verdict(Enum):
    """What the files say about a key that a host showed."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key as it stands on the wire."""

    blob: bytes

    @property
    def kind(self) -> str:
        """The key type, such as `ssh-ed25519`."""
        length = int.from_bytes(self.blob[:4], "big")
        return clean(self.blob[4 : 4 + length].decode("ascii", "replace"))

    @property
    def fingerprint(self) -> str:
        """The fingerprint as OpenSSH shows it: `SHA256:…`."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True, slots=True)
class HostKeyQuestion:
    """What a person must decide at first contact: is this the key of that machine?"""

    host: str
    port: int
    kind: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a known_hosts file; its key is decoded only once the line names the host in question."""

    path: Path
    number: int
    marker: str
    names: str
    kind: str
    encoded: str

    @property
    def place(self) -> str:
        """Where it stands, as editors take it."""
        return f"{self.path}:{self.number}"

    def is_about(self, names: Iterable[str]) -> bool:
        """Whether any of these names is meant."""
        return any(_means(self.names, name) for name in names)

    def key(self) -> HostKey:
        """The key. Raises Failed: a line about this very host that cannot be read may be a pin or a revocation."""
        try:
            key = HostKey(base64.b64decode(self.encoded, validate=True))
        except (binascii.Error, ValueError):
            key = HostKey(b"")
        if key.kind != self.kind or self.marker not in _MARKERS:
            remedy = "correct or remove that line"
            raise Failed(Problem(Cause.CONFIG, f"{self.place} names this host but cannot be read", remedy))
        return key


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the lines it rests on."""

    verdict: Verdict
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """The lines of all known_hosts files that count."""

    lines: tuple[Line, ...] = ()

    @classmethod
    def read(cls, paths: Iterable[Path]) -> KnownHosts:
        """Read the files; those that do not exist are empty. Raises Failed (Cause.CONFIG) for unreadable ones."""
        return cls(tuple(line for path in paths for line in _read(path)))

    def judge(self, host: str, port: int, key: HostKey) -> Finding:
        """The verdict on the key that `host` showed at `port`.

        Any revocation wins. A line for the bare host name vouches for its key at every port (as in OpenSSH) but does
        not make another key there a changed one. A key of another type than the known one counts as changed.
        """
        everything = self._about([*host_names(host, port), host])
        same = [line for line in everything if line.key() == key]
        if revoked := tuple(line for line in same if line.marker == "@revoked"):
            return Finding(Verdict.REVOKED, revoked)
        if trusted := tuple(line for line in same if line.marker == ""):
            return Finding(Verdict.TRUSTED, trusted)
        others = tuple(line for line in self._about(host_names(host, port)) if line.marker == "")
        return Finding(Verdict.CHANGED, others) if others else Finding(Verdict.UNKNOWN)

    def kinds(self, host: str, port: int) -> list[str]:
        """The types of the keys known for a host: to be asked for first, so that it shows the one we know."""
        lines = self._about([*host_names(host, port), host])
        return list(dict.fromkeys(line.kind for line in lines if line.marker == ""))

    def marked(self, marker: str, host: str, port: int) -> list[HostKey]:
        """The keys of the lines with this marker that are about the host: authorities, revocations."""
        lines = self._about([*host_names(host, port), host])
        return [line.key() for line in lines if line.marker == marker]

    def _about(self, names: list[str]) -> list[Line]:
        return [line for line in self.lines if line.is_about(names)]


def host_names(host: str, port: int) -> list[str]:
    """The names under which known_hosts lists a host at a port; the first one is the one to write."""
    bracketed = f"[{host}]:{port}"
    return [host, bracketed] if port == _DEFAULT_PORT else [bracketed]


def parse(path: Path, text: str) -> Iterator[Line]:
    """The lines of a known_hosts file that hold a key; comments, SSH-1 keys and fragments are passed over."""
    for number, raw in enumerate(text.split("\n"), 1):
        words = raw.split()
        if not words or words[0].startswith("#"):
            continue
        marker = words.pop(0) if words[0].startswith("@") else ""
        if len(words) >= 2 and not words[1].isdigit():
            yield Line(path, number, marker, words[0], words[1], words[2] if len(words) > 2 else "")


def _read(path: Path) -> Iterator[Line]:
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Failed(Problem(Cause.CONFIG, f"{path} cannot be read: {error.strerror}", "make it readable")) from None
    if len(data) > _LONGEST_FILE:
        raise Failed(Problem(Cause.CONFIG, f"{path} is too large for a known_hosts file"))
    yield from parse(path, data.decode("utf-8", "surrogateescape"))


def _means(names: str, host: str) -> bool:
    if names.startswith("|"):
        return _hashed(names, host)
    found = False
    for pattern in names.lower().split(","):
        if pattern.startswith("!"):
            if _matches(pattern[1:], host):
                return False
        elif _matches(pattern, host):
            found = True
    return found


def _matches(pattern: str, host: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == host
    # Not fnmatch: its [brackets] are sets, here they stand around a host with a port.
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, host) is not None


def _hashed(names: str, host: str) -> bool:
    parts = names.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt, expected = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, host.encode(), "sha1").digest(), expected)
