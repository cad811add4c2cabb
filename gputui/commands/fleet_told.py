"""What is known of machines besides their own lists: since when each is as it is, and what is being done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from gputui.core.cells import EMPTY, Cell, lasting
from gputui.core.rows import Ref
from gputui.engine.standings import UNSEEN, Standing


class OpenChange(NamedTuple):
    """A change whose end is not known yet: its verb, and when it was sent (epoch seconds)."""

    verb: str
    sent_at: float


@dataclass(frozen=True, slots=True)
class FleetTold:
    """What history and the journal hold of some machines; what they do not hold is left out."""

    standings: Mapping[Ref, Standing] = field(default_factory=dict)
    operations: Mapping[Ref, OpenChange] = field(default_factory=dict)

    def standing(self, ref: Ref) -> Standing:
        """Since when it is as it is."""
        return self.standings.get(ref, UNSEEN)

    def operation(self, ref: Ref) -> Cell:
        """What is being done to it, as the fleet shows it."""
        change = self.operations.get(ref)
        if change is None:
            return EMPTY
        return lasting(f"{change.verb}…", datetime.fromtimestamp(change.sent_at, UTC), "changing")


NOTHING_TOLD = FleetTold()
