"""The lines of the command line, and which of them a typed text means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """How well a line matches what is typed: places and commands come before verbs, whole names before begun ones."""

    ANSWER = 1
    MACHINE_BEGUN = 2
    VERB_BEGUN = 3
    BEGUN = 4
    VERB = 5
    MACHINE = 6
    SHORT = 7
    WHOLE = 8


class Match(NamedTuple):
    """A match, and what is typed after the name: an argument or a filter."""

    level: Level
    rest: str = ""


@dataclass(frozen=True, slots=True)
class PaletteLine:
    """One line of the command line.

    `also` are other names of it. If `words` is the placeholder for an argument (`PORT`), `run` gets the argument as
    typed; if it `filters`, the rest is a filter. A line that may change something is matched by `whole` words only; a
    `verb` also by its first ones, and by what it is about.
    """

    name: str
    about: str
    run: Callable[..., object]
    also: tuple[str, ...] = ()
    filters: bool = False
    words: str = ""
    whole: bool = False
    verb: bool = False
    of: str = ""

    @property
    def title(self) -> str:
        """Return the name with what it is about, or with the placeholder of its argument."""
        return f"{self.name} {self.words or self.of}".rstrip()

    @property
    def completed(self) -> str:
        """Return what Tab makes of a beginning."""
        return f"{self.name} " if self.words else self.name

    def match(self, typed: str) -> Match | None:
        """Return how it matches a typed text; None if it does not."""
        words = typed.split()
        names = [name.casefold().split() for name in (self.name, *self.also)]
        matches = (self._match(words, name, at > 0) for at, name in enumerate(names))
        return max(filter(None, matches), key=lambda match: (match.level, -len(match.rest)), default=None)

    def _match(self, words: Sequence[str], name: Sequence[str], other: bool) -> Match | None:
        folded = [word.casefold() for word in words]
        whole = Level.SHORT if other else Level.WHOLE
        if self.verb:
            return _verb(folded, name, self.of.casefold().split())
        if folded == name:
            return Match(whole)
        rest = " ".join(words[len(name) :])
        if rest and folded[: len(name)] == name and (self.words or (self.filters and not rest.startswith("@"))):
            return Match(whole, rest)
        if self.whole or not folded or not _begins(folded[: len(name)], name):
            return None
        if not rest:
            return Match(Level.BEGUN) if len(folded) <= len(name) else None
        named = len(name) > 1 and folded[1].startswith("@")
        return Match(Level.BEGUN, rest) if self.filters and (named or rest.startswith("/")) else None


def _verb(words: Sequence[str], name: Sequence[str], of: Sequence[str]) -> Match | None:
    if not words or list(words) != [*name, *of][: len(words)]:
        return None
    return Match(Level.VERB if len(words) >= len(name) else Level.VERB_BEGUN)


def _begins(words: Sequence[str], name: Sequence[str]) -> bool:
    return len(words) <= len(name) and all(map(str.startswith, name, words))


def filter_text(rest: str) -> str:
    """Return the filter typed after a place: `/gpu-0` is the word, `/gpu-\\d/` the regex, anything else as it is."""
    return rest if rest.endswith("/") and len(rest) > 1 else rest.removeprefix("/")
