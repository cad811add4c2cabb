"""Rows by ref, ordered and counted, that change piece by piece and tell listeners what has changed."""

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
"""The sort key of a row, unique in the list."""
Listener = Callable[[Collection[Ref]], None]
"""Called with the refs of rows that came, went, were replaced, or changed place."""


def worst_place(row: Row, first: Collection[Ref] = (), health: Health | None = None) -> Place:
    """Sorts by health, by default its own, then profile and name, with the rows in `first` before all others.

    After the health is room for since when it is so, in the fleet.
    """
    ref, rank = row.ref, (health or row.health).rank
    return (ref not in first, rank, 0.0, ref.profile, natural(row.name), ref.view, ref.id)


class LiveRows:
    """The rows of one list.

    An unchanged row stays the same object. `places` are the sort keys of the rows, `order` is the resulting order. All
    changes are made by `change`.
    """

    def __init__(self) -> None:
        self.rows: dict[Ref, Row] = {}
        self.places: dict[Ref, Place] = {}
        self.order = OrderedRefs(self.places.__getitem__)
        self._tally: Counter[Health] = Counter()
        self._listeners: Listeners[[Collection[Ref]]] = Listeners()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on each change; call the returned function to stop."""
        return self._listeners.add(listener)

    def end(self) -> None:
        """Forget the listeners: this list has had its last change."""
        self._listeners = Listeners()

    def count(self, health: Health) -> int:
        """How many rows have that health."""
        return self._tally[health]

    def change(self, put: Mapping[Ref, tuple[Row, Place]], gone: Iterable[Ref]) -> bool:
        """Put rows in, each with its sort key, take others out, tell the listeners; return whether any has changed."""
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
