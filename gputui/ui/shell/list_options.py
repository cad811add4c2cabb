"""What narrows or changes every list until it is changed again: the filter, faults only, the freeze."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gputui.core.filter import Filter, parse
from gputui.core.rows import Row
from gputui.engine.marks import lingers
from gputui.engine.store import Store

FILTER_AGES_EVERY = 5.0
"""Seconds for which what a filter found by its age may stand although it has grown older."""


@dataclass(slots=True)
class ListOptions:
    """The options of all lists.

    `faults` keeps what is ill or of which nothing is known. `frozen_at` is since when the rows are frozen, in epoch
    seconds.
    """

    filter: Filter = field(default_factory=lambda: parse(""))
    faults: bool = False
    frozen_at: float | None = None
    _aged_at: float = 0.0

    @property
    def frozen(self) -> bool:
        """Whether the rows are frozen."""
        return self.frozen_at is not None

    @property
    def narrowing(self) -> bool:
        """Whether they may hide rows."""
        return self.faults or bool(self.filter.text.strip())

    def keep(self, store: Store) -> Callable[[Row], bool] | None:
        """Return the test that a row must pass to be shown; None if all are.

        What only the fleet tells of a machine (since when, why) is asked of its row there, in every list. A row with a
        change that is under way, or over a moment ago, is shown whatever the filter is: it was in the list
        when somebody changed it, and how that ends matters to them.
        """
        if not self.narrowing:
            return None
        wanted, faults = self.filter, self.faults
        in_fleet = store.fleet.rows if wanted.of_fleet else {}

        def kept(row: Row) -> bool:
            now = store.clock.now()
            if (row.health.suspect or not faults) and wanted.keeps(in_fleet.get(row.ref, row), now):
                return True
            operation = store.operations.of(row.ref)
            return operation is not None and lingers(operation, now)

        return kept

    def aged(self, now: float) -> bool:
        """Whether the filter, which may match ages, must be asked of all rows again."""
        if not self.filter.on_ages or 0 <= now - self._aged_at < FILTER_AGES_EVERY:
            return False
        self._aged_at = now
        return True
