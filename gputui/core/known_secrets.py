"""All secrets that this process has held, and their removal from text in every spelling that may occur."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Protocol
from weakref import WeakValueDictionary

STARS = "***"
_RECENT = 2048
_KEY = 4
"""How many characters a spelling is looked up by: the time depends on the text, not on the number of secrets."""
_SHORTEST_CUT = 10
"""Prefixes of a secret from this length on are removed too, because texts get truncated."""
_SHORTEST_ENCODED = 6


class Holder(Protocol):
    """An object that holds a secret for as long as it is needed."""

    def reveal(self) -> str:
        """The secret itself."""


class KnownSecrets:
    """The secrets in use, and the newest of those no longer in use: a text may hold a token from before its renewal."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[int, Holder] = WeakValueDictionary()
        self._recent: dict[str, None] = {}
        self._spelled: set[str] = set()
        self._spellings: dict[str, list[str]] = {}
        self._lock = threading.RLock()

    def add(self, holder: Holder) -> None:
        """Redact `holder`'s secret from now on. This is cheap: spellings are computed only when a text is redacted."""
        value = holder.reveal()
        if len(value) < _KEY:
            return
        self._held[id(holder)] = holder
        self._recent.pop(value, None)
        self._recent[value] = None
        if len(self._recent) > _RECENT:
            self._recent.pop(next(iter(self._recent), ""), None)

    def redact(self, text: str, *, shortest: int = _KEY) -> str:
        """`text` with stars for each known secret of at least `shortest` characters."""
        with self._lock:
            self._spell()
            kept, start, at = [], 0, 0
            while at <= len(text) - _KEY:
                length = self._length(text, at, shortest)
                if length:
                    kept += [text[start:at], STARS]
                    start = at + length
                at += length or 1
        return "".join((*kept, text[start:])) if kept else text

    def _length(self, text: str, at: int, shortest: int) -> int:
        """How many characters from `at` on are a secret or the beginning of one."""
        longest = 0
        for spelling in self._spellings.get(text[at : at + _KEY], ()):
            if len(spelling) >= shortest and len(spelling) > longest:
                common = _common(spelling, text, at)
                if common == len(spelling) or common >= _SHORTEST_CUT:
                    longest = max(longest, common)
        return longest

    def _spell(self) -> None:
        wanted = {*self._recent, *(holder.reveal() for holder in list(self._held.values()))}
        if len(self._spelled) > 2 * len(wanted) + _RECENT:
            self._spelled.clear()
            self._spellings.clear()
        for value in wanted - self._spelled:
            for spelling in spellings(value):
                self._spellings.setdefault(spelling[:_KEY], []).append(spelling)
        self._spelled |= wanted


def _common(spelling: str, text: str, at: int) -> int:
    if text.startswith(spelling, at):
        return len(spelling)
    return next((n for n, letter in enumerate(spelling) if text[at + n : at + n + 1] != letter), len(spelling))


def spellings(value: str) -> frozenset[str]:
    """`value` unchanged, and as JSON, a repr, a URL, HTML and base64 would contain it."""
    import html
    from urllib.parse import quote, quote_plus

    plain = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    quoted = {quote(way, safe=safe) for way in plain for safe in ("", "/")} | {quote_plus(way) for way in plain}
    found = plain | quoted | {_lower_escapes(way) for way in quoted}
    found |= {repr(value)[1:-1], ascii(value)[1:-1], html.escape(value)}
    if len(value) >= _SHORTEST_ENCODED:
        found |= set(_in_base64(value.encode("utf-8", "surrogatepass")))
    return frozenset(spelling for spelling in found if len(spelling) >= _KEY)


def _lower_escapes(quoted: str) -> str:
    head, *escapes = quoted.split("%")
    return "%".join((head, *(part[:2].lower() + part[2:] for part in escapes)))


def _in_base64(value: bytes) -> Iterator[str]:
    """The part common to the base64 of every text that contains `value`, for each of the three alignments."""
    import base64

    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value).decode()
        inside = encoded[-(-8 * before // 6) : 8 * (before + len(value)) // 6]
        yield inside
        yield inside.replace("+", "-").replace("/", "_")


KNOWN = KnownSecrets()
"""The one instance of this process, as there is one log: no secret has to be passed on to be known."""
