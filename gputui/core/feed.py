"""The state of a list and the words for it, decided here alone from the clock and the last outcome.

Header, banner, rows, tabs, fleet, `get` and its exit code all use it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from gputui.core.gaps import Gap
from gputui.core.problem import Problem
from gputui.core.rows import Snapshot

STALE_AFTER_INTERVALS = 3
HUNG_SECONDS = 3.8
"""A reading that takes longer hangs, unless the list is known to take so long: it is named within five seconds,
as the clock is looked at once a second."""
_STEP = 5
_LONGEST_WORD = 8


class Phase(Enum):
    """The state of a list, in order of definition: worst first."""

    FAILING = "failing"
    STALE = "stale"
    HUNG = "hung"
    PARTIAL = "partial"
    READING = "reading"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class FeedState:
    """The state of a list at `at` (epoch seconds).

    `age` is how old its rows are in seconds, None if it was never read, not even by an earlier console. `expired`
    means that they are older than three intervals, or cached: then no row may look fine. `read` of `known` rows are in
    the newest list. `problem`, `since` and `next_at` say why it fails, since when, and when it is tried again.
    `asked_at` is since when an answer is awaited, if that hangs.
    """

    phase: Phase
    at: float
    age: float | None = None
    every: float = 5.0
    expired: bool = False
    missing: tuple[Gap, ...] = ()
    read: int = 0
    known: int = 0
    problem: Problem | None = None
    since: float | None = None
    next_at: float | None = None
    asked_at: float | None = None

    @property
    def lost_since(self) -> float | None:
        """Since when the list cannot be read: it fails, is stale or hangs. None if it can, or nobody knows."""
        if self.phase not in (Phase.FAILING, Phase.STALE, Phase.HUNG):
            return None
        read_at = None if self.age is None else self.at - self.age
        return self.since if self.problem is not None else self.asked_at or read_at

    @property
    def waiting(self) -> str:
        """For how long an answer is awaited, if that hangs."""
        if self.asked_at is None:
            return ""
        waited = self.at - self.asked_at
        return f"no answer for {span(waited)}" if waited >= _STEP else "no answer yet"

    @property
    def trusted(self) -> bool:
        """Whether rows may be shown as they were when they were read."""
        return self.phase not in (Phase.FAILING, Phase.STALE)

    @property
    def brief(self) -> str:
        """What is wrong, short enough for a tab; empty if nothing is."""
        if self.problem is not None:
            return self.problem.brief
        if self.phase in (Phase.STALE, Phase.HUNG):
            return str(self.phase.value)
        return self.lack if self.phase is Phase.PARTIAL else ""

    @property
    def briefest(self) -> str:
        """The same in one word, for a tab with little room."""
        if self.problem is not None:
            return self.problem.cause.word
        return self.brief if len(self.brief) <= _LONGEST_WORD else self.phase.value

    @property
    def lack(self) -> str:
        """How much of the list there is: `4 of 24`, otherwise what is missing."""
        if self.known > self.read:
            return f"{self.read} of {self.known}"
        more = f" +{len(self.missing) - 1}" if len(self.missing) > 1 else ""
        return self.missing[0].brief + more if self.missing else ""

    @property
    def word(self) -> str:
        """The state with its age or extent, as a header shows it; the age goes in steps, to avoid needless redraws."""
        if self.phase is Phase.READING:
            return "reading…" if self.age is None else as_of(self.age)
        if self.phase is Phase.FAILING:
            failing = 0.0 if self.since is None else self.at - self.since
            return "failing" if failing < _STEP else f"failing {span(failing)}"
        if self.phase is Phase.STALE:
            return f"stale {span(self.age or 0.0)}"
        if self.phase is Phase.HUNG:
            return self.waiting
        if self.phase is Phase.PARTIAL:
            return f"partial: {self.lack}"
        age = self.age or 0.0
        return "live" if age < 2 * self.every + 2 else f"{span(age)} ago"

    @property
    def next_try(self) -> str:
        """When a failing list is read again; empty if it will not be."""
        if self.phase is not Phase.FAILING or self.next_at is None:
            return ""
        left = self.next_at - self.at
        return f"next try in {_in(left)}" if left > 0 else "trying again now"


def feed_state(snapshot: Snapshot, now: float) -> FeedState:
    """The state of the list of `snapshot` at `now`. A reading that never ends makes it hung, then stale, by itself."""
    taken_at = snapshot.cached_at if snapshot.taken_at is None else snapshot.taken_at
    age = None if taken_at is None else max(0.0, now - taken_at)
    expired = age is not None and (snapshot.taken_at is None or age > STALE_AFTER_INTERVALS * snapshot.every)
    hung = snapshot.hung_at is not None and now >= snapshot.hung_at
    return FeedState(
        _phase(snapshot, expired=expired, hung=hung),
        now,
        age,
        snapshot.every,
        expired,
        snapshot.missing,
        len(snapshot.rows),
        len(snapshot.rows) + len(snapshot.ghosts),
        snapshot.problem,
        snapshot.failed_since,
        snapshot.next_at,
        snapshot.asked_at if hung else None,
    )


def _phase(snapshot: Snapshot, *, expired: bool, hung: bool) -> Phase:
    if snapshot.problem is not None:
        return Phase.FAILING
    if snapshot.taken_at is None:
        return Phase.HUNG if hung else Phase.READING
    if expired:
        return Phase.STALE
    if hung:
        return Phase.HUNG
    return Phase.PARTIAL if snapshot.missing or snapshot.ghosts else Phase.LIVE


def worst(states: Iterable[FeedState], now: float) -> FeedState:
    """The worst state of several lists; without any, the state of a list still to be read."""
    found = list(states)
    return min(found, key=lambda state: _ORDER[state.phase]) if found else FeedState(Phase.READING, now)


def not_connected(
    problem: Problem, now: float, since: float | None = None, cached: FeedState | None = None
) -> FeedState:
    """The state of every list of a profile that cannot connect: it is not tried again. `cached` is that of its rows."""
    return replace(cached or FeedState(Phase.FAILING, now), phase=Phase.FAILING, problem=problem, since=since)


_ORDER = {phase: rank for rank, phase in enumerate(Phase)}


def as_of(age: float) -> str:
    """How old cached rows are, in words."""
    return f"as of {span(age)} ago"


def span(seconds: float) -> str:
    """A duration as one short part; below two minutes in steps of five seconds."""
    whole = int(seconds)
    return f"{whole // _STEP * _STEP}s" if whole < 120 else f"{whole // 60}m" if whole < 7200 else f"{whole // 3600}h"


def _in(seconds: float) -> str:
    """How long to wait, rounded up, in steps that grow with it, so that the text does not change every second."""
    whole = int(-(-seconds // 1))
    if whole <= 15:
        return f"{whole} s"
    return f"{-(-whole // _STEP) * _STEP} s" if whole <= 120 else f"{-(-whole // 60)} min"
