"""What two SSH ends propose in a key exchange, and the kinds of algorithm of which they have none in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asyncssh.packet import PacketDecodeError, SSHPacket

from gputui.core.problem import Cause, Problem
from gputui.core.text import clean

_KINDS = (
    ("key exchange", "KexAlgorithms"),
    ("host key", "HostKeyAlgorithms"),
    ("cipher", "Ciphers"),
    ("cipher", "Ciphers"),
    ("MAC", "MACs"),
    ("MAC", "MACs"),
    ("compression", "Compression"),
    ("compression", "Compression"),
)
"""The name lists of a KEXINIT message, in its order, and OpenSSH's options for them; most come once per direction."""

_CIPHERS = (2, 3)
_MACS = (4, 5)
_COOKIE = 16
_NO_ALGORITHMS = ("ext-info-", "kex-strict-")
_WITHOUT_MAC = ("gcm", "poly1305")
_WEAK = ("sha1", "md5", "cbc", "3des", "arcfour", "dss", "ripemd", "umac-64", "ssh-rsa", "blowfish", "cast128")
_LONGEST = 395
"""Characters of a problem's text: it must end with a whole sentence."""
_BESIDE = 50
"""Characters of the words around two lists of names."""
_MOST_LISTED = 2
"""Kinds of algorithm whose names are listed: more do not fit, and the first decides."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One kind of algorithm without a common one, with its option in ssh_config; names are cleaned."""

    kind: str
    option: str
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


def mismatches(hash_prefix: bytes) -> tuple[Mismatch, ...]:
    """Return the kinds without a common algorithm; none if the server's proposal has not arrived.

    `hash_prefix` is that of a client's connection (`SSHConnection.get_hash_prefix`): the versions and both proposals.
    """
    try:
        packet = SSHPacket(hash_prefix)
        _, _, ours, theirs = (packet.get_string() for _ in range(4))
        return tuple(_compared(_proposal(ours), _proposal(theirs))) if ours and theirs else ()
    except PacketDecodeError:
        return ()


def _proposal(kexinit: bytes) -> list[tuple[str, ...]]:
    packet = SSHPacket(kexinit)
    packet.get_bytes(1 + _COOKIE)
    lists = [[name.decode("ascii", "replace") for name in packet.get_namelist()] for _ in _KINDS]
    return [
        tuple(dict.fromkeys(clean(name) for name in names if not name.startswith(_NO_ALGORITHMS))) for names in lists
    ]


def _compared(ours: Sequence[tuple[str, ...]], theirs: Sequence[tuple[str, ...]]) -> Iterator[Mismatch]:
    found: set[str] = set()
    for at, (kind, option) in enumerate(_KINDS):
        if kind in found or (at in _MACS and not _needs_mac(ours[_CIPHERS[at - 4]], theirs[_CIPHERS[at - 4]])):
            continue
        if not set(ours[at]) & set(theirs[at]):
            found.add(kind)
            yield Mismatch(kind, option, theirs[at], ours[at])


def _needs_mac(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    chosen = next((name for name in ours if name in theirs), "")
    return bool(chosen) and not any(part in chosen for part in _WITHOUT_MAC)


def no_common(where: str, found: Sequence[Mismatch]) -> Problem:
    """Describe a failed negotiation: the kinds of algorithm, what the server offers, what we take, and a way around."""
    heading = f"{where} and gputui have no {' and no '.join(each.kind for each in found)} in common: "
    first = found[:_MOST_LISTED]
    room = ((_LONGEST - len(heading)) // len(first) - _BESIDE) // 2
    sides = [f"it offers {listed(each.theirs, room)}; gputui takes {listed(each.ours, room)}" for each in first]
    options = ", ".join(_allowing(each) for each in found if each.theirs)
    weak = any(part in name for each in found for name in each.theirs for part in _WEAK)
    remedy = (
        f'ssh.command = "ssh" in the profile hands over to OpenSSH, for which ~/.ssh/config can allow it ({options})'
    )
    better = "; these algorithms are weak: a newer SSH server on the machine is better" if weak else ""
    return Problem(Cause.REFUSED, heading + "; ".join(sides), remedy + better)


def _allowing(one: Mismatch) -> str:
    return "Compression yes" if one.option == "Compression" else f"{one.option} +{one.theirs[0]}"


def listed(names: Sequence[str], room: int) -> str:
    """List whole names for as long as there is room, at least one, and count the others."""
    shown: list[str] = []
    for name in names:
        if shown and sum(map(len, shown)) + 2 * len(shown) + len(name) > room:
            return f"{', '.join(shown)} and {len(names) - len(shown)} more"
        shown.append("ssh-rsa (RSA with SHA-1)" if name == "ssh-rsa" else name)
    return ", ".join(shown) or "none"
