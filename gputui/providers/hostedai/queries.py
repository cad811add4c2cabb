"""Queries on hosted·ai's pools and nodes: metrics, logs, storage, the keys by which the panel logs in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from gputui.core.actions import Answer, Inputs, KnownVerb, LogEntry, Query
from gputui.core.gaps import gaps_in_words
from gputui.core.metrics import RANGE, Measurements, Range, Series
from gputui.core.request import Request, path
from gputui.core.text import Json, as_object
from gputui.providers.hostedai.client import HostedAI
from gputui.providers.hostedai.wire import GpuPool, HostedNode
from gputui.providers.pages import More, Page, all_pages, whole
from gputui.providers.secrecy import FIELDS
from gputui.providers.wire import as_list_or_null, read_moment

LINES_OF_PAGE = 200
MOST_PAGES = 10
_LISTS = ("data", "items", "metrics")
_TIMES = ("timestamp", "time", "date", "created_at")
_LEVELS = ("level", "severity", "type")
_WORDS = ("message", "msg", "log", "text")
_UNITS = {"gpu_utilization": "%", "vram_used_mb": "MB", "tflops": "TFLOPS"}
_CEILINGS = {"gpu_utilization": 100.0}
_MILLISECONDS = 1e11
GROUPINGS = (
    Range("hourly", "hourly", 60.0),
    Range("daily", "daily", 600.0),
    Range("weekly", "weekly", 600.0),
    Range("monthly", "monthly", 600.0),
)
"""The values of `time_grouping`; the document names none, these are the intervals of the panel's billing."""


async def _pool_metrics(client: HostedAI, pool: GpuPool, inputs: Inputs) -> Answer:
    where = path("gpuaas", "pool", str(pool.id), "metrics")
    query = {"time_grouping": str(inputs.get(RANGE, GROUPINGS[0].value))}
    return _over_time((await client.read(Request("GET", where, query))).body)


def _over_time(reply: Json) -> Answer:
    """Metrics over time if the reply has any; its shape is not documented, so anything else is shown as it is."""
    series = tuple(_series(reply))
    return Measurements(series) if series else reply


def _series(reply: Json) -> Iterator[Series]:
    points: dict[str, list[tuple[float, float | None]]] = {}
    for row in _rows(reply):
        at = _moment(row)
        for name, value in row.items():
            if at is not None and name not in _TIMES and isinstance(value, int | float) and not isinstance(value, bool):
                points.setdefault(name, []).append((at, float(value)))
    for name, values in points.items():
        label = name.removesuffix("_mb").replace("_", " ")
        in_order = tuple(sorted(values, key=lambda point: point[0]))
        yield Series(label, _UNITS.get(name, ""), in_order, _CEILINGS.get(name))


def _rows(reply: Json) -> list[Mapping[str, Json]]:
    found = as_object(reply)
    lists = (value for value in (reply, *(found.get(key) for key in _LISTS)) if isinstance(value, list))
    return [as_object(row) for row in next(lists, [])]


def _moment(row: Mapping[str, Json]) -> float | None:
    """The time in epoch seconds, from a text, seconds or milliseconds."""
    gaps_in_words = next((row[key] for key in _TIMES if row.get(key) is not None), None)
    if isinstance(gaps_in_words, int | float) and not isinstance(gaps_in_words, bool):
        return gaps_in_words / 1000 if gaps_in_words > _MILLISECONDS else float(gaps_in_words)
    moment = read_moment(gaps_in_words)
    return None if moment is None else moment.timestamp()


async def _logs(client: HostedAI, node: HostedNode, _: Inputs) -> Answer:
    """The log of a node, oldest first, up to the limit of pages."""
    where = path("gpuaas", "node", node.id, "logs")
    first = 0

    async def page(number: int) -> Page[Json]:
        nonlocal first
        query = {"page": str(first + number), "per_page": str(LINES_OF_PAGE)}
        reply = (await client.read(Request("GET", where, query))).body
        paging = as_object(reply)
        entries = as_list_or_null(reply, "items", "data", "logs")
        if number == 0:  # not documented whether the first page is 0 or 1: the reply may say which it was
            first = whole(paging.get("page")) or 0
        pages = whole(paging.get("total_pages"))
        if number + 1 >= MOST_PAGES or (pages is not None and number + 1 >= pages):
            return entries, More.NO
        return entries, More.PERHAPS if entries else More.NO

    lines, missing = await all_pages(page)
    notice = f"only {len(lines)} lines are read" if len(lines) >= MOST_PAGES * LINES_OF_PAGE else gaps_in_words(missing)
    entries = _oldest_first([_entry(line) for line in lines])
    return (LogEntry(None, "notice", notice), *entries) if notice else tuple(entries)


def _oldest_first(entries: list[LogEntry]) -> list[LogEntry]:
    """Sorted by time; lines of the same second stay in the order of the log."""
    times = [entry.at for entry in entries if entry.at is not None]
    if not times or len(times) < len(entries):
        return entries
    if times[0] > times[-1]:
        entries = entries[::-1]
    return sorted(entries, key=lambda entry: entry.at or 0.0)


def _entry(line: Json) -> LogEntry:
    if isinstance(line, str):
        return LogEntry(None, "", line)
    row = as_object(line)
    level = next((str(row[key]) for key in _LEVELS if row.get(key)), "")
    words = next((str(row[key]) for key in _WORDS if row.get(key)), None)
    return LogEntry(_moment(row), level, json.dumps(line, ensure_ascii=False) if words is None else words)


async def _storage(client: HostedAI, node: HostedNode, _: Inputs) -> Answer:
    return _over_time((await client.read(Request("GET", path("gpuaas", "node", node.id, "storage_metrics")))).body)


async def _ssh_keys(client: HostedAI, node: HostedNode, _: Inputs) -> Answer:
    """The public keys, one for each line of `authorized_keys`: from a bare list, or one in an object."""
    reply = (await client.read(Request("GET", path("gpuaas", "node", node.id, "ssh_keys")))).body
    return {"public_keys": reply} if isinstance(reply, list) else reply


POOL_QUERIES: tuple[Query[GpuPool], ...] = (
    Query(KnownVerb.METRICS, "Metrics", _pool_metrics, key="m", ranges=GROUPINGS, many=True, secrets=FIELDS),
)
NODE_QUERIES: tuple[Query[HostedNode], ...] = (
    Query("logs", "Logs", _logs, key="l", every=10.0, secrets=FIELDS, evidence=True),
    Query("storage_metrics", "Storage", _storage, every=60.0, secrets=FIELDS),
    Query("ssh_keys", "SSH keys of the panel", _ssh_keys, secrets=FIELDS),
)
