"""The gateway's errors, whose format NSML uses too."""

from __future__ import annotations


class Turned(Exception):
    """A refused request; the error code is a number sent as text."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(status, code, message, details)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, object]:
        """Return the response body."""
        error = {"errorCode": self.code, "message": self.message}
        return {"error": {**error, "details": self.details} if self.details else error}


def not_found() -> Turned:
    """Return the error for an unknown project, run or route."""
    return Turned(404, "300", "Not Found Exception")
