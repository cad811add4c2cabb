"""An HTTP request as a value, and the outcome of one that changes something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import quote

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.text import Json

_ID = re.compile(r"[A-Za-z0-9._:@=+~-]{1,200}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request: `path` is already quoted and starts with `/`; `service` selects another host of the same cloud.

    `query` is encoded once, in this order. `secrets` names the fields of the body that no journal or screen may show.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    service: str = ""
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx reply: `body` is cleaned JSON, None if it was empty."""

    status: int
    body: Json
    request_id: str = ""


class SendStatus(Enum):
    """What is known of a change after it was sent once."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a change's one request. UNKNOWN means it may have happened: check, never send again."""

    send_status: SendStatus
    status: int | None = None
    request_id: str = ""
    problem: Problem | None = None
    body: Json = None


def path(*segments: str) -> str:
    """Join path segments, each quoted; refuse ids that could lead to anything but one segment.

    Raises Failed (Cause.INPUT) for an empty or too long id, `.`, `..`, or characters outside `A-Za-z0-9._:@=+~-`:
    quoting alone does not stop `..` from naming another resource.
    """
    for segment in segments:
        if not _ID.fullmatch(segment) or segment in (".", ".."):
            raise Failed(Problem(Cause.INPUT, f"the id {segment!r} cannot be part of an address"))
    return "/" + "/".join(quote(segment, safe="") for segment in segments)
