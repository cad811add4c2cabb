"""What the API's logs and events tell about a row: read once, within a time limit, the gravest lines of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gputui.core.actions import LogEntry, Query
from gputui.core.exit_codes import with_exit_codes_in_words
from gputui.core.health import Health
from gputui.core.log_levels import gravity
from gputui.core.problem import Failed
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.core.text import shorten
from gputui.engine.cloud import Cloud
from gputui.engine.evidence import Evidence, Topic

TOLD_SECONDS = 5.0
MOST_GRAVE, MOST_OTHERS = 5, 2
_LONGEST = 400


def tellers(view: AnyView, row: Row) -> list[Query[Any]]:
    """The queries of a view whose lines are evidence about its rows, and that can be read of this one."""
    if row.item is None:
        return []
    return [query for query in view.queries if query.evidence and not query.blocked_reason(row.item)]


async def told(cloud: Cloud, view: AnyView, row: Row, *, seconds: float = TOLD_SECONDS) -> list[Evidence]:
    """The newest errors and warnings, or else the newest lines; a line with why there are none."""
    found = await asyncio.gather(*(_of(cloud, query, row, seconds) for query in tellers(view, row)))
    return [evidence for some in found for evidence in some]


async def _of(cloud: Cloud, query: Query[Any], row: Row, seconds: float) -> list[Evidence]:
    name = query.label.lower()
    try:
        async with asyncio.timeout(seconds):
            answer = await query.read(cloud.client, row.item, {})
    except TimeoutError:
        return [Evidence(Topic.TOLD, f"no {name} yet: no answer within {seconds:g} s", cloud.name, health=UNREAD)]
    except Failed as failed:
        return [Evidence(Topic.TOLD, f"{name} cannot be read: {failed.problem}", cloud.name, health=UNREAD)]
    entries = [one for one in answer if isinstance(one, LogEntry)] if isinstance(answer, tuple) else []
    if not entries:
        return [Evidence(Topic.TOLD, f"no {name}", cloud.name)]
    return [_evidence(entry, times, f"{cloud.name} {name}") for entry, times in telling(entries)]


UNREAD = Health.UNKNOWN


def telling(entries: Sequence[LogEntry]) -> list[tuple[LogEntry, int]]:
    """The newest errors and warnings of a log, or else its newest lines, newest first; and how often each stands there.

    `entries` are given oldest first.
    """
    grave = [entry for entry in entries if gravity(entry.level) is not None]
    most = MOST_GRAVE if grave else MOST_OTHERS
    return list(_newest(grave or entries))[:most]


def _newest(entries: Iterable[LogEntry]) -> Iterator[tuple[LogEntry, int]]:
    alike: dict[tuple[str, str], list[LogEntry]] = {}
    for entry in reversed(list(entries)):
        alike.setdefault((entry.level, entry.text), []).append(entry)
    for same in alike.values():
        yield same[0], len(same)


def _evidence(entry: LogEntry, times: int, source: str) -> Evidence:
    text = with_exit_codes_in_words(shorten(entry.text, _LONGEST))
    often = f" ({times} times)" if times > 1 else ""
    return Evidence(Topic.TOLD, text + often, source, entry.at, gravity(entry.level))
