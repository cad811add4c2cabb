"""Makes rows of what a provider listed: the standard columns first, then the view's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import is_
from types import MappingProxyType
from typing import Any

from gputui.core.cells import BUG_CELL, EMPTY, Cell, Column, Role, verdict, words
from gputui.core.health import Health
from gputui.core.made_cells import ItemCells
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import View
from gputui.core.raw import RawText
from gputui.core.row_schema import RowSchema
from gputui.core.rows import Item, Listing, Ref, Row, Unreadable
from gputui.core.slices import Slices

AnyView = View[Any, Any]
NOTHING: Mapping[Ref, Row] = MappingProxyType({})


def columns(view: AnyView) -> tuple[Column[Any], ...]:
    """The columns of a view in the order of its rows' cells: NAME, HEALTH and STATE if it has them, then its own."""
    standard = [Column[Any]("NAME", lambda item: words(view.label(item)), role=Role.NAME)]
    if view.health is not None:
        standard.append(Column("HEALTH", lambda item: verdict(_health(view, item)), role=Role.HEALTH))
    if view.state is not None:
        standard.append(Column("STATE", lambda item: words(_state(view, item)), max_width=22, role=Role.STATE))
    return (*standard, *view.columns)


def by_role(view: AnyView, row: Row) -> dict[Role, Cell]:
    """The cells of a row by role; the first one if several columns have the same role."""
    found: dict[Role, Cell] = {}
    for column, cell in zip(columns(view), row.cells, strict=True):
        if column.role is not None:
            found.setdefault(column.role, cell)
    return found


def rows(
    view: AnyView, profile: str, listing: Listing[Any], known: Mapping[Ref, Row] = NOTHING, provider: str = ""
) -> tuple[Mapping[Ref, Row], int]:
    """Rows by ref, in the provider's order, and how many entries repeated an id (the last one wins).

    An item that a view's own functions cannot read is shown as unreadable too: a bug in a declaration affects one row.
    A row equal in every respect to the one in `known` is that same object; so is the mapping if all of them are.
    """
    return _by_ref(RowMaker(view, profile, provider, at_once=True).made(listing), known)


class RowMaker:
    """Makes the rows of one list from reading to reading, rebuilding only those that have changed.

    An item read as a RawText gives the same row as last time if the text is the same object and the value is equal:
    views see nothing but the value. Any other item gives a new row. As the value of a RawText never changes, the cells
    of its row are made when they are asked for; those of any other item at once, and of all items with `at_once`.
    """

    def __init__(self, view: AnyView, profile: str, provider: str = "", *, at_once: bool = False) -> None:
        self._view = view
        self._profile = profile
        self._columns = columns(view)
        self._schema = RowSchema.of(self._columns, provider)
        self._at_once = at_once
        self._items: Sequence[Item[Any]] = ()
        self._rows: list[Row | None] = []
        """The row of each item; None if it must be made again because a bug shows in it."""
        self._last: Mapping[Ref, Row] = NOTHING
        self._duplicates = 0
        self._unreadable = False

    async def rows(
        self, listing: Listing[Any], known: Mapping[Ref, Row], slices: Slices
    ) -> tuple[Mapping[Ref, Row], int]:
        """The same as the function `rows`, in slices that give the event loop its turn."""
        if known is self._last and self._is_last(listing):
            return known, self._duplicates
        made: list[Row] = []
        for row in self.made(listing):
            made.append(row)
            if slices.over():
                await slices.pause()
        self._last, self._duplicates = _by_ref(made, known)
        return self._last, self._duplicates

    def _is_last(self, listing: Listing[Any]) -> bool:
        """Whether a listing holds the same as the last one, and would give the same rows."""
        same = len(listing.items) == len(self._items) and all(map(is_, listing.items, self._items))
        return same and not listing.unreadable and not self._unreadable and None not in self._rows

    def made(self, listing: Listing[Any]) -> Iterator[Row]:
        """The rows of all entries, the unreadable ones last."""
        places, kept = _Places(self._items), list[Row | None]()
        for at, item in enumerate(listing.items):
            place = places.of(at, item)
            row = None if place is None else self._rows[place]
            lasting = row is not None
            if row is None:
                row, lasting = self._row(item, at + 1)
            kept.append(row if lasting else None)
            yield row
        self._items, self._rows, self._unreadable = listing.items, kept, bool(listing.unreadable)
        for entry in listing.unreadable:
            yield self._unreadable_row(entry)

    def _row(self, item: Item[Any], number: int) -> tuple[Row, bool]:
        """The row of an item, and whether it may be kept."""
        view, value, key = self._view, item.value, ""
        try:
            key = view.key(value)
            name, state, health = view.label(value), _state(view, value), _health(view, value)
            ref, lasting = Ref(self._profile, view.name, key), True
            cells: Sequence[Cell] = ItemCells(self._columns, value)
            if self._at_once or not isinstance(item.raw, RawText):
                cells = tuple(column.cell(value) for column in self._columns)
                lasting = BUG_CELL not in cells
            return Row(ref, name, state, health, cells, item.raw, value, schema=self._schema), lasting
        except Failed as failed:  # a guarded provider's: the traceback is in the log
            why = str(failed.problem)
        except Exception as error:  # noqa: BLE001 - a bug in a provider affects only its row
            why = f"{Cause.BUG.value}: {type(error).__name__}"
        return self._unreadable_row(Unreadable(key or f"entry {number}", why, item.raw)), False

    def _unreadable_row(self, entry: Unreadable) -> Row:
        view, name = self._view, f"unreadable ({entry.id})"
        cells = [EMPTY for _ in self._columns]
        cells[0] = words(name, "unknown")
        if view.health is not None:
            cells[1] = verdict(Health.UNKNOWN)
        if len(cells) > 1:
            cells[-1] = Cell(entry.reason, entry.reason, "unknown")
        ref = Ref(self._profile, view.name, f"?{entry.id}")
        return Row(ref, name, "", Health.UNKNOWN, tuple(cells), entry.raw, None, schema=self._schema)


class _Places:
    """The positions of the previous reading's items."""

    def __init__(self, before: Sequence[Item[Any]]) -> None:
        self._before = before
        self._by_raw: dict[int, int] | None = None

    def of(self, at: int, item: Item[Any]) -> int | None:
        """The position at which this item stood before, searched at its own position first."""
        raw = item.raw
        if not isinstance(raw, RawText):
            return None
        if at >= len(self._before) or self._before[at].raw is not raw:
            if self._by_raw is None:
                self._by_raw = {id(one.raw): place for place, one in enumerate(self._before)}
            found = self._by_raw.get(id(raw))
            if found is None:
                return None
            at = found
        before = self._before[at]
        # An equal value in another item may be the same object of a plugin, changed in place.
        again = before is item or (before.value is not item.value and equal(before.value, item.value))
        return at if again else None


def _by_ref(made: Iterable[Row], known: Mapping[Ref, Row]) -> tuple[Mapping[Ref, Row], int]:
    found, count = dict[Ref, Row](), 0
    for row in made:
        count += 1
        before = known.get(row.ref)
        found[row.ref] = before if before is not None and _alike(before, row) else row
    same = len(found) == len(known) and all(map(is_, found.values(), known.values()))
    return known if same else found, count - len(found)


def _alike(before: Row, row: Row) -> bool:
    """Whether nothing at all has changed: verbs and their progress depend on more than is shown."""
    if before is row:
        return True
    return equal(before.item, row.item) and equal(before.source, row.source) and before == row


def equal(one: object, other: object) -> bool:
    """Whether two objects of a provider are equal; if they cannot be compared, they are not."""
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - arrays, for example, have no single truth value
        return False


def doubtful(row: Row, problem: Problem) -> Row:
    """The row, with its last cell saying that a bug hides whether it belongs here."""
    return replace(row, cells=(*row.cells[:-1], Cell(str(problem), None, "unknown")))


def _state(view: AnyView, item: object) -> str:
    return view.state(item) if view.state is not None else ""


def _health(view: AnyView, item: object) -> Health:
    return view.health(item) if view.health is not None else Health.OK
