"""Wraps each function of a provider once, so that a bug in it affects only its own place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NoReturn

from gputui.core import fitting, fitting_answers
from gputui.core.actions import Action, Complaint, Field, Progress, Query, Risk, Scope
from gputui.core.cells import BUG_CELL, Column, Role
from gputui.core.health import Health
from gputui.core.metrics import Range
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Children, Client, Provider, Setting, View
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Item
from gputui.core.spans import spoken
from gputui.core.text import clean
from gputui.core.typed_fields import TypedField

REMEDY = "tell whoever wrote the provider; --log-file FILE keeps the traceback"
LONGEST_CALL = 600.0
"""Seconds after which a call that does not return is cancelled: longer than any paged reading takes."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a function may return, and what replaces the result if it has a bug.

    `fit` returns the value with its texts cleaned, or raises. `instead` takes the problem. A function that `waits` is
    awaited and takes the client first. If it `may_fail`, a Failed that it raises is a valid answer.
    """

    fit: fitting.Fit
    instead: Callable[[Problem], Any]
    waits: bool = False
    may_fail: bool = False


def _fails(problem: Problem) -> NoReturn:
    raise Failed(problem) from None


def _reads(fit: fitting.Fit) -> Rule:
    return Rule(fit, _fails, waits=True, may_fail=True)


RULES: Mapping[tuple[type, str], Rule] = {
    (Provider, "connect"): Rule(fitting.client, _fails, may_fail=True),
    (Provider, "check"): Rule(fitting.keyed_complaint, lambda problem: ("provider", str(problem))),
    (View, "fetch"): _reads(fitting.listing),
    # What names or judges a row must be right, or the whole row is unreadable: no verb may be aimed at it.
    (View, "key"): Rule(fitting.identity, _fails),
    (View, "label"): Rule(fitting.text, _fails),
    (View, "state"): Rule(fitting.text, _fails),
    (View, "health"): Rule(fitting.instance(Health), _fails),
    (View, "ssh"): Rule(fitting.ssh, str),
    (View, "owner"): Rule(fitting.text, str),
    (View, "reasons"): Rule(fitting.every(fitting.text), lambda problem: (str(problem),)),
    (View, "links"): Rule(fitting.every(fitting.link), _fails),
    (View, "ports"): Rule(fitting.every(fitting.port), _fails),
    (View, "show"): _reads(fitting.json),
    (View, "read_one"): _reads(fitting.instance(Item)),
    (View, "read_states"): _reads(fitting.listing),
    (Children, "match"): Rule(fitting.flag, _fails),
    (Children, "fetch"): _reads(fitting.listing),
    (Column, "cell"): Rule(fitting.cell, lambda _: BUG_CELL),
    (TypedField, "value"): Rule(fitting.json, lambda _: None),
    (Action, "request"): Rule(fitting.request, _fails, may_fail=True),
    (Action, "blocked_reason"): Rule(fitting.reason, str),
    (Action, "warning"): Rule(fitting.reason, str),
    (Action, "progress"): Rule(fitting.instance(Progress), lambda _: Progress.WAITING),
    (Action, "makes"): Rule(fitting.every(fitting.text), lambda _: ()),
    (Action, "watch"): _reads(fitting_answers.watched),
    (Action, "check"): Rule(fitting.complaints, lambda problem: {"": str(problem)}),
    (Action, "cost"): Rule(fitting.text, lambda problem: f"what it costs is not known: {problem}"),
    (Action, "document"): Rule(fitting.every(fitting.complaint), lambda problem: (Complaint(1, "", str(problem)),)),
    (Action, "hides"): Rule(fitting.names, _fails),  # hiding nothing would show secrets
    (Field, "default"): Rule(fitting.lines, _fails),  # an empty one would be sent
    (Field, "choices"): _reads(fitting.every(fitting.choice)),
    (Field, "check"): Rule(fitting.reason, str),
    (Field, "when"): Rule(fitting.flag, lambda _: True),  # better to ask for a field too many
    (Query, "read"): _reads(fitting_answers.answer),
    (Query, "blocked_reason"): Rule(fitting.reason, str),
}
"""A rule for each function of a declaration. If one is missing here, no provider can be loaded."""
_CHANGE = Rule(fitting.outcome, lambda problem: Outcome(SendStatus.UNKNOWN, problem=problem), waits=True)
_CLOSE = Rule(fitting.nothing, lambda _: None, waits=True)
_FORGET = Rule(fitting.nothing, lambda _: None)

_SHOWN = frozenset({"title", "label", "effect", "help"})
"""Texts of a declaration that are only shown: these are cleaned; any other text with hidden characters is refused."""
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "float | None": (int, float, type(None)),
    "frozenset[str]": frozenset,
    "Mapping[str, str]": Mapping,
    "Risk": Risk,
    "Scope | None": (Scope, type(None)),
    "Role | None": (Role, type(None)),
}
_PARTS = (View, Column, TypedField, Action, Field, Query, Range, Children, Setting)


class _GuardedProvider(Provider[Any]):
    """Marks a provider whose functions are already wrapped."""


def guarded(provider: Provider[Any]) -> Provider[Any]:
    """The same provider with each function wrapped and each text of its declaration cleaned.

    Raises TypeError if the declaration itself is wrong.
    """
    if isinstance(provider, _GuardedProvider):
        return provider
    bugs = Bugs(clean(str(provider.name)))
    made = _Guard(bugs).fields(provider, "")
    connect = made["connect"]
    made["connect"] = lambda *given, **named: GuardedClient(connect(*given, **named), bugs)
    return _GuardedProvider(**made)


class Bugs:
    """Turns what a provider's function raised into a problem, and logs each traceback once."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._logged: set[tuple[object, ...]] = set()

    def problem(self, where: str, error: BaseException) -> Problem:
        """The problem for a bug in the function `where`."""
        frame = error.__traceback__.tb_next if error.__traceback__ else None
        seen = (where, type(error), frame.tb_frame.f_code if frame else None, frame.tb_lineno if frame else 0)
        if seen not in self._logged:
            self._logged.add(seen)
            _log.error("a bug in %s of the provider %s", where, self._provider, exc_info=error)
        what = str(error) if isinstance(error, fitting.Nonsense) else type(error).__name__
        return Problem(Cause.BUG, f"{what} in {where} (see the log)", REMEDY)


class GuardedClient:
    """A provider's connection whose `change` and `aclose` never raise. Its own functions get the `inner` one."""

    __slots__ = ("_aclose", "_change", "_forget", "inner")

    def __init__(self, inner: Client, bugs: Bugs) -> None:
        self.inner = inner
        self._change = _awaited(lambda *given: inner.change(*given), _CHANGE, "change", bugs)
        self._aclose = _awaited(lambda *given: inner.aclose(*given), _CLOSE, "aclose", bugs)
        self._forget = _called(lambda: getattr(inner, "forget", lambda: None)(), _FORGET, "forget", bugs)

    async def change(self, request: Request) -> Outcome:
        """Send one changing request once; after a bug the outcome is unknown."""
        made: Outcome = await self._change(request)
        return made

    def forget(self) -> None:
        """Drop what is cached between readings, if anything is."""
        self._forget()

    async def aclose(self) -> None:
        """Close the connections; a bug in that is logged."""
        await self._aclose()


@dataclass(frozen=True, slots=True)
class _Guard:
    """Walks through a declaration, field by field."""

    bugs: Bugs

    def fields(self, owner: Any, where: str) -> dict[str, Any]:
        """All fields of a part of a declaration, wrapped or cleaned; `where` names it in the log."""
        return {one.name: self._field(owner, one.name, str(one.type), where) for one in fields(owner)}

    def _field(self, owner: object, name: str, kind: str, where: str) -> Any:
        value, path = getattr(owner, name), where + name
        rule = RULES.get((_class(owner), name))
        if callable(value):
            if rule is None:
                raise TypeError(f"nothing guards {path}")
            return (_awaited if rule.waits else _called)(value, rule, path, self.bugs)
        if rule is not None and not _may_be(value, kind):
            raise TypeError(f"{path} is no function")
        if isinstance(owner, Setting) and name not in _SHOWN:
            return value
        return self._static(value, name, kind, where)

    def _static(self, value: Any, name: str, kind: str, where: str) -> Any:
        if not isinstance(value, tuple if kind.startswith("tuple") else _KINDS.get(kind, object)):
            raise TypeError(f"{where}{name} is {type(value).__name__}, not {kind}")
        if isinstance(value, str):
            if name not in _SHOWN and clean(value) != value:
                raise TypeError(f"{where}{name} has unseen characters")
            return clean(value)
        if isinstance(value, tuple):
            return tuple(self._inner(part, name, where) for part in value)
        if isinstance(value, Mapping):
            return {fitting.text(key): fitting.text(words) for key, words in value.items()}
        return value

    def _inner(self, value: Any, name: str, where: str) -> Any:
        if isinstance(value, str) and clean(value) == value:
            return value
        if not isinstance(value, _PARTS):
            raise TypeError(f"{where}{name} holds {type(value).__name__}")
        return replace(value, **self.fields(value, f"{where}{_name(value)}."))


def _may_be(value: object, kind: str) -> bool:
    """Whether a field that may hold a function may hold this value instead."""
    return (value is None and kind.endswith("None")) or (isinstance(value, str) and kind.startswith("str"))


def _class(owner: object) -> type:
    return next((kind for kind in (Provider, *_PARTS) if isinstance(owner, kind)), type(owner))


def _name(part: object) -> str:
    """The name of a part of a declaration, for the message about a bug."""
    for name in ("name", "id", "view"):
        if isinstance(found := getattr(part, name, None), str):
            return clean(found)
    return type(part).__name__


def _called(function: Callable[..., Any], rule: Rule, where: str, bugs: Bugs) -> Callable[..., Any]:
    fit, instead, may_fail = rule.fit, rule.instead, rule.may_fail

    def call(*given: Any, **named: Any) -> Any:
        try:
            return fit(function(*given, **named))
        except BaseException as error:  # also sys.exit() in a provider's code
            if may_fail and _is_answer(error):
                raise
            return instead(bugs.problem(where, error))

    return call


def _awaited(function: Callable[..., Any], rule: Rule, where: str, bugs: Bugs) -> Callable[..., Awaitable[Any]]:
    fit, instead, may_fail = rule.fit, rule.instead, rule.may_fail

    async def call(*given: Any, **named: Any) -> Any:
        bound = asyncio.timeout(LONGEST_CALL)
        try:
            own = (one.inner if isinstance(one, GuardedClient) else one for one in given)
            async with bound:
                return fit(await function(*own, **named))
        except GeneratorExit:
            raise
        except BaseException as error:  # as above
            if (may_fail and _is_answer(error)) or (isinstance(error, asyncio.CancelledError) and _is_cancelled()):
                raise
            hung = fitting.Nonsense(f"no answer for {spoken(LONGEST_CALL)}") if bound.expired() else None
            return instead(bugs.problem(where, hung or error))

    return call


def _is_answer(error: BaseException) -> bool:
    """Whether the error is an allowed failure, with a problem that can be shown."""
    try:
        return isinstance(error, Failed) and fitting.problem(error.problem) is not None
    except Exception:  # noqa: BLE001 - a provider may have its own subclass of Failed
        return False


def _is_cancelled() -> bool:
    """Whether our own task is being cancelled; otherwise the provider raised the CancelledError itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
