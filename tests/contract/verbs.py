"""A verb as the console does it, without the screen: choices read, inputs checked, sent once, followed to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gputui.core.actions import Action, Inputs, Progress
from gputui.core.provider import View
from gputui.core.reading import rows
from gputui.core.request import Outcome, SendStatus
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.operations import Operation, Operations
from gputui.sim.clock import ManualClock

PROFILE = "p"
STEP_SECONDS = 1.0
MOST_STEPS = 120


@dataclass
class Verbs:
    """The verbs of one view, done against an embedded cloud whose clock moves while a change is followed."""

    client: Any
    view: View[Any, Any]
    clock: ManualClock

    def action(self, name: str) -> Action[Any]:
        """The action of that name."""
        return next(action for action in self.view.actions if action.name == name)

    async def rows(self) -> dict[Ref, Row]:
        """The view as it is now."""
        return rows(self.view, PROFILE, await self.view.fetch(self.client))[0]

    async def row(self, name: str) -> Row:
        """The row of that name."""
        return next(row for row in (await self.rows()).values() if row.name == name)

    async def choices(self, verb: str, field: str, item: Any = None, inputs: Inputs | None = None) -> dict[str, str]:
        """What there is to choose from: value to label."""
        (asked,) = [one for one in self.action(verb).fields if one.name == field]
        assert asked.choices is not None
        return {choice.value: choice.label for choice in await asked.choices(self.client, item, inputs or {})}

    async def send(self, verb: str, row: Row | None, inputs: Inputs | None = None) -> Outcome:
        """The one request of a verb, sent once."""
        inputs = inputs or {}
        assert complaints(self.action(verb), inputs) == {}
        request = self.action(verb).request([row.item] if row else [], inputs)
        outcome: Outcome = await self.client.change(request)
        return outcome

    async def done(self, verb: str, row: Row | None, inputs: Inputs | None = None) -> tuple[Progress, ...]:
        """Send a verb that applies and follow it: every progress that was seen, the end last."""
        inputs = inputs or {}
        assert row is None or self.action(verb).blocked_reason(row.item) is None
        before = await self.rows()
        sent_at = self.clock.now()
        outcome = await self.send(verb, row, inputs)
        assert outcome.send_status is SendStatus.ACCEPTED, outcome
        seen: list[Progress] = []
        operations = Operations(self.clock.now, lambda before, operation: seen.append(operation.progress))
        makes = self.action(verb).makes
        names = (
            [(row.ref, row.name)] if row else [(Ref(PROFILE, self.view.name, ""), name) for name in made(makes, inputs)]
        )
        for ref, name in names:
            known = frozenset(one.ref.id for one in before.values())
            operations.begin(Operation("1", ref, name, self.action(verb), outcome.send_status, sent_at, inputs, known))
        for _ in range(MOST_STEPS):
            if not any(one.open for one in operations.everything()):
                return tuple(dict.fromkeys(seen))
            self.clock.advance(STEP_SECONDS)
            snapshot = Snapshot(await self.rows(), taken_at=self.clock.now())
            operations.observe(PROFILE, self.view.name, snapshot)
        raise AssertionError(f"{verb} never ends: {seen}")


def made(makes: Any, inputs: Inputs) -> Sequence[str]:
    """The names of what a change makes."""
    return makes(inputs) if makes is not None else ()


def complaints(action: Action[Any], inputs: Inputs) -> dict[str, str]:
    """What the form would say of these inputs, by field: of required ones that are missing too."""
    found: dict[str, str] = {}
    for field in action.fields:
        if field.when is not None and not field.when(inputs):
            continue
        value = inputs.get(field.name)
        if field.required and field.kind != "flag" and value in (None, "", ()):
            found[field.name] = "is required"
        elif field.check is not None and value not in (None, ""):
            problem = field.check(_typed(value))
            if problem is not None:
                found[field.name] = problem
    if not found and action.check is not None:
        found.update(action.check(inputs))
    return found


def _typed(value: Any) -> str:
    """An input as it is typed: lists a line each, pairs as `key=value`."""
    if isinstance(value, tuple):
        return "\n".join("=".join(entry) if isinstance(entry, tuple) else str(entry) for entry in value)
    return str(value)
