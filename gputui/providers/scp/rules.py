"""Validation of the inputs for new GPU nodes: the rules of the API and of the vendor's own client, with messages."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

FEWEST_AT_FIRST = 2
MOST_AT_ONCE = 5
LAST_NUMBER = 999
LONGEST_SCRIPT = 16_384
MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256
# A node's whole name has 3 to 24 characters, and `-001` is appended to the prefix.
_PREFIX = re.compile(r"[a-z][a-z0-9-]{1,18}[a-z0-9]")
_FABRIC = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,13}[a-zA-Z0-9]")
_SPECIAL = "@$!%*#&"
_PASSWORD = re.compile(rf"[A-Za-z0-9{_SPECIAL}]{{9,20}}")
_PARTS = (("an upper-case letter", "[A-Z]"), ("a lower-case letter", "[a-z]"), ("a digit", "[0-9]"))


def numbered(prefix: str, first: int, count: int) -> list[str]:
    """The names of `count` nodes, numbered as by the vendor's own console."""
    return [f"{prefix}-{number:03d}" for number in range(first, first + count)]


def prefix(text: str) -> str | None:
    """A check of the prefix of the names of new nodes."""
    if _PREFIX.fullmatch(text):
        return None
    return "3 to 20 of a-z, 0-9 and -: a letter first, no - at the end"


def fabric_name(text: str) -> str | None:
    """A check of the name of a new fabric."""
    if _FABRIC.fullmatch(text):
        return None
    return "3 to 15 of A-Z, a-z, 0-9 and -: a letter first, no - at the end"


def password(text: str) -> str | None:
    """A check of the root password of new nodes."""
    if not _PASSWORD.fullmatch(text):
        return f"9 to 20 of A-Z, a-z, 0-9 and {_SPECIAL}"
    parts = (*_PARTS, (f"one of {_SPECIAL}", f"[{_SPECIAL}]"))
    missing = [words for words, pattern in parts if not re.search(pattern, text)]
    return f"it needs {' and '.join(missing)} too" if missing else None


def number_of_nodes(text: str) -> str | None:
    """A check of the number of nodes in one order."""
    within = text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_AT_ONCE
    return None if within else f"{FEWEST_AT_FIRST} to {MOST_AT_ONCE}, or 1 more in a fabric that is there"


def addresses(given: Sequence[str], count: int, cidr: str, gateway: str) -> str | None:
    """A check of new nodes' addresses in their subnet; `cidr` and `gateway` are empty if unknown."""
    if len(given) > count:
        return f"{len(given)} addresses for {count} nodes"
    if len(set(given)) < len(given):
        return "one of them is there twice"
    return next(filter(None, (_address(text, cidr, gateway) for text in given)), None)


def _address(text: str, cidr: str, gateway: str) -> str | None:
    try:
        address = ipaddress.ip_address("" if "%" in text else text)
    except ValueError:
        return f"{text} is no IP address"
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None  # the subnet's range is unknown: the cloud will check it
    if address not in network:
        return f"{text} is not in the subnet {cidr}"
    if address in (network.network_address, network.broadcast_address) or text == gateway:
        return f"{text} is not for nodes: the subnet {cidr} needs it itself"
    return None


def init_script(lines: Sequence[str]) -> str | None:
    """A check of the script that new nodes run on first boot."""
    length = len("\n".join(lines))
    return f"{length} characters: {LONGEST_SCRIPT} at most" if length > LONGEST_SCRIPT else None


def tags(pairs: Sequence[tuple[str, str]]) -> str | None:
    """A check of the tags of new nodes."""
    if len(pairs) > MOST_TAGS:
        return f"{len(pairs)} tags: {MOST_TAGS} at most"
    if len(dict(pairs)) < len(pairs):
        return "a key is there twice"
    if any(not 1 <= len(key) <= LONGEST_KEY for key, _ in pairs):
        return f"a key has 1 to {LONGEST_KEY} characters"
    if any(len(value) > LONGEST_VALUE for _, value in pairs):
        return f"a value has {LONGEST_VALUE} characters at most"
    return None
