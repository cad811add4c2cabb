"""Follows rows that a cloud shows as changing with narrow readings: a few one by one, many by state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gputui.core.health import Health
from gputui.core.problem import Cause, Failed
from gputui.core.reading import AnyView, rows
from gputui.core.rows import Item, Listing, Ref, Row
from gputui.engine.row_diff import differing

CHANGING_EVERY = 1.5
"""Seconds between two narrow readings of a row that began to change a moment ago."""
MANY_EVERY = 3.0
"""The same for many rows, for each state, as each state takes a request."""
FRESH_SECONDS = 60.0
"""After this long in the same state, a changing row is read only as often as its list."""
MOST_ALONE = 3
"""At most this many rows of a list are read one by one. If there are more, they are read by state, or with the list.

A request costs about as much as a list of which little has changed: two a second are worth one that comes every five.
"""
ALONE_AT_ONCE = 2
"""At most this many of them at once, so that a panel with slow replies has connections left for its lists."""
FEW_ALONE = 2
"""At most this many rows are read one by one if the API must be called slowly."""
MOST_STATES = 6
MOST_FOLLOWED = 250
"""If more rows are changing, reading them costs about as much as reading the list, so the list alone is read."""
_MOST_DOUBTED = 500
_log = logging.getLogger(__name__)


class ChangingRows:
    """The rows of one list that are changing, and since when each is in its state. Updated with what differs."""

    def __init__(self) -> None:
        self._rows: Mapping[Ref, Row] = {}
        self._since: dict[Ref, tuple[str, float]] = {}
        self._doubted: dict[Ref, None] = {}

    def update(self, rows: Mapping[Ref, Row], now: float) -> None:
        """Take over the newest rows."""
        for ref in differing(self._rows, rows):
            row = rows.get(ref)
            if row is None or row.health is not Health.CHANGING or row.item is None:
                self._since.pop(ref, None)
            elif self._since.get(ref, ("", 0.0))[0] != row.state:
                self._since[ref] = (row.state, now)
        self._rows = rows

    def fresh(self, now: float) -> list[Row]:
        """The rows to follow closely at `now`."""
        if len(self._since) > MOST_FOLLOWED:
            return []
        refs = (ref for ref, (_, since) in self._since.items() if now - since < FRESH_SECONDS)
        return [self._rows[ref] for ref in refs if ref not in self._doubted]

    def doubt(self, refs: Iterable[Ref]) -> None:
        """These were not found when read alone: if their list still shows them, the list is believed from then on."""
        self._doubted.update(dict.fromkeys(refs))
        for ref in list(self._doubted)[:-_MOST_DOUBTED]:
            del self._doubted[ref]


@dataclass(slots=True)
class NarrowReading:
    """What narrow readings have found, and what is gone according to them. `failed` means that a read failed."""

    found: dict[Ref, Row] = field(default_factory=dict)
    gone: list[Ref] = field(default_factory=list)
    failed: bool = False

    def take(self, view: AnyView, profile: str, listing: Listing[object]) -> None:
        """Add the result of a reading."""
        self.found.update(rows(view, profile, listing)[0])


def can_be_followed(view: AnyView) -> bool:
    """Whether the API has any narrow reading for a view."""
    return view.read_one is not None or view.read_states is not None


def most_alone(view: AnyView) -> int:
    """How many rows of a view are read one by one at a time."""
    if view.read_one is None:
        return 0
    return MOST_ALONE if view.every is None else FEW_ALONE


def can_follow(view: AnyView, changing: Sequence[Row]) -> bool:
    """Whether the API has a narrow reading for this many rows."""
    if not changing or len(changing) <= most_alone(view):
        return bool(changing)
    return view.read_states is not None and len({row.state for row in changing}) <= MOST_STATES


def narrow_pace(view: AnyView, changing: Sequence[Row]) -> float:
    """Seconds between two narrow readings of these rows."""
    few = len(changing) <= most_alone(view)
    return max(CHANGING_EVERY if few else MANY_EVERY, view.every or 0.0)


async def read_changing(view: AnyView, client: object, profile: str, changing: Sequence[Row]) -> NarrowReading:
    """Read these rows: one by one, or by state if there are many; rows that left their state, one by one."""
    reading, left = NarrowReading(), changing
    if view.read_states is not None and len(changing) > most_alone(view):
        try:
            listing = await view.read_states(client, sorted({row.state for row in changing}))
            reading.take(view, profile, listing)
            left = () if listing.missing else [row for row in changing if row.ref not in reading.found]
        except Failed:
            return NarrowReading(failed=True)
        except Exception:  # noqa: BLE001 - a bug in a provider affects this reading only; logged
            _log.exception("reading %s of %s by state", view.name, profile)
            return NarrowReading(failed=True)
    rows_left = iter(left[: most_alone(view)])

    async def one_after_another() -> None:
        for row in rows_left:
            await read_alone(reading, view, client, row)

    await asyncio.gather(*(one_after_another() for _ in range(ALONE_AT_ONCE)))
    return reading


async def read_alone(reading: NarrowReading, view: AnyView, client: object, row: Row) -> None:
    """Read one row, if the API can."""
    if view.read_one is None:
        return
    try:
        item: Item[object] = await view.read_one(client, row.item)
        reading.take(view, row.ref.profile, Listing((item,)))
    except Failed as failed:
        if failed.problem.cause is Cause.MISSING:
            reading.gone.append(row.ref)
        else:
            reading.failed = True
    except Exception:  # noqa: BLE001 - a bug in a provider affects this reading only; logged
        _log.exception("reading %s", row.ref)
        reading.failed = True
