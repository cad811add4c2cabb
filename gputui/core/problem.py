"""An expected failure as a value: cause, text and remedy, never a traceback."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from gputui.core.known_secrets import KNOWN
from gputui.core.text import clean, shorten

LONGEST_RETRY_AFTER = 300.0
"""The longest `retry_after` that a server is granted, in seconds: nobody waits an hour before a silent tab."""
_LONGEST, _LONGEST_REMEDY = 400, 2000
_LOOKED_AT = 50_000
"""How many characters of a server's message are searched: it may be megabytes."""
_SHORTEST_SECRET = 8
"""Shorter secrets are words that a problem needs; those that one request carried are removed from its reply anyway."""


class Cause(Enum):
    """Why something failed, in two or three words that fit a tab."""

    NETWORK = "unreachable"
    DNS = "name not found"
    TLS = "TLS refused"
    TIMEOUT = "timed out"
    CREDENTIALS = "credentials refused"
    FORBIDDEN = "not allowed"
    MISSING = "not found"
    THROTTLED = "rate limited"
    SERVER = "server error"
    REPLY = "bad reply"
    REFUSED = "refused"
    READ_ONLY = "read-only"
    REPEATED = "sent before"
    CONFIG = "config error"
    INPUT = "bad input"
    JOURNAL = "no journal"
    BUG = "provider bug"
    OWN_BUG = "bug of gputui"
    CANCELLED = "cancelled"

    @property
    def word(self) -> str:
        """One short word for it, where a tab has no room for more."""
        return _WORDS[self]


_WORDS: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.NETWORK: "down",
        Cause.DNS: "no DNS",
        Cause.TLS: "TLS",
        Cause.TIMEOUT: "timeout",
        Cause.CREDENTIALS: "login",
        Cause.FORBIDDEN: "denied",
        Cause.MISSING: "missing",
        Cause.THROTTLED: "limited",
        Cause.SERVER: "error",
        Cause.REPLY: "garbled",
        Cause.REFUSED: "refused",
        Cause.READ_ONLY: "locked",
        Cause.REPEATED: "repeat",
        Cause.CONFIG: "config",
        Cause.INPUT: "input",
        Cause.JOURNAL: "journal",
        Cause.BUG: "bug",
        Cause.OWN_BUG: "bug",
        Cause.CANCELLED: "ended",
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong. `text` and `remedy` are cleaned here, of secrets too, so a server's own words may be passed.

    `retry_after` is bounded here too: at most LONGEST_RETRY_AFTER seconds, None if it makes no sense.
    """

    cause: Cause
    text: str
    remedy: str = ""
    status: int | None = None
    retry_after: float | None = None

    def __post_init__(self) -> None:
        said = " ".join(self.text[:_LOOKED_AT].split())
        object.__setattr__(self, "text", shorten(clean(_without_secrets(said)), _LONGEST))
        remedy = clean(_without_secrets(self.remedy[:_LOOKED_AT]))
        object.__setattr__(self, "remedy", shorten(remedy, _LONGEST_REMEDY))
        object.__setattr__(self, "retry_after", _bounded(self.retry_after))

    @property
    def brief(self) -> str:
        """Two or three words for a tab or a chip."""
        return self.cause.value

    def __str__(self) -> str:
        return f"{self.cause.value}: {self.text}" if self.text else self.cause.value


def _without_secrets(text: str) -> str:
    return KNOWN.redact(text[: 2 * _LONGEST], shortest=_SHORTEST_SECRET)


def _bounded(seconds: float | None) -> float | None:
    if seconds is None or not 0 <= seconds < math.inf:
        return None
    return min(seconds, LONGEST_RETRY_AFTER)


class Failed(Exception):
    """Raised to carry a `Problem` out of a read; pollers and commands turn it back into the value."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class ReplyTooLarge(Failed):
    """A reply was larger than the limit: asking for less at once may work."""
