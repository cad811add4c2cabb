"""Host keys, the known_hosts lines that name them, and the verdicts based on these."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import quote, unquote

from gputui.core.text import clean
from gputui.ssh.patterns import matches_patterns

_DEFAULT_PORT = 22
_MARKERS = ("", "@revoked", "@cert-authority")
_OWNED = "gputui:"
_PLAIN = "/:@=+,~"


class KeyVerdict(Enum):
    """The verdict of the files on a key that a host showed."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key in its wire format."""

    blob: bytes

    @property
    def kind(self) -> str:
        """The key type, such as `ssh-ed25519`."""
        length = int.from_bytes(self.blob[:4], "big")
        return clean(self.blob[4 : 4 + length].decode("ascii", "replace"))

    @property
    def is_whole(self) -> bool:
        """Whether it consists of whole fields, as every type of plain key does: a line cut short is another key."""
        at = 0
        while at < len(self.blob):
            at += 4 + int.from_bytes(self.blob[at : at + 4], "big")
        return at == len(self.blob) > 0

    @property
    def fingerprint(self) -> str:
        """The fingerprint as OpenSSH shows it: `SHA256:…`."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def words(self) -> str:
        """Type and fingerprint."""
        return f"{self.kind} {self.fingerprint}"

    def __str__(self) -> str:
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True, slots=True)
class KnownHostsLine:
    """One line of a known_hosts file; its key is decoded only when the line names the host in question."""

    path: Path
    number: int
    marker: str
    names: str
    kind: str
    encoded: str
    comment: str = ""

    @property
    def place(self) -> str:
        """The position as editors accept it, cleaned: `file:line`."""
        return clean(f"{self.path}:{self.number}")

    @property
    def owner(self) -> str:
        """The instance that this key was accepted for; empty if the line names none."""
        return unquote(self.comment.removeprefix(_OWNED)) if self.comment.startswith(_OWNED) else ""

    @property
    def is_plain(self) -> bool:
        """Whether its names are plain: no hashes, patterns or negations."""
        return not self.names.startswith("|") and not any(char in self.names for char in "*?!")

    def is_about(self, names: Iterable[str]) -> bool:
        """Whether the line matches any of these names."""
        return any(_means(self.names, name) for name in names)

    def without(self, names: Iterable[str]) -> str:
        """Return its names without these; may be empty."""
        gone = set(names)
        if self.names.startswith("|"):
            return "" if self.is_about(gone) else self.names
        return ",".join(name for name in self.names.split(",") if name.lower() not in gone)

    def key(self) -> HostKey:
        """The key; an empty one if it cannot be read."""
        try:
            return HostKey(base64.b64decode(self.encoded, validate=True))
        except ValueError:
            return HostKey(b"")

    @property
    def is_readable(self) -> bool:
        """Whether the marker is known, and the key complete and of the type that the line says."""
        key = self.key()
        return self.marker in _MARKERS and key.kind == self.kind and key.is_whole

    @property
    def why_skipped(self) -> str:
        """What to tell about a line that is not readable."""
        return f"{self.place} names this host but cannot be read and does not count: correct or remove that line"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and the lines it is based on; for UNKNOWN the lines of other instances that had this address."""

    verdict: KeyVerdict
    lines: tuple[KnownHostsLine, ...] = ()


def host_names(host: str, port: int) -> list[str]:
    """Return the names under which known_hosts lists a host at a port; new lines use the first one."""
    bracketed = f"[{host}]:{port}"
    return [host, bracketed] if port == _DEFAULT_PORT else [bracketed]


def owned(owner: str) -> str:
    """Return the comment of a line that names the key's instance: one word, whatever the name of the instance is."""
    return f"{_OWNED}{quote(owner, safe=_PLAIN)}" if owner else ""


def parse(path: Path, text: str, first: int = 1) -> Iterator[KnownHostsLine]:
    """Yield the lines of a known_hosts file that hold a key; comments, SSH-1 keys and fragments are skipped."""
    for number, raw in enumerate(text.split("\n"), first):
        # A crash leaves blocks of NUL in a file; the line that was appended after them is a whole one.
        words = raw.strip("\0").split()
        if not words or words[0].startswith("#"):
            continue
        marker = words.pop(0) if words[0].startswith("@") else ""
        if len(words) >= 2 and not words[1].isdigit():
            key = words[2] if len(words) > 2 else ""
            yield KnownHostsLine(path, number, marker, words[0], words[1], key, " ".join(words[3:]))


def _means(names: str, host: str) -> bool:
    return _hashed(names, host) if names.startswith("|") else matches_patterns(names.split(","), host)


def _hashed(names: str, host: str) -> bool:
    parts = names.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt = binascii.a2b_base64(parts[2])
    except (binascii.Error, ValueError):
        return False
    digest = hmac.digest(salt, host.encode(), "sha1")
    return binascii.b2a_base64(digest, newline=False).decode() == parts[3]
