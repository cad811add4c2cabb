"""Links of a row: addresses for a browser, and ports of the machine itself."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LONGEST_URL = 2048
_LETTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?")
_LOGIN = re.compile(r"//[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Link:
    """An address for a browser, as the API gives it: not yet checked. `shown` has stars in place of its secrets."""

    name: str
    url: str = field(repr=False)
    shown: str

    @property
    def is_secret(self) -> bool:
        """Whether it grants access by itself, for example by a token in it."""
        return self.shown != self.url


@dataclass(frozen=True, slots=True)
class Port:
    """A port on which something on the machine listens, reached from the machine itself."""

    name: str
    number: int


def flaw(url: str) -> str:
    """Why an address from outside must not be opened or copied; empty if it is fine.

    Only http and https, no credentials in it, and only characters that RFC 3986 allows: none hidden, no space, no line
    break.
    """
    if not 0 < len(url) <= LONGEST_URL:
        return "it is too long" if url else "it is empty"
    if not _SCHEME.match(url):
        return "it is neither http nor https"
    if not _LETTERS.fullmatch(url):
        return "invalid characters in the URL"
    if _LOGIN.search(url):
        return "it holds a login"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it cannot be read"
    return "" if _is_host(host, in_brackets="[" in parts.netloc) else "no valid host"


def _is_host(host: str, *, in_brackets: bool) -> bool:
    if not in_brackets:
        return _NAME.fullmatch(host) is not None
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
