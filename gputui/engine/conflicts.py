"""Whether a change may be sent while an equal one has an unknown outcome: decided here only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gputui.core.actions import Action, Risk
from gputui.core.request import SendStatus
from gputui.core.rows import Ref
from gputui.core.text import Json
from gputui.engine.operations import Operation


@dataclass(frozen=True, slots=True)
class Attempt:
    """A change about to be sent, for the check that the same is not sent twice.

    `requests` are the requests as the journal would have them. A verb conflicts with the same verb on the same target,
    whatever its inputs; an action that makes something, having no target, with the same request.
    """

    profile: str
    action: Action[Any]
    refs: frozenset[Ref]
    requests: tuple[Json, ...]

    def repeats(self, operation: Operation) -> bool:
        """Whether it asks for the same as that operation."""
        if (operation.ref.profile, operation.action.name) != (self.profile, self.action.name):
            return False
        if not makes(self.action):
            return operation.ref in self.refs
        return any(same(operation.request, request) for request in self.requests)


def makes(action: Action[Any]) -> bool:
    """Whether an action is identified by its inputs, not by the rows it is done to."""
    return action.on == "view" or action.makes is not None


def same(one: Json, other: Json) -> bool:
    """Whether two requests are equal, even if one was read back from the journal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def conflicts(
    attempt: Attempt, operations: Iterable[Operation], now: float, insist: frozenset[str] = frozenset()
) -> tuple[Operation, ...]:
    """The operations that conflict with it, without the entries in `insist`, which a person wants sent again anyway."""
    return tuple(one for one in operations if one.undecided(now) and one.entry not in insist and attempt.repeats(one))


def refusal(standing: Operation, now: float) -> str:
    """Why it is not sent, in words."""
    return f"{standing.name}: the same was sent before and its outcome is not known ({standing.outcome_at(now)})"


def what_may_happen(standing: Operation, view_title: str) -> str:
    """What sending it again may lead to."""
    may = (
        "The first may still arrive: "
        if standing.send_status is not SendStatus.ACCEPTED
        else "The first is still under way: "
    )
    if not makes(standing.action):
        return f"{may}{standing.name} may get it twice."
    billed = " and billed" if standing.action.risk > Risk.REVERSIBLE else ""
    return f"{may}two {view_title.lower()} may be created{billed}."
