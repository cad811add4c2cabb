"""What changed between two readings: one line per thing that came, went, or changed its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gputui.core.health import Health
from gputui.core.rows import Ref, Row


@dataclass(frozen=True, slots=True)
class Change:
    """One observed change. `before` and `after` are states; empty for what came or went."""

    at: float
    ref: Ref
    name: str
    before: str
    after: str
    health: Health

    @property
    def text(self) -> str:
        """The change in words, without its time."""
        if not self.before and not self.after:
            return f"{self.ref.profile} {self.name} listed"
        return f"{self.ref.profile} {self.name} {self.before or 'new'} → {self.after or 'gone'}"


def changes(old: Mapping[Ref, Row], new: Mapping[Ref, Row], at: float, *, whole: bool = True) -> list[Change]:
    """The changes from `old` to `new`, in the order of the new rows, departures last.

    Where `new` is not `whole`, what it lacks may just not have been read: that is no departure. What was kept of a list
    that lost most of its rows is told by whoever kept it.
    """
    found: list[Change] = []
    for ref, row in new.items():
        before = old.get(ref)
        if before is row:
            continue
        if before is None or before.state != row.state:
            found.append(Change(at, ref, row.name, before.state if before else "", row.state, row.health))
    gone = (row for ref, row in old.items() if whole and ref not in new and not row.withheld)
    found.extend(Change(at, row.ref, row.name, row.state or row.name, "", Health.OFF) for row in gone)
    return found
