"""A row as a script gets it: the same eight keys first, then the columns of its view with typed values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from gputui.core.cells import Value
from gputui.core.fitting import shown_json
from gputui.core.provider import SshTarget
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.core.secret import masked
from gputui.core.text import Json

SSH_FIELDS = ("ssh_host", "ssh_port", "ssh_user")
"""Of every view with machines to log in to: where the API says that they are reached."""
STANDARD = ("profile", "provider", "view", "id", "name", "state", "health", "observed_at")
Record: TypeAlias = "dict[str, Json]"


@dataclass(frozen=True, slots=True)
class Found:
    """A row for `get`: with its profile and view, and when it was read (epoch seconds)."""

    provider: str
    view: AnyView
    row: Row
    observed_at: float


def record(found: Found, *, raw: bool = False) -> Record:
    """Return the row as JSON values. State and health are null if the view has none.

    The columns of an unreadable entry are null, and `unreadable` says why.
    """
    view, row = found.view, found.row
    made: Record = {
        "profile": row.ref.profile,
        "provider": found.provider,
        "view": row.ref.view,
        "id": row.ref.id,
        "name": row.name,
        "state": row.state if view.state is not None else None,
        "health": row.health.word if view.health is not None else None,
        "observed_at": rfc3339(datetime.fromtimestamp(found.observed_at, UTC)),
    }
    own = row.cells[len(row.cells) - len(view.columns) :]
    for column, cell in zip(view.columns, own, strict=True):
        # An ID column would repeat `id`, which is kept.
        made.setdefault(column.id, typed(cell.value) if row.item is not None else None)
    for name, value in _more(view, row.item).items():
        made.setdefault(name, value)
    if row.item is None:
        made["unreadable"] = row.cells[-1].text
    if raw:
        made["raw"] = masked(shown_json(row.raw), view.secrets)
    return made


def _more(view: AnyView, item: object) -> Record:
    """Return the fields besides the columns, all null for an unreadable entry."""
    made: Record = {field.name: None if item is None else typed(field.value(item)) for field in view.fields}
    if view.ssh is not None:
        target = view.ssh(item) if item is not None else ""
        found = target if isinstance(target, SshTarget) else None
        told = (found.host, found.port, found.user or found.usual_user or None) if found else (None, None, None)
        made.update(zip(SSH_FIELDS, told, strict=True))
    return made


def typed(value: Value | Json) -> Json:
    """Return a value as JSON: moments in RFC 3339, and null for numbers that JSON does not have."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def rfc3339(moment: datetime) -> str:
    """Format the moment with its offset, UTC as `Z`; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.isoformat(timespec="seconds" if not aware.microsecond else "milliseconds").replace("+00:00", "Z")


def column_ids(views: Sequence[AnyView]) -> tuple[str, ...]:
    """Return the record keys of these views: the standard ones, then each column and each other field once."""
    own: dict[str, Any] = dict.fromkeys(column.id for view in views for column in view.columns)
    own |= dict.fromkeys(name for view in views for name in field_names(view))
    return STANDARD + tuple(name for name in own if name not in STANDARD)


def field_names(view: AnyView) -> tuple[str, ...]:
    """Return the names of the fields besides the columns."""
    return (*(field.name for field in view.fields), *(SSH_FIELDS if view.ssh is not None else ()))
