"""A profile that cannot be read, as a row of the fleet: why, since when, when it is tried next, and the remedy."""

from __future__ import annotations

from gputui.core.cells import EMPTY, RunningCell, verdict, words
from gputui.core.feed import FeedState, Phase, span
from gputui.core.health import Health
from gputui.core.row_schema import RowSchema
from gputui.core.rows import Ref, Row
from gputui.engine.fleet import FLEET_COLUMNS, moment_at
from gputui.engine.live_rows import Place

_LOST = (Phase.FAILING, Phase.STALE, Phase.HUNG)
NO_MACHINE = "a profile that cannot be read, no machine"


def profile_ref(name: str) -> Ref:
    """The ref of a profile's own row: no view has it."""
    return Ref(name, "", name)


def is_profile(ref: Ref) -> bool:
    """Whether a row is a profile and not something that it lists."""
    return not ref.view


def lost_row(name: str, state: FeedState) -> Row | None:
    """The row of a profile whose machines cannot be read; None if they can."""
    if state.phase not in _LOST:
        return None
    health = Health.BAD if state.age is None or not state.trusted or state.expired else Health.DEGRADED
    told = {
        "name": words(name),
        "health": verdict(health),
        "state": words(_cause(state)),
        "since": moment_at(state.lost_since),
        "profile": RunningCell(_next(state), name, "dim"),
        "kind": words("profile", "dim"),
        "data": moment_at(None if state.age is None else state.lost_since),
        "why": words("; ".join(reasons(state))),
    }
    cells = tuple(told.get(column.id, EMPTY) for column in FLEET_COLUMNS)
    schema = RowSchema.of(FLEET_COLUMNS)
    return Row(profile_ref(name), name, state.phase.value, health, cells, withheld=NO_MACHINE, schema=schema)


def lost_place(row: Row) -> Place:
    """Before all machines that are as ill: it stands for many of them."""
    return (True, row.health.rank, float("-inf"), row.ref.profile, "", "", "")


def _cause(state: FeedState) -> str:
    if state.problem is None:
        return f"hung, {state.waiting}" if state.waiting else f"stale {span(state.age or 0.0)}"
    return state.problem.brief


def _next(state: FeedState) -> str:
    """When it is tried next, and what to do about it: behind the name, which is the profile's."""
    if state.problem is None:
        return "still waiting; if it fails, tried again"
    again = state.next_try.replace("next try", "again")
    return ": ".join(filter(None, (again or "not tried again", state.problem.remedy)))


def reasons(state: FeedState) -> tuple[str, ...]:
    """What to do about it, and all that is known of why."""
    problem = state.problem
    if problem is None:
        return ("an answer is still awaited; if none comes, the reading fails and is tried again",)
    return tuple(filter(None, (problem.remedy, problem.text)))
