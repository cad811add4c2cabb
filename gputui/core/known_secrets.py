"""Every secret that this process has held, and its removal from text in all the spellings in which it may come back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Protocol
from weakref import WeakValueDictionary

STARS = "***"
_RECENT = 2048
_KEY = 4
"""Characters by which a spelling is looked up, so that the time is that of the text, whatever the number of secrets."""
_SHORTEST_CUT = 10
"""From so many characters on, the beginning of a secret is taken out, too: texts are cut."""
_SHORTEST_ENCODED = 6


class Holder(Protocol):
    """What holds a secret for as long as somebody needs it."""

    def reveal(self) -> str:
        """The secret itself."""


class KnownSecrets:
    """The secrets in use, and the newest of those that were: a text may hold a token of before its renewal."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[int, Holder] = WeakValueDictionary()
        self._recent: dict[str, None] = {}
        self._spelled: set[str] = set()
        self._spellings: dict[str, list[str]] = {}
        self._lock = threading.RLock()

    def add(self, holder: Holder) -> None:
        """Know `holder`'s secret from now on. Costs next to nothing: spellings are made when a text is looked at."""
        value = holder.reveal()
        if len(value) < _KEY:
            return
        self._held[id(holder)] = holder
        self._recent.pop(value, None)
        self._recent[value] = None
        if len(self._recent) > _RECENT:
            self._recent.pop(next(iter(self._recent), ""), None)

    def redact(self, text: str, *, shortest: int = _KEY) -> str:
        """`text` with stars for every known secret of at least `shortest` characters."""
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
    """`value` as it is, as in JSON, in a repr, in an address, in a web page, and inside of base64."""
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
    """What is the same in the base64 of every text that has `value` in it, for the three places where it may begin."""
    import base64

    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value).decode()
        inside = encoded[-(-8 * before // 6) : 8 * (before + len(value)) // 6]
        yield inside
        yield inside.replace("+", "-").replace("/", "_")


KNOWN = KnownSecrets()
"""The one of this process, as there is one log: a secret that somebody forgot to hand on is known nevertheless."""
