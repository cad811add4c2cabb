"""A verb's way from the key to its report: may it, which one, sure?, send, say what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from textual.app import App
from textual.notifications import SeverityLevel

from gputui.core.actions import Action, Choice, Risk
from gputui.core.request import Fate
from gputui.core.rows import Row
from gputui.engine.cloud import Cloud
from gputui.engine.deck import Deck
from gputui.engine.perform import Intent, Result, summary
from gputui.ui.dialogs import Chooser, Dialog, Question

MANY = 5


def risk_of(action: Action[Any], rows: Sequence[Row], *, protected: bool) -> Risk:
    """The tier that counts: the action's own, raised for several targets, many targets and protected profiles."""
    if protected or len(rows) >= MANY:
        return Risk.DESTROYS
    return max(action.risk, Risk.DISRUPTS) if len(rows) > 1 else action.risk


def objection(cloud: Cloud | None, action: Action[Any], rows: Sequence[Row]) -> str | None:
    """Why this cannot even be asked, in words."""
    if not rows or cloud is None:
        return "no row is selected"
    if cloud.read_only:
        return f"{cloud.name} is read-only"
    if len({(row.ref.profile, row.ref.view) for row in rows}) > 1:
        return "the marked rows are of several profiles: mark rows of one"
    for row in rows:
        reason = "it is unreadable" if row.item is None else action.can(row.item)
        if reason:
            return f"{row.name}: {reason}"
    return None


def question(cloud: Cloud, action: Action[Any], rows: Sequence[Row], chosen: str, hidden: int) -> Question:
    """What the dialog says: each target with its profile, state and id, and what it interrupts."""
    risk = risk_of(action, rows, protected=cloud.protected)
    names = rows[0].name if len(rows) == 1 else f"{len(rows)} marked rows"
    title = f"{action.label} {names} in {cloud.name}?"
    if hidden:
        title += f" ({hidden} hidden by the filter)"
    lines = [f"{row.name}   {row.state}   id {row.ref.id}" for row in rows]
    lines += [line for line in (chosen, action.effect) if line]
    if cloud.protected:
        lines.append(f"{cloud.name} is a protected profile.")
    typed = (rows[0].name if len(rows) == 1 else str(len(rows))) if risk is Risk.DESTROYS else ""
    return Question(title, tuple(lines), risk, action.label.lower(), typed)


async def run_verb(app: App[Any], deck: Deck, action: Action[Any], rows: tuple[Row, ...], hidden: int) -> None:
    """Ask, re-check, send and report. Must run in a worker: it waits for dialogs."""
    cloud = deck.clouds.get(rows[0].ref.profile) if rows else None
    reason = objection(cloud, action, rows)
    if reason is not None or cloud is None:
        app.notify(f"{action.label}: {reason}", severity="warning", markup=False)
        return
    chosen = await choose(app, cloud, action, rows[0])
    if chosen is None:
        return
    inputs = {name: choice.value for name, (_, choice) in chosen.items()}
    shown = ", ".join(f"{label}: {choice.label}" for label, choice in chosen.values())
    asked = question(cloud, action, rows, shown, hidden)
    if not await app.push_screen_wait(Dialog(asked)):
        return
    results = await deck.perform(Intent(cloud, action, rows[0].ref.view, rows, inputs))
    report(app, action, results)


async def choose(app: App[Any], cloud: Cloud, action: Action[Any], row: Row) -> dict[str, tuple[str, Choice]] | None:
    """Have the action's fields chosen, one after the other: name to label and choice; None when one was cancelled."""
    chosen: dict[str, tuple[str, Choice]] = {}
    for field in action.fields:
        if field.choices is not None:
            fetch = partial(field.choices, cloud.client, row.item, {})
            choice = await app.push_screen_wait(Chooser(f"{action.label} {row.name}: {field.label}", fetch))
            if choice is None:
                return None
            chosen[field.name] = (field.label, choice)
    return chosen


_SEVERITY: dict[Fate, SeverityLevel] = {
    Fate.ACCEPTED: "information",
    Fate.REFUSED: "error",
    Fate.NOT_SENT: "warning",
    Fate.UNKNOWN: "warning",
}


def report(app: App[Any], action: Action[Any], results: Sequence[Result]) -> None:
    """Say what came of it. Unknown is called unknown."""
    worst = max((result.outcome for result in results), key=lambda outcome: list(Fate).index(outcome.fate))
    names = results[0].name if len(results) == 1 else f"{len(results)} targets"
    lines = [f"{action.label} {names}: {summary(results)}"]
    lines += list(dict.fromkeys(str(r.outcome.problem) for r in results if r.outcome.problem))[:3]
    if worst.fate is Fate.UNKNOWN:
        lines.append("It may have happened. The row is being watched; it is not sent again.")
    severity = _SEVERITY[worst.fate]
    app.notify("\n".join(lines), severity=severity, markup=False, timeout=4 if severity == "information" else 10)
