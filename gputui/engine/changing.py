"""Rows that a cloud shows as changing, followed by narrow readings: a few one by one, many by their states."""

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
"""Seconds between two narrow readings of what has begun to change a moment ago."""
MANY_EVERY = 3.0
"""The same of many rows, for each state of which there is a request."""
FRESH_SECONDS = 60.0
"""After so long in the same state, what changes is read as often as its list is."""
MOST_ALONE = 8
"""So many rows of a list are read one by one at a time. Where there are more, they are read by their states."""
ALONE_AT_ONCE = 2
"""So many of them at the same time: a panel whose readings take long has places left for its lists."""
FEW_ALONE = 2
"""The same where the API wants to be asked slowly."""
MOST_STATES = 6
MOST_FOLLOWED = 250
"""Where more rows than that are changing, reading those is hardly less than reading the list: that tells of them."""
_MOST_DOUBTED = 500
_log = logging.getLogger(__name__)


class ChangingRows:
    """The rows of one list that are changing, and since when each is in its state. Kept by what differs."""

    def __init__(self) -> None:
        self._rows: Mapping[Ref, Row] = {}
        self._since: dict[Ref, tuple[str, float]] = {}
        self._doubted: dict[Ref, None] = {}

    def update(self, rows: Mapping[Ref, Row], now: float) -> None:
        """Take the newest rows over."""
        for ref in differing(self._rows, rows):
            row = rows.get(ref)
            if row is None or row.health is not Health.CHANGING or row.item is None:
                self._since.pop(ref, None)
            elif self._since.get(ref, ("", 0.0))[0] != row.state:
                self._since[ref] = (row.state, now)
        self._rows = rows

    def fresh(self, now: float) -> list[Row]:
        """Those to be followed closely at `now`."""
        if len(self._since) > MOST_FOLLOWED:
            return []
        refs = (ref for ref, (_, since) in self._since.items() if now - since < FRESH_SECONDS)
        return [self._rows[ref] for ref in refs if ref not in self._doubted]

    def doubt(self, refs: Iterable[Ref]) -> None:
        """These were not found alone: should their list show them all the same, it is believed from then on."""
        self._doubted.update(dict.fromkeys(refs))
        for ref in list(self._doubted)[:-_MOST_DOUBTED]:
            del self._doubted[ref]


@dataclass(slots=True)
class NarrowReading:
    """What narrow readings have found, and what they say is gone. `failed` tells that something could not be read."""

    found: dict[Ref, Row] = field(default_factory=dict)
    gone: list[Ref] = field(default_factory=list)
    failed: bool = False

    def take(self, view: AnyView, profile: str, listing: Listing[object]) -> None:
        """Take over what was read."""
        self.found.update(rows(view, profile, listing)[0])


def can_be_followed(view: AnyView) -> bool:
    """Whether the API has any narrow reading of a view."""
    return view.read_one is not None or view.read_states is not None


def most_alone(view: AnyView) -> int:
    """How many rows of a view are read one by one at a time."""
    if view.read_one is None:
        return 0
    return MOST_ALONE if view.every is None else FEW_ALONE


def can_follow(view: AnyView, changing: Sequence[Row]) -> bool:
    """Whether the API has a narrow reading for so many rows."""
    if not changing or len(changing) <= most_alone(view):
        return bool(changing)
    return view.read_states is not None and len({row.state for row in changing}) <= MOST_STATES


def narrow_pace(view: AnyView, changing: Sequence[Row]) -> float:
    """Seconds between two narrow readings of these rows."""
    few = len(changing) <= most_alone(view)
    return max(CHANGING_EVERY if few else MANY_EVERY, view.every or 0.0)


async def read_changing(view: AnyView, client: object, profile: str, changing: Sequence[Row]) -> NarrowReading:
    """Read these rows: one by one, or by their states where there are many; what has left its state, one by one."""
    reading, left = NarrowReading(), changing
    if view.read_states is not None and len(changing) > most_alone(view):
        try:
            listing = await view.read_states(client, sorted({row.state for row in changing}))
            reading.take(view, profile, listing)
            left = () if listing.missing else [row for row in changing if row.ref not in reading.found]
        except Failed:
            return NarrowReading(failed=True)
        except Exception:  # noqa: BLE001 - a bug of a provider costs this reading only, and is logged whole
            _log.exception("reading %s of %s by state", view.name, profile)
            return NarrowReading(failed=True)
    rows_left = iter(left[: most_alone(view)])

    async def one_after_another() -> None:
        for row in rows_left:
            await read_alone(reading, view, client, row)

    await asyncio.gather(*(one_after_another() for _ in range(ALONE_AT_ONCE)))
    return reading


async def read_alone(reading: NarrowReading, view: AnyView, client: object, row: Row) -> None:
    """Read one row, if its API can."""
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
    except Exception:  # noqa: BLE001 - a bug of a provider costs this reading only, and is logged whole
        _log.exception("reading %s", row.ref)
        reading.failed = True
