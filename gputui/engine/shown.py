"""The rows of one list as they may be shown, made anew only where something about them has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from gputui.core.feed import FeedState
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.fleet import as_stale, tally
from gputui.engine.operations import Operation

M = TypeVar("M")
Mark = Callable[[Row, Operation], Row]
"""Writes a change that is under way on a row."""


class ShownRows:
    """One feed's rows: never fine when too old to be believed, and with the changes that are under way on them.

    `rows` stays the same mapping, and every row in it the same object, for as long as nothing about it changes.
    """

    def __init__(self) -> None:
        self.rows: Mapping[Ref, Row] = {}
        self.counts = (0, 0)
        self._snapshot: Snapshot | None = None
        self._expired = False
        self._plain: Mapping[Ref, Row] = {}
        self._marked: frozenset[Ref] = frozenset()

    def update(self, snapshot: Snapshot, state: FeedState, under_way: Mapping[Ref, Operation], mark: Mark) -> None:
        """Bring the rows up to date with a snapshot and the changes under way."""
        if snapshot is not self._snapshot or state.expired != self._expired:
            known = snapshot.known
            self._plain = {ref: as_stale(row) for ref, row in known.items()} if state.expired else known
            self._snapshot, self._expired = snapshot, state.expired
            fresh = dict(self._plain)
        elif under_way or self._marked:
            fresh = {**self.rows, **{ref: self._plain[ref] for ref in self._marked}}
        else:
            return
        self._marked = frozenset(under_way.keys() & fresh.keys())
        for ref in self._marked:
            marked = mark(fresh[ref], under_way[ref])
            before = self.rows.get(ref)
            fresh[ref] = before if before is not None and _alike(before, marked) else marked
        if len(fresh) != len(self.rows) or any(self.rows.get(ref) is not row for ref, row in fresh.items()):
            self.rows, self.counts = fresh, tally(fresh)


def _alike(one: Row, other: Row) -> bool:
    """Whether both rows are the same to look at and to work on."""
    return one == other and one.item is other.item and one.raw is other.raw


class Made(Generic[M]):
    """The last value made of some parts, for as long as these are the same objects."""

    def __init__(self) -> None:
        self._parts: tuple[object, ...] | None = None
        self._value: M | None = None

    def of(self, parts: tuple[object, ...], make: Callable[[], M]) -> M:
        """The value of these parts."""
        same = self._parts is not None and len(parts) == len(self._parts) and all(map(_is, parts, self._parts))
        if self._value is None or not same:
            self._parts, self._value = parts, make()
        return self._value


def _is(one: object, other: object) -> bool:
    return one is other
