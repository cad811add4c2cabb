"""Checks what a provider's functions return: values of the right type with every text cleaned, all else refused."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from gputui.core.actions import Choice, Complaint
from gputui.core.cells import TONES, Cell, Value
from gputui.core.gaps import Gap
from gputui.core.links import Link, Port
from gputui.core.problem import Cause, Problem
from gputui.core.provider import SshTarget
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.secret import Secret
from gputui.core.text import Json, clean, shorten

T = TypeVar("T")
Fit = Callable[[Any], Any]
LONGEST_TEXT = 4000
"""Characters shown of one text on a row or a verb: a table draws it again at every reading."""
LONGEST_ID = 200
_NUMBERS = frozenset({int, float, bool, type(None)})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


class Nonsense(TypeError):
    """A function returned something other than it is declared to return."""


def nonsense(value: object, wanted: str) -> Nonsense:
    """The error for it, without the value itself, which may be huge or hostile. A coroutine is closed unawaited."""
    if inspect.iscoroutine(value):
        value.close()
    return Nonsense(f"gave {type(value).__name__}, not {wanted}")


def a(kind: type[T], value: object) -> T:
    """The value if it is of that type; a bool is not a number."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise nonsense(value, kind.__name__)
    return value


def instance(kind: type[T]) -> Callable[[object], T]:
    """A check that accepts values of that type unchanged."""
    return lambda value: a(kind, value)


def whole_text(value: object) -> str:
    """A text of any length, cleaned; an enumeration of texts gives its text."""
    if type(value) is not str:
        value = str.__str__(a(str, value))
    return clean(value)


def text(value: object) -> str:
    """A short text, as a row, a verb or a line of a dialog shows it."""
    if type(value) is str and len(value) <= LONGEST_TEXT and value.isascii() and value.isprintable():
        return value
    return clean(shorten(str.__str__(a(str, value)), LONGEST_TEXT))


def lines(value: object) -> str:
    """A text that may contain line breaks."""
    return "\n".join(clean(line) for line in str.__str__(a(str, value)).split("\n"))


def as_it_is(value: object) -> str:
    """A text that is sent: never altered, as it might then mean something else; refused if it has hidden characters."""
    given = str.__str__(a(str, value))
    if clean(given) != given:
        raise Nonsense("gave a text with unseen characters where it would be sent")
    return given


def identity(value: object) -> str:
    """An id: unchanged, or made visible and short with a digest appended, so that two ids never become one."""
    given = str.__str__(a(str, value))
    shown = clean(shorten(given, LONGEST_ID))
    if shown == given:
        return given
    import hashlib  # seldom needed, and too slow for startup

    return f"{shown}~{hashlib.sha256(given.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def reason(value: object) -> str | None:
    """The reason why not, or None."""
    return None if value is None else text(value) or None


def flag(value: object) -> bool:
    """True or false; no other value, whatever its truth."""
    return a(bool, value)


def cell(value: object) -> Cell:
    """A cell; most are returned unchanged."""
    if type(value) is Cell:
        shown, behind = value.text, value.value
        fine = type(shown) is str and shown.isascii() and shown.isprintable() and len(shown) <= LONGEST_TEXT
        if fine and (shown is behind or _is_usual(behind)) and value.tone in TONES:
            return value
    given = a(Cell, value)
    if given.tone not in TONES:
        raise Nonsense("gave a cell with an unknown tone")
    return Cell(text(given.text), _behind(given.value), given.tone)


def _is_usual(behind: object) -> bool:
    """Whether a cell's value is of a common type that needs no further check."""
    if type(behind) is datetime:
        return behind.tzinfo is not None and _FIRST < behind < _LAST
    return type(behind) in _NUMBERS


def _behind(value: object) -> Value:
    """The value of a cell, by which it is sorted, and from which an age is computed when drawn."""
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        aware.astimezone(UTC)  # raises if it is not a valid moment
        return aware
    if value is None or isinstance(value, int | float):
        return value
    raise nonsense(value, "a value of a cell")


def figure(value: object) -> float | None:
    """A number, or None."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise nonsense(value, "a number")
    return value


def each(value: object, fit: Callable[[Any], T]) -> tuple[T, ...]:
    """A tuple or list with each entry checked; a text or a generator is refused."""
    if not isinstance(value, tuple | list):
        raise nonsense(value, "a tuple")
    return tuple(fit(entry) for entry in value)


def every(fit: Callable[[Any], T]) -> Callable[[object], tuple[T, ...]]:
    """A check of tuples, made from the check of their entries."""
    return lambda value: each(value, fit)


def names(value: object) -> frozenset[str]:
    """Names of fields."""
    if not isinstance(value, set | frozenset):
        raise nonsense(value, "a set of names")
    return frozenset(a(str, name) for name in value)


def json(value: object) -> Json:
    """A JSON value, with every text in it cleaned."""
    if isinstance(value, str):
        return whole_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {whole_text(key): json(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [json(entry) for entry in value]
    raise nonsense(value, "JSON")


def shown_json(value: object) -> Json:
    """A provider's own object in a form that can be shown or written: clean, and always JSON."""
    try:
        return json(value)
    except (Nonsense, RecursionError):
        return {Cause.BUG.value: "this is no JSON"}


def _sent(value: object) -> Json:
    """A JSON value that is sent: nothing in it is altered."""
    json(value)
    return value  # type: ignore[return-value]  # it has just been looked through


def listing(value: object) -> Listing[Any]:
    """The result of reading a list."""
    given = a(Listing, value)
    items = each(given.items, instance(Item))
    return Listing(items, each(given.unreadable, _unreadable), each(given.missing, _gap))


def _gap(value: object) -> Gap:
    given = a(Gap, value)
    for count in (given.listed, given.total):
        if count is not None:
            a(int, count)
    if given.problem is not None:
        a(Problem, given.problem)
    return Gap(text(given.part), given.problem, given.listed, given.total, bool(given.rows))


def _unreadable(value: object) -> Unreadable:
    given = a(Unreadable, value)
    return Unreadable(identity(given.id), text(given.reason), given.raw)


def request(value: object) -> Request:
    """A request: refused if its path has hidden characters, as it is shown before and sent unchanged."""
    given = a(Request, value)
    path = as_it_is(given.path)
    if given.method not in _METHODS or not path.startswith("/") or not path.isascii() or " " in path:
        raise Nonsense("gave a request with no valid method or path")
    for key, entry in a(Mapping, given.query).items():  # type: ignore[type-abstract]
        as_it_is(key), as_it_is(entry)
    as_it_is(given.service)
    _sent(given.body)
    return replace(given, secrets=names(given.secrets))


def outcome(value: object) -> Outcome:
    """The outcome of a change."""
    given = a(Outcome, value)
    status = None if given.status is None else a(int, given.status)
    problem_ = None if given.problem is None else problem(given.problem)
    return Outcome(a(SendStatus, given.send_status), status, text(given.request_id), problem_, json(given.body))


def problem(value: object) -> Problem:
    """A problem whose fields have the right types."""
    given = a(Problem, value)
    a(Cause, given.cause)
    if given.status is not None:
        a(int, given.status)
    wait = figure(given.retry_after)
    if wait is not None and not (math.isfinite(wait) and wait >= 0):
        raise nonsense(wait, "seconds to wait")
    return given


def ssh(value: object) -> SshTarget | str:
    """An SSH target, unchanged (it is parsed strictly, and refused, later), or the reason why there is none."""
    if not isinstance(value, SshTarget):
        return text(value)
    a(str, value.host), a(str, value.user)
    if value.port is not None:
        a(int, value.port)
    if value.password is not None:
        a(Secret, value.password)
    return value


def link(value: object) -> Link:
    """A link, unchanged: its address is checked when it is opened."""
    given = a(Link, value)
    url, shown = a(str, given.url), a(str, given.shown)
    return Link(text(given.name), url, url if shown == url else text(shown))


def port(value: object) -> Port:
    """A port of the machine."""
    given = a(Port, value)
    if not 0 < a(int, given.number) < 1 << 16:
        raise Nonsense("gave a port out of range")
    return Port(text(given.name), given.number)


def choice(value: object) -> Choice:
    """One value to choose, with its label."""
    given = a(Choice, value)
    return Choice(as_it_is(given.value), text(given.label), text(given.note))


def complaint(value: object) -> Complaint:
    """What is wrong with a document."""
    given = a(Complaint, value)
    return Complaint(a(int, given.line), text(given.where), text(given.text))


def complaints(value: object) -> Mapping[str, str]:
    """What is wrong, by field."""
    given: Mapping[Any, Any] = {} if value is None else a(Mapping, value)  # type: ignore[type-abstract]
    return {a(str, name): text(words) for name, words in given.items()}


def keyed_complaint(value: object) -> tuple[str, str] | None:
    """A key of a profile and what is wrong with it, or None."""
    if value is None:
        return None
    key, words = a(Sequence, value)  # type: ignore[type-abstract]
    return text(key), text(words)


def client(value: Any) -> Any:
    """A connection: an object that can at least be closed."""
    if not callable(getattr(value, "aclose", None)):
        raise nonsense(value, "a client")
    return value


def nothing(value: object) -> None:
    """No value is expected; another one does no harm, but a coroutine is closed, or Python would warn about it."""
    if inspect.iscoroutine(value):
        value.close()
