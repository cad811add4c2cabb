"""Validation of hosted·ai's forms: the ranges of its document, and IP addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from gputui.core.text import clean
from gputui.providers.pages import whole

RATIO = (1, 10)
QUANTUM_SECONDS = (10, 120)
PORTS = (1, 65535)
LONGEST_NAME = 63
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")


def between(limits: tuple[int, int], unit: str = "") -> Callable[[str], str | None]:
    """A check for a whole number within `limits`, both included."""
    least, most = limits

    def check(text: str) -> str | None:
        number = whole(text)
        return None if number is not None and least <= number <= most else f"a whole number, {least} to {most}{unit}"

    return check


def name(text: str) -> str | None:
    """A check of a name: it must look on every screen as it was typed."""
    if not text or text != text.strip() or clean(text) != text:
        return "a name without spaces at its ends and without unseen characters"
    return None if len(text) <= LONGEST_NAME else f"at most {LONGEST_NAME} characters"


def user(text: str) -> str | None:
    """A check of the name of a Unix account."""
    return None if _USER.fullmatch(text) else "a Unix account: letters, digits, dot, dash and underscore"


def address(text: str) -> str | None:
    """A check of a machine's IP address; the API takes no host names."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return "an IP address, as in 192.168.1.100"
    if found.is_unspecified or found.is_multicast or "%" in text:
        return "the address of one machine, without a zone"
    return None
