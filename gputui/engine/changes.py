"""What changed between two readings: one line for each row that came, went, or changed its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gputui.core.health import Health
from gputui.core.rows import Ref, Row


@dataclass(frozen=True, slots=True)
class Change:
    """One observed change. `before` and `after` are states; empty for a row that came or went."""

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


def changes(
    moved: Iterable[Ref], old: Mapping[Ref, Row], new: Mapping[Ref, Row], at: float, *, whole: bool = True
) -> list[Change]:
    """The changes from `old` to `new` among the rows that have `moved`, in their order.

    If `new` is not `whole`, a missing row may just not have been read and is not reported as gone. Rows kept although a
    list lost most of them are reported by whoever kept them.
    """
    found: list[Change] = []
    for ref in moved:
        before, row = old.get(ref), new.get(ref)
        if row is None:
            if whole and before is not None and not before.withheld:
                found.append(Change(at, ref, before.name, before.state or before.name, "", Health.OFF))
        elif before is None or before.state != row.state:
            found.append(Change(at, ref, row.name, before.state if before else "", row.state, row.health))
    return found
