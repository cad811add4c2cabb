"""Lists read by what has changed: an entry whose text is that of the last reply stays what was made of it then."""

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
"""Requests whose last replies are kept: those that were asked longest ago are forgotten."""
_SPACE = re.compile(r"[ \t\n\r]*")
_BARE = ""
"""Under this key stand the entries of a body that is an array itself."""


class EntryRule(Hashable, Protocol[T_co]):
    """What is made of each entry of a list. It must follow from the entry alone, and never change afterwards."""

    @property
    def hide(self) -> Hide:
        """What takes out of an entry what nobody may see."""

    def make(self, entry: Json, raw: RawText) -> T_co:
        """Of a cleaned entry. Never raises for what stands in it."""


@dataclass(frozen=True, slots=True)
class ListReply(Generic[T]):
    """A body with what was made of the entries of its lists: `rest` is all of it but these, None where it is none."""

    rest: Json
    lists: Mapping[str, Sequence[T]]

    def bare(self) -> Sequence[T] | None:
        """The entries of a body that is an array itself."""
        return self.lists.get(_BARE)

    def field(self, key: str) -> Json:
        """A field beside the lists."""
        return as_object(self.rest).get(key)


class ListReader(Generic[T]):
    """Reads the replies to one request. Lists are what stands under `keys` of an object, or an array that is the body.

    A body that is the last one again gives the last reply itself. What was read before is known by its length and its
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
            bodies.parse(text.encode())  # says what is wrong with it, in the words of every other reply
            raise
        self._known, self._body, self._reply = walk.found, digest, reply
        return reply


class ListReaders:
    """A reader for each request, for as long as it is asked now and then."""

    def __init__(self) -> None:
        self._readers: dict[Hashable, ListReader[Any]] = {}

    def reader(self, request: Hashable, keys: Sequence[str], rule: EntryRule[T]) -> ListReader[T]:
        """The reader of a request's replies; `request` says all that tells it from others, the rule too."""
        found: ListReader[T] = self._readers.pop(request) if request in self._readers else ListReader(rule, keys)
        self._readers[request] = found
        if len(self._readers) > MOST_READERS:
            del self._readers[next(iter(self._readers))]
        return found


class _Known(Generic[T]):
    """The entries of a reply in their order: how long the text of each was, the hash of that, and what was made."""

    __slots__ = ("hashes", "lengths", "made")

    def __init__(self) -> None:
        self.lengths = array("L")
        self.hashes = array("q")
        self.made: list[T] = []

    def add(self, length: int, digest: int, made: T) -> None:
        """Put an entry behind those before."""
        self.lengths.append(length)
        self.hashes.append(digest)
        self.made.append(made)


class _Search(Generic[T]):
    """Looks for entries of the last reply in a new one. Gives their places."""

    def __init__(self, known: _Known[T]) -> None:
        self.known = known
        self._next = 0
        self._places: dict[int, int] | None = None

    def at(self, text: str, start: int) -> int | None:
        """The entry that stands at `start` of the new text: the next one, or that behind it where the next is gone.

        Only what has brackets or quotes around it is known by its beginning: a longer number begins as a shorter does.
        """
        if text[start] in '{["':
            lengths, hashes = self.known.lengths, self.known.hashes
            for place in range(self._next, min(self._next + 2, len(lengths))):
                if hash(text[start : start + lengths[place]]) == hashes[place]:
                    self._next = place + 1
                    return place
        return None

    def find(self, entry: str) -> int | None:
        """An entry wherever it was."""
        if self._places is None:
            self._places = {known: place for place, known in enumerate(self.known.hashes)}
        place = self._places.get(hash(entry))
        if place is None or self.known.lengths[place] != len(entry):
            return None
        self._next = place + 1
        return place


class _Maker(Generic[T]):
    """Makes of an entry what the rule says, sharing among the entries of a list what they have in common."""

    def __init__(self, rule: EntryRule[T]) -> None:
        self._rule = rule
        self._repeats = Repeats()
        self._packing: Packing | None = None

    def make(self, value: Json, entry: str) -> T:
        """Of an entry's JSON value and its text."""
        if self._packing is None:
            self._packing = Packing(entry, self._rule.hide)
        clean_value = value if _is_plain(entry) else clean_tree(value)
        return self._rule.make(self._repeats.shared(clean_value), self._packing.pack(entry))


class _Walk(Generic[T]):
    """Goes through one body from its beginning to its end, reading only those entries that are not known."""

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
            lists.pop(key, None), rest.pop(key, None)  # the last one of that name stands
            if key in keys and text[at] == "[":
                lists[key], at = await self._array(at, bodies.DEEPEST - 2)
            else:
                rest[key], at = self._value(at, bodies.DEEPEST - 1)
            at = self._space(at)
            if text[at] == "}":
                return rest, at + 1
            at = self._past(",", at)

    async def _array(self, at: int, levels: int) -> tuple[Sequence[T], int]:
        """The entries of the array that begins at `at`, and where it has ended."""
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
        """Take the entry at `at`; where it ends."""
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
        """Take an entry that is known; how long it is."""
        known = self._search.known
        self.found.add(known.lengths[place], known.hashes[place], known.made[place])
        return known.lengths[place]

    def _value(self, at: int, levels: int) -> tuple[Json, int]:
        """The cleaned value that begins at `at`, and where it has ended."""
        value, own = bodies.scan(self._text, at)
        bodies.check_depth(value, levels)
        return clean_tree(value), at + len(own)

    def _past(self, mark: str, at: int) -> int:
        """Where what follows `mark` begins, which stands at or behind `at`."""
        at = self._space(at)
        if self._text[at] != mark:
            raise ValueError(f"{mark} is missing")
        return self._space(at + 1)

    def _space(self, at: int) -> int:
        """The next place that is no white space."""
        found = _SPACE.match(self._text, at)
        return found.end() if found else at


def _is_plain(entry: str) -> bool:
    """Whether no string in the JSON text of an entry is to be cleaned: bare controls but DEL are no JSON."""
    return entry.isascii() and "\\" not in entry and "\x7f" not in entry
