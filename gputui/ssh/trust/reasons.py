"""What is already known about an unknown key: the address was another machine's, or the machine had another address."""

from __future__ import annotations

from gputui.core.text import clean, shorten
from gputui.ssh.trust.hosts import HostKey, KnownHostsLine
from gputui.ssh.trust.known import KnownHosts

_LONGEST = 70


def reasons(known: KnownHosts, key: HostKey, there: tuple[KnownHostsLine, ...], owner: str) -> tuple[str, ...]:
    """Return lines for the question about an unknown key; none for an ordinary first contact.

    `there` are the lines of other instances that had the address, `owner` is the intended instance.
    """
    lines: list[str] = []
    if there:
        lines += _address_of_another(key, there)
    elsewhere = [line for line in known.all_lines() if line.marker == "" and line not in there]
    mine = [line for line in elsewhere if owner and line.owner == owner and line.is_readable]
    same = [line for line in elsewhere if line.encoded == str(key).partition(" ")[2] and line not in mine]
    if mine:
        lines += _instance_elsewhere(key, mine[-1])
    if same:
        lines.append(f"The same key is known for {_name(same[-1])} ({same[-1].place}).")
    return tuple(clean(line) for line in lines)


def _address_of_another(key: HostKey, there: tuple[KnownHostsLine, ...]) -> list[str]:
    last = there[-1]
    lines = [f"This address belonged to instance {_short(last.owner)} until now; clouds reuse addresses."]
    if any(line.key() == key for line in there):
        return [*lines, "Its key is the same: perhaps the same machine, or one made from the same image."]
    return [*lines, f"That one's key: {last.key().words}"]


def _instance_elsewhere(key: HostKey, line: KnownHostsLine) -> list[str]:
    if line.key() == key:
        return [f"It is the same key that this instance had as {_name(line)}."]
    return [f"As {_name(line)} this instance had another key: {line.key().words}"]


def _name(line: KnownHostsLine) -> str:
    return "another host" if line.names.startswith("|") else _short(line.names)


def _short(text: str) -> str:
    return shorten(text, _LONGEST)
