"""The rows of one list as they may be shown: without outdated verdicts, and with the operations in progress."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from gputui.core.cells import EMPTY, Cell
from gputui.core.feed import feed_state
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.fleet import as_stale
from gputui.engine.live_rows import LiveRows, Place, worst_place
from gputui.engine.marks import changes_by_itself, operation_cell, with_operation
from gputui.engine.operations import Operations
from gputui.engine.row_diff import differing

PIECE = 500
"""At most this many rows are updated at once; then the event loop has its turn."""


class FeedRows(LiveRows):
    """One feed's rows, worst first or in the provider's order; only those that may have changed are updated.

    `update` notes the rows affected by a new snapshot, the clock or an operation; `work` updates them. It is `settled`
    once a row that comes is new: the list was read before, in full, without it.
    """

    def __init__(self, operations: Operations, *, worst_first: bool) -> None:
        super().__init__()
        self.worst_first = worst_first
        self.expired = False
        self.settled = False
        self._operations = operations
        self._snapshot = Snapshot()
        self._known: Mapping[Ref, Row] = {}
        self._listed: dict[Ref, Place] = {}
        self._by_clock: set[Ref] = set()
        self._aged: set[Ref] = set()
        self._waiting: dict[Ref, None] = {}
        self._now = 0.0

    @property
    def behind(self) -> bool:
        """Whether rows are still waiting to be updated."""
        return bool(self._waiting)

    @property
    def taken_at(self) -> float | None:
        """When the list was read, if only by an earlier console."""
        return self._snapshot.cached_at if self._snapshot.taken_at is None else self._snapshot.taken_at

    def listed(self, ref: Ref) -> Row | None:
        """The row as the newest list has it; None if it has not."""
        return self._snapshot.rows.get(ref)

    def read_at(self, ref: Ref) -> float:
        """When a row was read: with its list, or alone since."""
        return self._snapshot.alone.get(ref, self._snapshot.taken_at or self._now)

    def operation(self, ref: Ref) -> Cell:
        """What is being done to a row, as a cell."""
        operation = self._operations.of(ref)
        return EMPTY if operation is None else operation_cell(operation, self._now)

    def update(self, snapshot: Snapshot, now: float) -> None:
        """Note the rows that may have changed by `now` (epoch seconds)."""
        self._now = now
        if snapshot is not self._snapshot:
            self._take(snapshot)
        expired = feed_state(snapshot, now).expired
        if expired is not self.expired:
            self.expired = expired
            self._aged = set(
                self._known
            )  # the fleet tells the age of its rows' lists: also of rows that stay as they are
            self.note(self._known)
        self.note(self._by_clock)

    def note(self, refs: Iterable[Ref]) -> None:
        """Note that these may have changed."""
        self._waiting.update(dict.fromkeys(refs))

    def work(self, most: int = PIECE) -> bool:
        """Update at most `most` of the rows that may have changed; return whether any has."""
        refs = list(islice(self._waiting, most))
        put: dict[Ref, tuple[Row, Place]] = {}
        gone: list[Ref] = []
        warned = self._operations.warned
        for ref in refs:
            del self._waiting[ref]
            plain = self._known.get(ref)
            if plain is None:
                self._by_clock.discard(ref)
                gone.append(ref)
                continue
            row = self._shown(ref, plain)
            place = worst_place(row, warned) if self.worst_first else self._listed[ref]
            if row is not self.rows.get(ref) or place != self.places[ref] or ref in self._aged:
                put[ref] = (row, place)
                self._aged.discard(ref)
        if not self._waiting:
            self._waiting.clear()  # frees the memory of the waiting list
        return self.change(put, gone)

    def _take(self, snapshot: Snapshot) -> None:
        before, self._snapshot = self._snapshot, snapshot
        if before.taken_at is not None and not self._waiting and not any(gap.rows for gap in before.missing):
            self.settled = True
        if snapshot.rows is before.rows and snapshot.ghosts is before.ghosts:
            return
        old, self._known = self._known, snapshot.known
        self.note(differing(old, self._known))
        if not self.worst_first and old is not self._known and list(old) != list(self._known):
            self._listed = {ref: (at, ref) for at, ref in enumerate(self._known)}
            self.note(self._known)

    def _shown(self, ref: Ref, plain: Row) -> Row:
        """The row as it may be shown; the same object if nothing about it has changed."""
        before, operation = self.rows.get(ref), self._operations.of(ref)
        if operation is not None and changes_by_itself(operation, self._now):
            self._by_clock.add(ref)
        else:
            self._by_clock.discard(ref)
        row = as_stale(plain) if self.expired else plain
        if operation is not None:
            row = with_operation(row, operation, self._now)
        return before if before is not None and row is not plain and _alike(before, row) else row


def _alike(one: Row, other: Row) -> bool:
    """Whether both rows are the same for display and for verbs."""
    return one == other and one.item is other.item and one.source is other.source
