"""Filters, order and pages for the lists of Samsung Cloud Platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gputui.sim.scp.errors import Refused
from gputui.sim.scp.models import Wire

PAGING = ("size", "page", "sort")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `count` is the number of all matching rows."""

    rows: Sequence[Wire]
    count: int
    number: int
    size: int


def page_of(rows: Sequence[Wire], query: Mapping[str, str], filters: Mapping[str, str]) -> Page:
    """Return the requested page; `filters` maps a query parameter to the field it must equal. Pages count from 0."""
    size, number = _integer(query, "size", 20, least=1), _integer(query, "page", 0, least=0)
    wanted = [(field, query[name]) for name, field in filters.items() if query.get(name)]
    kept = [row for row in rows if all(row.get(field) == value for field, value in wanted)] if wanted else rows
    ordered = _sorted(kept, query.get("sort", ""), rows)
    return Page(ordered[number * size : (number + 1) * size], len(kept), number, size)


def _integer(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise Refused(400, "ValidationError", "Input should be a valid integer, unable to parse string as an integer")
    if int(text) < least:
        raise Refused(400, "ValidationError", f"Input should be greater than or equal to {least}")
    return int(text)


def _sorted(rows: Sequence[Wire], sort: str, all_rows: Sequence[Wire]) -> Sequence[Wire]:
    if not sort:
        return rows
    field, _, direction = sort.partition(":")
    if direction not in ("asc", "desc") or (all_rows and field not in all_rows[0]):
        raise Refused(400, "ValidationError", f"Invalid sort: {sort}")
    return sorted(rows, key=lambda row: str(row[field] or ""), reverse=direction == "desc")
