"""filterBy, search, sortBy and offset for all lists of the Run:ai API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.datastructures import QueryParams as Query

from gputui.sim.runai.models import Refused

Body = dict[str, object]
TERM = re.compile(r"(\w+)(==|!=|<=|>=|=@|!@|=\^|=\$)(.*)", re.DOTALL)


def matching(rows: Sequence[Body], query: Query, fields: Mapping[str, str]) -> list[Body]:
    """Return the rows that match every term of `filterBy`. `fields`: name in the query → dotted path in a body."""
    terms = [_term(text, fields) for text in query.get("filterBy", "").split(",") if text]
    return [row for row in rows if all(_meets(_at(row, path), op, wanted) for path, op, wanted in terms)]


def searching(rows: Sequence[Body], query: Query, paths: Sequence[str]) -> list[Body]:
    """Return the rows in which one of these texts contains `search`."""
    wanted = query.get("search", "").lower()
    return [row for row in rows if any(wanted in str(_at(row, path)).lower() for path in paths)]


def ordered(rows: Sequence[Body], query: Query, fields: Mapping[str, str], default_order: str = "asc") -> list[Body]:
    """Sort the rows by `sortBy` and `sortOrder`, if given; rows without a value come last."""
    by, order = query.get("sortBy", ""), query.get("sortOrder", default_order)
    if order not in ("asc", "desc"):
        raise Refused(400, "Bad request - sortOrder is asc or desc")
    if not by:
        return list(rows)
    path = _path(by, fields)
    known = [row for row in rows if _at(row, path) is not None]
    known.sort(key=lambda row: _sort_key(_at(row, path)), reverse=order == "desc")
    return known + [row for row in rows if _at(row, path) is None]


def paged(rows: Sequence[Body], query: Query, name: str) -> Body:
    """Return one page under that name, with `next` while there are more."""
    offset = number(query, "offset", 0, least=0)
    limit = number(query, "limit", 50, least=1, most=500)
    page: Body = {name: list(rows[offset : offset + limit])}
    return {"next": offset + limit, **page} if offset + limit < len(rows) else page


def number(query: Query, name: str, default: int, *, least: int, most: int = 2**31) -> int:
    """Return an integer of the query within bounds. Raises Refused with 400."""
    given = query.get(name, str(default))
    if not re.fullmatch(r"-?\d{1,12}", given) or not least <= int(given) <= most:
        raise Refused(400, f"Bad request - {name} should be a number from {least} to {most}")
    return int(given)


def flag(query: Query, name: str) -> bool | None:
    """Return a boolean of the query, None if it is missing. Raises Refused with 400."""
    given = query.get(name, "").lower()
    if given not in ("", "true", "false"):
        raise Refused(400, f"Bad request - {name} should be true or false")
    return {"": None, "true": True, "false": False}[given]


def moment(text: str) -> float | None:
    """Parse ISO 8601 to epoch seconds, None if invalid; without a zone it is UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _term(text: str, fields: Mapping[str, str]) -> tuple[str, str, str]:
    found = TERM.fullmatch(text)
    if found is None:
        raise Refused(400, f"Bad request - filterBy has no operator in {text!r}")
    return _path(found[1], fields), found[2], found[3]


def _path(name: str, fields: Mapping[str, str]) -> str:
    if name not in fields:
        raise Refused(400, f"Bad request - no such field: {name!r}")
    return fields[name]


def _at(row: object, path: str) -> object:
    for key in path.split("."):
        if not isinstance(row, Mapping):
            return None
        row = row.get(key)
    return row


def _meets(value: object, op: str, wanted: str) -> bool:
    if op[0] == "!":
        return not _meets(value, "=" + op[1:], wanted)
    if isinstance(value, list):
        return any(_meets(one, op, wanted) for one in value)
    text, lowered = ("" if value is None else str(value)).lower(), wanted.lower()
    match op:
        case "=@":
            return lowered in text
        case "=^":
            return text.startswith(lowered)
        case "=$":
            return text.endswith(lowered)
        case "==":
            return text == lowered or (_comparable(text) == _comparable(lowered) is not None)
    here, there = _comparable(text), _comparable(lowered)
    if here is None or there is None:
        return value is not None and (text <= lowered if op == "<=" else text >= lowered)
    return here <= there if op == "<=" else here >= there


def _comparable(text: str) -> float | None:
    """Return the value of a text that is a number or a moment."""
    try:
        return float(text)
    except ValueError:
        return moment(text)


def _sort_key(value: object) -> tuple[float, str]:
    if isinstance(value, int | float):
        return value, ""
    return 0.0, str(value).lower()
