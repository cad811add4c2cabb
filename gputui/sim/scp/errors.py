"""The three error formats of Samsung Cloud Platform: the service's, the gateway's, the framework's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from random import Random

Body = dict[str, object]


class Refused(Exception):
    """The service refuses a request."""

    def __init__(self, status: int, code: str, *details: str) -> None:
        super().__init__(status, code, details)
        self.status = status
        self.code = code
        self.details = details


def not_found() -> Refused:
    """Return the error for an unknown id."""
    return Refused(404, "NotFound", "The requested resource could not be found.")


def request_id(random: Random) -> str:
    """Return the id of a request in the provider's logs."""
    return f"req-{uuid.UUID(int=random.getrandbits(128), version=4)}"


def envelope(refused: Refused, random: Random) -> Body:
    """Return the service's body; `detail` is a list for validation errors, otherwise a string."""
    listed = refused.code == "ValidationError"
    error = {
        "code": refused.code,
        "detail": list(refused.details) if listed else " ".join(refused.details),
        "global_request_id": request_id(random),
        "links": [],
        "related_resources": [],
        "request_id": request_id(random),
        "response": None,
        "status": refused.status,
        "title": refused.code,
    }
    return {"errors": [error]}


def hidden(path: str, now: float, random: Random) -> Body:
    """Return the framework's 404: for unknown routes, and for requests without credentials."""
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    name = str(uuid.UUID(int=random.getrandbits(128), version=4))
    return {"timestamp": moment, "path": path, "status": 404, "error": "Not Found", "requestId": name}


def unauthorized(message: str) -> Body:
    """Return the gateway's 401."""
    return {"status": "UNAUTHORIZED", "name": "HmacValidFail", "message": message}
