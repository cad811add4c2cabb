"""What requests carry, checked as the service checks it: every missing or wrong field is one line of the error."""

from __future__ import annotations

import json

from starlette.requests import Request

from gputui.sim.scp.errors import Refused


async def body_of(request: Request) -> dict[str, object]:
    """The JSON object a request carries, on DELETE too."""
    try:
        body = json.loads(await request.body() or b"null")
    except ValueError:
        raise Refused(400, "ValidationError", "JSON decode error") from None
    if not isinstance(body, dict):
        raise Refused(
            400, "ValidationError", "Field required" if body is None else "Input should be a valid dictionary"
        )
    return body


def texts(body: dict[str, object], name: str) -> list[str]:
    """A required list of ids."""
    if name not in body:
        raise Refused(400, "ValidationError", "Field required")
    value = body[name]
    if not isinstance(value, list):
        raise Refused(400, "ValidationError", "Input should be a valid list")
    if not all(isinstance(item, str) for item in value):
        raise Refused(400, "ValidationError", "Input should be a valid string")
    if not value:
        raise Refused(400, "ValidationError", "List should have at least 1 item after validation, not 0")
    return [str(item) for item in value]


def text(body: dict[str, object], name: str) -> str:
    """A required text."""
    if name not in body:
        raise Refused(400, "ValidationError", "Field required")
    value = body[name]
    if not isinstance(value, str):
        raise Refused(400, "ValidationError", "Input should be a valid string")
    return value
