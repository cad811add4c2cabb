"""A verb's way from the key to its report: may it, which one, what with, sure?, send, say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.notifications import SeverityLevel

from gputui.core.actions import Action
from gputui.core.problem import Cause
from gputui.core.reading import AnyView
from gputui.core.request import Fate
from gputui.core.rows import Ref, Row
from gputui.engine.cloud import Cloud
from gputui.engine.deck import Deck
from gputui.engine.perform import Intent, Result, summary
from gputui.ui.asking import Asking, Question
from gputui.ui.dialogs import Answer, Dialog
from gputui.ui.editor import edited_body
from gputui.ui.form.screen import Form
from gputui.ui.form.state import Drafts, Filled, Occasion, Sheet, must_ask
from gputui.ui.looking import open_look, open_watch
from gputui.ui.menu import Menu
from gputui.ui.offers import Offer, Wish, unseen, why_off

if TYPE_CHECKING:
    from gputui.ui.app import ConsoleApp

MOST_REASONS = 3
REPEAT_SECONDS = 2.0
"""A verb's key on the targets it was just sent for counts only after this."""


class Verbs:
    """Carries wishes out. Everything of it must run in a worker: it waits for dialogs.

    `answered` is called when a question has been answered: the list is free again while the request is on its way.
    """

    def __init__(self, app: ConsoleApp, deck: Deck, answered: Callable[[], None]) -> None:
        self._app = app
        self._deck = deck
        self._answered = answered
        self._drafts = Drafts()
        self._last_sent: dict[tuple[str, str, frozenset[Ref]], tuple[str, float]] = {}

    async def carry_out(self, wish: Wish) -> Sequence[Result]:
        """Do what is wished for, with all questions on the way; the results of what was sent, if anything was."""
        cloud = self._deck.clouds.get(wish.profile)
        view = cloud.provider.view(wish.view) if cloud else None
        if cloud is None or view is None:
            return ()
        if isinstance(wish.verb, Action):
            return await self._change(cloud, view, wish.verb, wish)
        reason = unseen(wish.verb, wish.rows)
        if reason:
            self._say(f"{wish.verb.label}: {reason}", "warning")
        else:
            await open_look(self._app, cloud, view, wish.verb, wish.rows[0], self._drafts)
        return ()

    async def choose(self, title: str, found: Sequence[Offer], wishes: Sequence[Wish]) -> Wish | None:
        """Have one of the offers chosen: the wish for its verb."""
        offer = await self._app.push_screen_wait(Menu(title, found))
        return next((wish for wish in wishes if offer is not None and wish.verb is offer.verb), None)

    @staticmethod
    def marks_after(results: Sequence[Result], marks: frozenset[Ref]) -> frozenset[Ref]:
        """What stays marked: what was not among the targets, and those of which it is known that nothing was done."""
        tried = {result.row.ref for result in results if result.row is not None}
        return marks - tried | {row.ref for row in to_retry(results)}

    async def _change(self, cloud: Cloud, view: AnyView, action: Action[Any], wish: Wish) -> Sequence[Result]:
        reason = refusal(cloud, action, wish)
        targets = (wish.profile, wish.view, frozenset(row.ref for row in wish.rows))
        last, sent_at = self._last_sent.get(targets, ("", 0.0))
        if reason is None and last == action.name and monotonic() - sent_at < REPEAT_SECONDS:
            reason = "that was sent a moment ago; the key was not meant twice"
        if reason is not None:
            self._say(f"{action.label}: {reason}", "warning")
            return ()
        rows = () if action.on == "view" else wish.rows
        intent = await self._confirmed(Asking(cloud, action, view, rows, wish.hidden))
        if intent is None:
            return ()
        self._last_sent[targets] = (action.name, monotonic())
        self._answered()
        results = await self._sent(intent)
        if all(result.outcome.fate is Fate.NOT_SENT for result in results):
            self._last_sent.pop(targets, None)  # there is nothing that could be repeated
        self._report(action, results)
        (first, *others) = results
        if first.outcome.fate is Fate.ACCEPTED and not others:
            self._drafts.keep(_occasion(cloud, view, action, intent.rows), {})
            if action.watch is not None:
                open_watch(self._app, cloud, action, first)
        return results

    async def _confirmed(self, asking: Asking) -> Intent | None:
        """Inputs, then the question, and back to the inputs as often as wanted."""
        if asking.action.on == "view" or must_ask(asking.action.fields):
            if not await self._filled(asking):
                return None
        else:
            _take(asking, Sheet(asking.action, asking.seen[0].item if asking.seen else None, {}).filled())
        while True:
            answer = await self._app.push_screen_wait(Dialog(asking.question(), asking.question))
            if answer is Answer.YES:
                return asking.intent
            if answer is Answer.NO:
                return None
            if answer is Answer.DOCUMENT:
                await self._edited(asking)
            elif not await self._filled(asking):
                return None

    async def _filled(self, asking: Asking) -> bool:
        asking.look()
        action, rows = asking.action, asking.ready
        if asking.seen and not rows:
            return True  # the dialog says why
        occasion = _occasion(asking.cloud, asking.view, action, rows)
        title = f"{action.label}{f' {rows[0].name}' if len(rows) == 1 else ''} in {asking.cloud.name}"
        form = Form(action, asking.cloud.client, rows, title, self._drafts.of(occasion))
        filled = await self._app.push_screen_wait(form)
        self._drafts.keep(occasion, form.draft)
        if filled is not None:
            _take(asking, filled)
        return filled is not None

    async def _edited(self, asking: Asking) -> None:
        request = asking.intent.request(asking.ready)
        body = await edited_body(self._app, asking.action, request.body, request.secrets)
        if body is not None:
            asking.body = body

    async def _sent(self, intent: Intent) -> tuple[Result, ...]:
        results = await self._deck.perform(intent)
        unwritten = [r for r in results if r.outcome.problem is not None and r.outcome.problem.cause is Cause.JOURNAL]
        if not unwritten or self._deck.journal.required:
            return results
        asked = Question(
            f"{intent.action.label} without a line in the journal?",
            (str(unwritten[0].outcome.problem), "Nobody will be able to look up later that this was done, or by whom."),
            intent.action.risk,
            intent.action.label.lower(),
            type_this="without",
        )
        if await self._app.push_screen_wait(Dialog(asked)) is not Answer.YES:
            return results
        rows = tuple(result.row for result in unwritten if result.row is not None)
        again = await self._deck.perform(replace(intent, rows=rows, unwritten=True))
        return (*(result for result in results if result not in unwritten), *again)

    def _report(self, action: Action[Any], results: Sequence[Result]) -> None:
        """Say what came of it. Unknown is called unknown."""
        worst = max((result.outcome.fate for result in results), key=list(Fate).index)
        lines = [f"{action.label} {results[0].name if len(results) == 1 else ''}: {summary(results)}"]
        lines += list(dict.fromkeys(str(r.outcome.problem) for r in results if r.outcome.problem))[:MOST_REASONS]
        if worst is Fate.UNKNOWN:
            lines.append("It may have happened. The row is being watched; it is not sent again.")
        if (left := len(to_retry(results))) and len(results) > 1:
            lines.append(f"{left} stay marked: {action.key or 'the same verb'} asks again for just those.")
        self._say("\n".join(lines), _SEVERITY[worst])

    def _say(self, text: str, severity: SeverityLevel) -> None:
        self._app.notify(text, severity=severity, markup=False, timeout=4 if severity == "information" else 10)


def _take(asking: Asking, filled: Filled) -> None:
    asking.inputs, asking.chosen, asking.body = filled.inputs, filled.chosen, filled.body


def _occasion(cloud: Cloud, view: AnyView, action: Action[Any], rows: Sequence[Row]) -> Occasion:
    return Occasion(cloud.name, view.name, action.name, rows[0].ref.id if rows else "")


def refusal(cloud: Cloud, action: Action[Any], wish: Wish) -> str | None:
    """Why this change cannot even be asked about, in words."""
    if cloud.read_only:
        return f"{cloud.name} is read-only"
    if action.on == "view":
        return None
    if any((row.ref.profile, row.ref.view) != (wish.profile, wish.view) for row in wish.rows):
        return "the marked rows are of several lists: mark rows of one"
    reason = why_off(action, wish.rows)
    if not reason:
        return None  # where it is off for some of several, the dialog tells which are left out
    return f"{wish.rows[0].name}: {reason}" if len(wish.rows) == 1 else reason


def to_retry(results: Sequence[Result]) -> list[Row]:
    """The targets of which it is known that nothing was done."""
    return [r.row for r in results if r.row is not None and r.outcome.fate in (Fate.REFUSED, Fate.NOT_SENT)]


_SEVERITY: dict[Fate, SeverityLevel] = {
    Fate.ACCEPTED: "information",
    Fate.REFUSED: "error",
    Fate.NOT_SENT: "warning",
    Fate.UNKNOWN: "warning",
}
