"""Since when each machine of a list is as it is: as far as this process saw, and before that as history has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gputui.core.cells import Role
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Ref, Row
from gputui.engine.history.records import Remembered

_ROLES = (Role.ADDRESS, Role.OTHER_ADDRESS, Role.LOCK, Role.OWNER)


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when a machine has its health, if anybody saw that begin, and its last change (epoch seconds).

    `at_least` is since when it is known to have it: it may have had it before.
    """

    at_least: float | None = None
    since: float | None = None
    changed: float | None = None


UNSEEN = Standing()


class Standings:
    """The standings of one list's machines: a row that comes is compared with its own last version only."""

    def __init__(self, view: AnyView) -> None:
        places = {column.role: at for at, column in reversed(list(enumerate(columns(view))))}
        self._facts = tuple(places[role] for role in _ROLES if role in places)
        self._known: dict[Ref, tuple[Row, Standing]] = {}
        self._first = UNSEEN

    def of(self, ref: Ref) -> Standing:
        """The standing of a machine; an empty one before it was seen."""
        known = self._known.get(ref)
        return known[1] if known else UNSEEN

    def saw(self, row: Row, at: float, *, new: bool) -> Standing:
        """Take in a row of the list that was read at `at`. `new` says that the list had been read without it."""
        known = self._known.get(row.ref)
        if known is None:
            standing = Standing(at, at, at) if new else self._first_seen(at)
        elif known[0] is row:
            return known[1]
        else:
            before, standing = known
            if before.health is not row.health:
                standing = Standing(at, at, at)
            elif before.state != row.state or self._differs(before, row):
                standing = replace(standing, changed=at)
        self._known[row.ref] = row, standing
        return standing

    def _first_seen(self, at: float) -> Standing:
        """The same object for all machines of a first reading."""
        if self._first.at_least != at:
            self._first = Standing(at)
        return self._first

    def forget(self, ref: Ref) -> None:
        """A machine is gone."""
        self._known.pop(ref, None)

    def recall(self, refs: Iterable[Ref], past: Mapping[str, Remembered]) -> list[Ref]:
        """Take in what history holds of these, unless they have changed since; return those that it tells more of."""
        told, alike = [], dict[Standing, Standing]()
        for ref in refs:
            one, known = past.get(ref.id), self._known.get(ref)
            if one is None or known is None or known[1].changed is not None:
                continue
            row, standing = known
            more = with_past(standing, row, one)
            if more != standing:
                self._known[ref] = row, alike.setdefault(more, more)
                told.append(ref)
        return told

    def _differs(self, before: Row, row: Row) -> bool:
        return any(before.cells[at].text != row.cells[at].text for at in self._facts)


def with_past(standing: Standing, row: Row, one: Remembered) -> Standing:
    """What changed while nobody watched counts from when it was noticed, as history has it from then on."""
    noticed = standing.at_least
    changed = one.changed if one.state == row.state else noticed
    if one.health != row.health.word:
        return Standing(noticed, noticed, noticed)
    earlier = one.seen_at if noticed is None else min(noticed, one.seen_at)
    return Standing(earlier, one.past.health_since, changed)
