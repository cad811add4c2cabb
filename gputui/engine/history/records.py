"""What history holds: the facts of a machine, its observed changes, and when each list was watched."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from gputui.core.health import Health
from gputui.core.rows import Ref


class What(Enum):
    """What changed. A change of state carries the health before and after it; HEALTH is one without a new state."""

    STATE = "state"
    HEALTH = "health"
    ADDRESS = "address"
    OTHER_ADDRESS = "public address"
    LOCK = "lock"
    OWNER = "owner"
    APPEARED = "appeared"
    GONE = "gone"
    OPERATION = "operation"


class Facts(NamedTuple):
    """What is remembered of one machine, as text; empty where the list says nothing."""

    id: str
    name: str
    state: str
    health: str
    address: str = ""
    other_address: str = ""
    lock: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ListReading:
    """One reading of a list, as far as it differs from what the same process read before.

    `at` is when it was taken, `every` the seconds between readings. `rows` are new or changed, `gone` the ids that are
    not listed any more. With `all_of_it` the rows are all there are: whatever else is remembered of that list is gone.
    """

    profile: str
    view: str
    at: float
    every: float
    rows: Collection[Facts] = ()
    gone: Collection[str] = ()
    all_of_it: bool = False


@dataclass(frozen=True, slots=True)
class ObservedChange:
    """One observed change of one machine, or what became of an operation (then `before` is the verb, `after` its end).

    `at` is when it was seen, in epoch seconds. `not_before` is set if nobody had watched for a while: it happened
    between the two. `key` is that of an operation in the journal.
    """

    at: float
    ref: Ref
    name: str
    what: What
    before: str
    after: str
    health: Health
    health_before: Health
    not_before: float | None = None
    key: str = ""

    @property
    def text(self) -> str:
        """The change in words, without whose it is: `RUNNING → ERROR (bad)`, `lock no → yes`, `new → RUNNING (ok)`."""
        before, after = self.before or "none", self.after or "none"
        if self.what is What.APPEARED:
            return f"new → {after} ({self.health.word})"
        if self.what is What.GONE:
            return f"{before} → gone"
        if self.what is What.STATE:
            return f"{before} → {after} ({self.health.word})"
        if self.what is What.OPERATION:
            return f"{before}: {after}"
        return f"{self.what.value} {before} → {after}"


@dataclass(frozen=True, slots=True)
class WatchedSpan:
    """A list was watched from `begun` to `ended` (epoch seconds)."""

    profile: str
    view: str
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class MachinePast:
    """What is remembered of one machine as it is now: since when, and when it was last well; None if unknown."""

    state_since: float | None = None
    health_since: float | None = None
    last_well: float | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of one machine: its state and health as last seen, since when, and its last change.

    `seen_at` is since when nothing about it has changed, as far as anybody watched.
    """

    state: str
    health: str
    seen_at: float
    past: MachinePast
    changed: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of history is asked for: epoch seconds, one profile or row if named, the newest `most` changes."""

    since: float
    until: float = float("inf")
    profile: str = ""
    ref: Ref | None = None
    most: int = 5_000


def health_of(word: str) -> Health:
    """The health with that word; unknown for any other."""
    return _HEALTHS.get(word, Health.UNKNOWN)


_HEALTHS = {health.word: health for health in Health}
