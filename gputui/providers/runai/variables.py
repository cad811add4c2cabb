"""Environment variables as they are typed: with a value, or with the credential that holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gputui.core.text import Json

_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")
_CREDENTIAL = re.compile(r"[^/\s]+/[^/\s]+")


def _lines(complain: Callable[[str, str], str | None]) -> Callable[[str], str | None]:
    """A check of `name=value` lines, each by `complain`."""

    def check(text: str) -> str | None:
        pairs = (line.partition("=") for line in text.splitlines() if line.strip())
        told = (complain(name.strip(), value.strip()) for name, _, value in pairs)
        return next(filter(None, told), None)

    return check


def _bad_name(name: str, value: str) -> str | None:
    return None if _NAME.fullmatch(name) else f"{name!r} is no name of a variable"


def _bad_credential(name: str, value: str) -> str | None:
    return _bad_name(name, value) or (None if _CREDENTIAL.fullmatch(value) else f"{name}: say credential/key")


plain = _lines(_bad_name)
credentials = _lines(_bad_credential)


def body(values: Iterable[tuple[str, str]], secrets: Iterable[tuple[str, str]]) -> list[Json]:
    """Both kinds in the API's form."""
    given: list[Json] = [{"name": name, "value": value} for name, value in values]
    for name, credential in secrets:
        holder, _, key = credential.partition("/")
        given.append({"name": name, "secret": {"name": holder, "key": key}})
    return given


def repeated(names: Iterable[str]) -> str | None:
    """The error for a name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return f"{name} is given twice"
        seen.add(name)
    return None
