"""Rows by identity, in order and counted, which change by pieces and tell whoever listens what has moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from gputui.core.cells import natural
from gputui.core.health import Health
from gputui.core.listeners import Listeners
from gputui.core.ordered_refs import OrderedRefs
from gputui.core.rows import Ref, Row

Place: TypeAlias = tuple[Any, ...]
"""What a row is sorted by: unlike that of any other row."""
Listener = Callable[[Collection[Ref]], None]
"""Is told which rows came, went, or are other objects or stand elsewhere than before."""


def worst_place(row: Row, first: Collection[Ref] = ()) -> Place:
    """By health, then profile and name; before all others those that are `first`."""
    ref = row.ref
    return (ref not in first, row.health.rank, ref.profile, natural(row.name), ref.view, ref.id)


class LiveRows:
    """The rows of one list.

    A row in which nothing has changed stays the same object. `places` are what the rows are sorted by, `order` is the
    order that follows from them. Whatever changes, changes by `change`.
    """

    def __init__(self) -> None:
        self.rows: dict[Ref, Row] = {}
        self.places: dict[Ref, Place] = {}
        self.order = OrderedRefs(self.places.__getitem__)
        self._tally: Counter[Health] = Counter()
        self._listeners: Listeners[[Collection[Ref]]] = Listeners()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be told of what moves from now on; call what is returned to hear no more."""
        return self._listeners.add(listener)

    def count(self, health: Health) -> int:
        """How many rows are of that health."""
        return self._tally[health]

    def change(self, put: Mapping[Ref, tuple[Row, Place]], gone: Iterable[Ref]) -> bool:
        """Put these rows in, each with its place, and take others out; then tell of all of them. Whether any moved."""
        gone = [ref for ref in gone if ref in self.rows]
        moved = [ref for ref, (_, place) in put.items() if self.places.get(ref) != place]
        self.order.discard([*gone, *(ref for ref in moved if ref in self.rows)])
        for ref in gone:
            self._tally[self.rows.pop(ref).health] -= 1
            del self.places[ref]
        for ref, (row, place) in put.items():
            before = self.rows.get(ref)
            if before is not None:
                self._tally[before.health] -= 1
            self._tally[row.health] += 1
            self.rows[ref], self.places[ref] = row, place
        self.order.add(moved)
        refs = {*put, *gone}
        if refs:
            self._listeners(refs)
        return bool(refs)
