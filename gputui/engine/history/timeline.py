"""A timeline: changes that many machines share as one entry, and when nobody watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from gputui.core.cells import words
from gputui.core.row_schema import RowSchema
from gputui.core.rows import Ref, Row
from gputui.engine.history.reading import merged
from gputui.engine.history.records import ObservedChange, WatchedSpan, What

TOGETHER_SECONDS = 30.0
"""Changes of the same kind belong together while each follows the one before within so many seconds."""
LONGEST_TOGETHER = 60.0
"""What goes on for longer than so many seconds is no one event: it is divided by the minute."""
LEAST_TOGETHER = 3
CHANGE_FIELDS = ("name", "id", "profile", "provider", "view", "state", "health")
"""What a filter of changes may ask about: the machine, and what it was like afterwards."""
LEAST_UNWATCHED = 60.0
_Kind = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The changes of one machine in one reading, or the same change of several machines, the newest first."""

    changes: tuple[ObservedChange, ...]

    @property
    def newest(self) -> ObservedChange:
        """Its latest change."""
        return self.changes[0]

    @property
    def oldest(self) -> ObservedChange:
        """Its first change."""
        return self.changes[-1]

    @property
    def machines(self) -> int:
        """How many machines it is about."""
        return len({change.ref for change in self.changes})


@dataclass(frozen=True, slots=True)
class OpenedChange(Entry):
    """One change of an entry that is opened."""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """From `begun` to `ended` (epoch seconds) nobody watched a profile; an empty name stands for all of them."""

    profile: str
    begun: float
    ended: float


def grouped(changes: Iterable[ObservedChange]) -> list[Entry]:
    """The entries of changes that are given newest first, in the same order."""
    open_groups: dict[_Kind, list[ObservedChange]] = {}
    groups: list[list[ObservedChange]] = []
    for change in changes:
        kind = (change.ref.profile, change.ref.view, change.what, change.before, change.after)
        group = open_groups.get(kind)
        if group is not None and group[-1].at - change.at <= TOGETHER_SECONDS:
            group.append(change)
        else:
            open_groups[kind] = group = [change]
            groups.append(group)
    pieces = (piece for group in groups for piece in _by_minute(group))
    entries = _joined(entry for piece in pieces for entry in _entries(piece))
    return sorted(entries, key=lambda entry: -entry.newest.at)


def _by_minute(group: Sequence[ObservedChange]) -> list[list[ObservedChange]]:
    """A group, or its minutes where it goes on for long: those stay as they are while more follows."""
    if group[0].at - group[-1].at <= LONGEST_TOGETHER:
        return [list(group)]
    return [list(minute) for _, minute in groupby(group, key=lambda change: change.at // LONGEST_TOGETHER)]


def _entries(group: Sequence[ObservedChange]) -> list[Entry]:
    whole = Entry(tuple(group))
    return [whole] if whole.machines >= LEAST_TOGETHER else [Entry((change,)) for change in group]


def _joined(entries: Iterable[Entry]) -> list[Entry]:
    """What one reading showed of one machine as one entry: its state first."""
    found: dict[tuple[Ref, float], Entry] = {}
    several: list[Entry] = []
    for entry in entries:
        key = (entry.newest.ref, entry.newest.at)
        if entry.machines > 1:
            several.append(entry)
        elif key in found:
            both = (*found[key].changes, *entry.changes)
            found[key] = Entry(tuple(sorted(both, key=lambda change: _ORDER[change.what])))
        else:
            found[key] = entry
    return [*several, *found.values()]


_ORDER = {what: place for place, what in enumerate(What)}


def unwatched(spans: Iterable[WatchedSpan], profiles: Sequence[str], since: float, until: float) -> list[Unwatched]:
    """When none of a profile's lists was watched between two moments, in their order.

    What holds for all profiles is said once.
    """
    by_profile: dict[str, list[WatchedSpan]] = {profile: [] for profile in profiles}
    for span in sorted(spans, key=lambda span: span.begun):
        if span.profile in by_profile:
            by_profile[span.profile].append(WatchedSpan(span.profile, "", span.begun, span.ended))
    gaps = {profile: _gaps(merged(found), since, until) for profile, found in by_profile.items()}
    every = [gap for gap in next(iter(gaps.values()), ()) if all(_near(gap, other) for other in gaps.values())]
    alone = [
        Unwatched(profile, *gap)
        for profile, found in gaps.items()
        for gap in found
        if not any(_near(gap, [other]) for other in every)
    ]
    return sorted([*(Unwatched("", *gap) for gap in every), *alone], key=lambda one: (one.begun, one.profile))


def _gaps(spans: Iterable[WatchedSpan], since: float, until: float) -> list[tuple[float, float]]:
    found, at = [], since
    for span in spans:
        if span.begun - at >= LEAST_UNWATCHED:
            found.append((at, span.begun))
        at = max(at, span.ended)
    if until - at >= LEAST_UNWATCHED:
        found.append((at, until))
    return found


def _near(gap: tuple[float, float], gaps: Iterable[tuple[float, float]]) -> bool:
    """Whether one of the gaps is the same, but for seconds."""
    return any(all(abs(one - other) < LEAST_UNWATCHED for one, other in zip(gap, each, strict=True)) for each in gaps)


def row_of(change: ObservedChange, provider: str) -> Row:
    """The change as a row that a filter can keep: it sees the machine, the states and the words."""
    cells = (words(change.name), words(change.before), words(change.text))
    return Row(change.ref, change.name, change.after, change.health, cells, schema=RowSchema(provider=provider))
