"""Reads lists incrementally: an entry with the same text as in the last reply keeps the value made of it then."""

from __future__ import annotations

import re
from array import array
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from gputui.core.raw import Hide, Packing, RawText
from gputui.core.slices import Slices
from gputui.core.text import Json, as_object, clean, clean_tree
from gputui.net import bodies
from gputui.net.repeats import Repeats

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
MOST_READERS = 500
"""How many requests' last replies are kept; the least recently used are dropped."""
_SPACE = re.compile(r"[ \t\n\r]*")
_BARE = ""
"""The key for the entries of a body that is itself an array."""


class EntryRule(Hashable, Protocol[T_co]):
    """Makes a value of each entry of a list. It must depend on the entry alone and never change afterwards."""

    @property
    def hide(self) -> Hide:
        """Removes from an entry what nobody may see."""

    def make(self, entry: Json, raw: RawText) -> T_co:
        """The value of a cleaned entry. Never raises, whatever the entry contains."""


@dataclass(frozen=True, slots=True)
class ListReply(Generic[T]):
    """A body with the values of its lists' entries: `rest` is the object without the lists, None if it is no object."""

    rest: Json
    lists: Mapping[str, Sequence[T]]

    def bare(self) -> Sequence[T] | None:
        """The entries of a body that is itself an array."""
        return self.lists.get(_BARE)

    def field(self, key: str) -> Json:
        """A field beside the lists."""
        return as_object(self.rest).get(key)


class ListReader(Generic[T]):
    """Reads the replies to one request. Lists are under `keys` of an object, or the body itself is an array.

    If a body equals the last one, the last reply is returned. Entries read before are recognised by their length and
    hash, a digest of 64 bits with a key of this process.
    """

    def __init__(self, rule: EntryRule[T], keys: Sequence[str]) -> None:
        self._keys = frozenset(keys)
        self._maker = _Maker(rule)
        self._known = _Known[T]()
        self._body: tuple[int, int] | None = None
        self._reply: ListReply[T] | None = None

    async def read(self, text: str, slices: Slices | None = None) -> ListReply[T]:
        """The reply whose body has this text. Raises ValueError with what is wrong, as `bodies.parse` does."""
        digest = (len(text), hash(text))
        if self._reply is not None and digest == self._body:
            return self._reply
        walk = _Walk(text, self._maker, _Search(self._known), slices or Slices())
        try:
            reply = await walk.reply(self._keys)
        except (ValueError, IndexError, RecursionError):
            bodies.parse(text.encode())  # raises the same message as for every other reply
            raise
        self._known, self._body, self._reply = walk.found, digest, reply
        return reply


class ListReaders:
    """One reader for each request, kept while it is in use."""

    def __init__(self) -> None:
        self._readers: dict[Hashable, ListReader[Any]] = {}

    def reader(self, request: Hashable, keys: Sequence[str], rule: EntryRule[T]) -> ListReader[T]:
        """The reader of a request's replies; `request` holds all that distinguishes it, the rule included."""
        found: ListReader[T] = self._readers.pop(request) if request in self._readers else ListReader(rule, keys)
        self._readers[request] = found
        if len(self._readers) > MOST_READERS:
            del self._readers[next(iter(self._readers))]
        return found


class _Known(Generic[T]):
    """The entries of a reply in order: the length and hash of each one's text, and the value made of it."""

    __slots__ = ("hashes", "lengths", "made")

    def __init__(self) -> None:
        self.lengths = array("L")
        self.hashes = array("q")
        self.made: list[T] = []

    def add(self, length: int, digest: int, made: T) -> None:
        """Append an entry."""
        self.lengths.append(length)
        self.hashes.append(digest)
        self.made.append(made)


class _Search(Generic[T]):
    """Finds entries of the last reply in a new one; returns their positions."""

    def __init__(self, known: _Known[T]) -> None:
        self.known = known
        self._next = 0
        self._places: dict[int, int] | None = None

    def at(self, text: str, start: int) -> int | None:
        """The known entry at `start` of the new text: the expected one, or the one after it if that is gone.

        Only entries in brackets or quotes can be recognised: a longer number begins like a shorter one.
        """
        if text[start] in '{["':
            lengths, hashes = self.known.lengths, self.known.hashes
            for place in range(self._next, min(self._next + 2, len(lengths))):
                if hash(text[start : start + lengths[place]]) == hashes[place]:
                    self._next = place + 1
                    return place
        return None

    def find(self, entry: str) -> int | None:
        """A known entry at any position."""
        if self._places is None:
            self._places = {known: place for place, known in enumerate(self.known.hashes)}
        place = self._places.get(hash(entry))
        if place is None or self.known.lengths[place] != len(entry):
            return None
        self._next = place + 1
        return place


class _Maker(Generic[T]):
    """Makes the value of an entry by the rule, sharing equal texts among the entries of a list."""

    def __init__(self, rule: EntryRule[T]) -> None:
        self._rule = rule
        self._repeats = Repeats()
        self._packing: Packing | None = None

    def make(self, value: Json, entry: str) -> T:
        """The value of an entry, given as JSON value and text."""
        if self._packing is None:
            self._packing = Packing(entry, self._rule.hide)
        clean_value = value if _is_plain(entry) else clean_tree(value)
        return self._rule.make(self._repeats.shared(clean_value), self._packing.pack(entry))


class _Walk(Generic[T]):
    """Walks through one body from beginning to end, parsing only the entries that are not known."""

    def __init__(self, text: str, maker: _Maker[T], search: _Search[T], slices: Slices) -> None:
        self.found = _Known[T]()
        self._text = text
        self._maker = maker
        self._search = search
        self._slices = slices

    async def reply(self, keys: frozenset[str]) -> ListReply[T]:
        at = self._space(0)
        lists: dict[str, Sequence[T]] = {}
        rest: Json = None
        if self._text[at] == "[":
            lists[_BARE], at = await self._array(at, bodies.DEEPEST - 1)
        elif self._text[at] == "{":
            rest, at = await self._object(at, keys, lists)
        else:
            rest, at = self._value(at, bodies.DEEPEST)
        if self._space(at) != len(self._text):
            raise ValueError("something follows it")
        return ListReply(rest, lists)

    async def _object(self, at: int, keys: frozenset[str], lists: dict[str, Sequence[T]]) -> tuple[Json, int]:
        text, rest = self._text, dict[str, Json]()
        at = self._space(at + 1)
        if text[at] == "}":
            return rest, at + 1
        while True:
            if text[at] != '"':
                raise ValueError("a key is no text")
            name, at = self._value(at, 0)
            key = clean(str(name))
            at = self._past(":", at)
            lists.pop(key, None), rest.pop(key, None)  # the last of several equal keys counts
            if key in keys and text[at] == "[":
                lists[key], at = await self._array(at, bodies.DEEPEST - 2)
            else:
                rest[key], at = self._value(at, bodies.DEEPEST - 1)
            at = self._space(at)
            if text[at] == "}":
                return rest, at + 1
            at = self._past(",", at)

    async def _array(self, at: int, levels: int) -> tuple[Sequence[T], int]:
        """The entries of the array that begins at `at`, and the position after it."""
        text, first = self._text, len(self.found.made)
        at = self._space(at + 1)
        if text[at] == "]":
            return (), at + 1
        while True:
            at = self._space(self._entry(at, levels))
            if text[at] == "]":
                return tuple(self.found.made[first:]), at + 1
            at = self._past(",", at)
            if self._slices.over():
                await self._slices.pause()

    def _entry(self, at: int, levels: int) -> int:
        """Add the entry at `at`; return where it ends."""
        place = self._search.at(self._text, at)
        if place is not None:
            return at + self._again(place)
        value, entry = bodies.scan(self._text, at)
        place = self._search.find(entry)
        if place is not None:
            return at + self._again(place)
        bodies.check_depth(value, levels)
        self.found.add(len(entry), hash(entry), self._maker.make(value, entry))
        return at + len(entry)

    def _again(self, place: int) -> int:
        """Add a known entry; return its length."""
        known = self._search.known
        self.found.add(known.lengths[place], known.hashes[place], known.made[place])
        return known.lengths[place]

    def _value(self, at: int, levels: int) -> tuple[Json, int]:
        """The cleaned value that begins at `at`, and the position after it."""
        value, own = bodies.scan(self._text, at)
        bodies.check_depth(value, levels)
        return clean_tree(value), at + len(own)

    def _past(self, mark: str, at: int) -> int:
        """The position after `mark`, which follows at or after `at`."""
        at = self._space(at)
        if self._text[at] != mark:
            raise ValueError(f"{mark} is missing")
        return self._space(at + 1)

    def _space(self, at: int) -> int:
        """The next position that is not white space."""
        found = _SPACE.match(self._text, at)
        return found.end() if found else at


def _is_plain(entry: str) -> bool:
    """Whether no string in an entry's JSON text needs cleaning: raw control characters except DEL are invalid JSON."""
    return entry.isascii() and "\\" not in entry and "\x7f" not in entry
