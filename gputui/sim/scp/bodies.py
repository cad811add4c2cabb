"""Request bodies, checked like the service does: every missing or invalid field is one line of the error."""

from __future__ import annotations

import json
import re

from starlette.requests import Request

from gputui.sim.scp.errors import Refused

ABSENT = object()


class Fields:
    """A JSON object being parsed; errors of it and its parts are collected until `settle()` raises them."""

    def __init__(self, given: dict[str, object], problems: list[str] | None = None) -> None:
        self._given = given
        self._problems = [] if problems is None else problems

    def settle(self) -> None:
        """Raise Refused if there were errors. The real service does not name the field."""
        if self._problems:
            raise Refused(400, "ValidationError", *self._problems)

    def complain(self, problem: str) -> None:
        """Add a line to the error."""
        self._problems.append(problem)

    def text(self, name: str, pattern: re.Pattern[str] | None = None, rule: str = "") -> str:
        """Read a required text; `rule` is the line of the error if it does not match `pattern`."""
        value = self._text(self._required(name))
        if value is not None and pattern is not None and not pattern.fullmatch(value):
            self.complain(rule or f"String should match pattern '^{pattern.pattern}$'")
        return value or ""

    def text_or_null(self, name: str, *, required: bool = False) -> str | None:
        """Read a text that may be null, and missing unless it is required."""
        value = self._required(name) if required else self._given.get(name, ABSENT)
        return None if value is None else self._text(value)

    def flag(self, name: str, *, required: bool = False) -> bool:
        """Read a boolean; false if it is optional and missing."""
        value = self._required(name) if required else self._given.get(name, ABSENT)
        if value is not ABSENT and not isinstance(value, bool):
            self.complain("Input should be a valid boolean")
        return value is True

    def texts(self, name: str) -> list[str]:
        """Read a required, non-empty list of ids."""
        items = self._list(name)
        if not all(isinstance(item, str) for item in items or ()):
            self.complain("Input should be a valid string")
        if items is not None and not items:
            self.complain("List should have at least 1 item after validation, not 0")
        return [item for item in items or () if isinstance(item, str)]

    def part(self, name: str) -> Fields:
        """Read a required nested object."""
        return self._part(self._required(name))

    def parts(self, name: str) -> list[Fields]:
        """Read a required list of objects."""
        return [self._part(item) for item in self._list(name) or ()]

    def _required(self, name: str) -> object:
        if name not in self._given:
            self.complain("Field required")
        return self._given.get(name, ABSENT)

    def _text(self, value: object) -> str | None:
        if isinstance(value, str):
            return value
        if value is not ABSENT:
            self.complain("Input should be a valid string")
        return None

    def _list(self, name: str) -> list[object] | None:
        value = self._required(name)
        if isinstance(value, list):
            return value
        if value is not ABSENT:
            self.complain("Input should be a valid list")
        return None

    def _part(self, value: object) -> Fields:
        if isinstance(value, dict):
            return Fields(value, self._problems)
        if value is not ABSENT:
            self.complain("Input should be a valid dictionary")
        return Fields({}, [])  # a missing object reports no missing fields


async def body_of(request: Request) -> Fields:
    """Return the JSON object of a request, on DELETE too."""
    try:
        body = json.loads(await request.body() or b"null")
    except ValueError:
        raise Refused(400, "ValidationError", "JSON decode error") from None
    if not isinstance(body, dict):
        problem = "Field required" if body is None else "Input should be a valid dictionary"
        raise Refused(400, "ValidationError", problem)
    return Fields(body)
