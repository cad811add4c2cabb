"""Carry out a verb, from the key to the report: precheck, choice, inputs, confirmation, sending, outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from textual.notifications import SeverityLevel

from gputui.core.actions import Action, one_at_a_time
from gputui.core.guards import read_only
from gputui.core.prechecks import ONE_AT_A_TIME, blocked, unseen
from gputui.core.problem import Cause
from gputui.core.request import SendStatus
from gputui.core.rows import Ref, Row
from gputui.core.text import shorten
from gputui.engine.conflicts import makes
from gputui.engine.perform import Intent, Result, summary
from gputui.engine.store import Store
from gputui.ui.act.confirmation import Confirmation
from gputui.ui.act.last_change import ChangedList, changed_lists, taken_back
from gputui.ui.act.menu import Menu
from gputui.ui.act.repeats import insisted
from gputui.ui.act.share import Share
from gputui.ui.act.target_words import state_of_one
from gputui.ui.form.drafts import DraftKey, Drafts
from gputui.ui.form.editor import edited_body
from gputui.ui.form.screen import Form
from gputui.ui.form.spread import Spread
from gputui.ui.form.state import FormModel, must_ask
from gputui.ui.inspect.live_reader import open_watch
from gputui.ui.inspect.queries import open_query
from gputui.ui.list.action_items import ActionItem
from gputui.ui.list.targets import Invocation, Targets, called
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.question import Question

if TYPE_CHECKING:
    from gputui.ui.host import Host

MOST_REASONS = 3
LONGEST_NOTICE = 600
REPEAT_SECONDS = 2.0
"""Seconds in which a verb's key on targets it was just sent for is ignored, even if its outcome is already known."""
_LOOKED_FOR = "Its target is being read until that shows; it is not sent again."
_NO_SIGN = "This cloud shows no sign of it: look before you repeat it."


class Verbs:
    """Carries invocations out. All methods must run in a worker, as they wait for dialogs.

    `answered` is called when a question was answered: the list is usable again while the request is being sent.
    """

    def __init__(self, host: Host, store: Store, answered: Callable[[], None]) -> None:
        self._host = host
        self._store = store
        self._answered = answered
        self._drafts = Drafts()
        self._last_sent: dict[frozenset[Ref], tuple[str, float]] = {}
        self._last_change: tuple[ChangedList, ...] = ()

    async def carry_out(self, invocation: Invocation) -> Sequence[Result]:
        """Carry out an invocation with all of its questions; return the results of the requests that were sent."""
        (call, *_) = invocation.calls
        if isinstance(call.verb, Action):
            return await self._change(invocation)
        reason = unseen(call.verb, call.group.rows)
        if reason:
            self._say(f"{call.verb.label}: {reason}", "warning")
        else:
            group = call.group
            await open_query(self._host, group.cloud, group.view, call.verb, group.rows, self._drafts)
        return ()

    @property
    def opposite(self) -> Invocation | str:
        """What takes the last change back, or why there is nothing to offer."""
        return taken_back(self._last_change, self._store)

    async def choose(self, targets: Targets, found: Sequence[ActionItem]) -> Invocation | None:
        """Let the user choose an item from the menu."""
        of = ", ".join(filter(None, (targets.words, state_of_one(targets.rows))))
        if any(item.verb is not None for item in found):
            title = f"What can be done to {of}?" if of else "What can be done here?"
        else:
            title = f"Nothing can be done to {of}." if of else "Nothing can be done here."
        offer = await self._host.push_screen_wait(Menu(title, found))
        return targets.invocation(offer.label, offer.calls) if offer is not None and offer.calls else None

    @staticmethod
    def marks_after(results: Sequence[Result], marks: frozenset[Ref]) -> frozenset[Ref]:
        """Return the remaining marks: rows that were not targets, and targets for which certainly nothing was done."""
        tried = {result.row.ref for result in results if result.row is not None}
        return marks - tried | {row.ref for row in to_retry(results)}

    def _precheck(self, invocation: Invocation) -> Iterator[str]:
        """Yield the reasons why a change cannot be requested now; the first one counts."""
        yield from refusals(invocation)
        last, sent_at = self._last_sent.get(_targets(invocation), ("", 0.0))
        if last == _verb(invocation) and monotonic() - sent_at < REPEAT_SECONDS:
            yield "that was sent a moment ago; the key was not meant twice"

    async def _change(self, invocation: Invocation) -> Sequence[Result]:
        reason = next(self._precheck(invocation), None)
        if reason is not None:
            self._say(f"{invocation.label}: {reason}", "warning")
            return ()
        asking = Confirmation.of(invocation)
        rows_first = [share for share in asking.shares if not makes(share.action)]
        if not await self._may_be_asked(rows_first):
            return ()
        intents = await self._confirmed(asking)
        if not intents:
            return ()
        self._last_sent[_targets(invocation)] = (_verb(invocation), monotonic())
        self._answered()
        results = await self._sent(asking, intents)
        if all(result.outcome.send_status is SendStatus.NOT_SENT for result in results):
            self._last_sent.pop(_targets(invocation), None)  # there is nothing that could be repeated
        self._last_change = changed_lists(asking.shares, results) or self._last_change
        self._report(asking, results)
        if all(result.outcome.send_status is SendStatus.ACCEPTED for result in results):
            for share in asking.shares:
                self._drafts.keep(_occasion(share), {})
            (share, *_) = (one for one in asking.shares if not one.blocked)
            if share.action.watch is not None and len(results) == 1:
                open_watch(self._host, share.cloud, share.action, results[0])
        return results

    async def _confirmed(self, asking: Confirmation) -> Sequence[Intent]:
        """Ask for inputs, then for confirmation, alternating as often as wanted; empty if abandoned."""
        for share in asking.shares:
            if share.action.on == "view" or must_ask(share.action.fields):
                if not await self._filled(share):
                    return ()
            else:
                share.take(FormModel(share.action, share.seen[0].item if share.seen else None, {}).filled())
        while True:
            if not await self._may_be_asked(asking.shares):
                return ()
            answer = await self._host.push_screen_wait(Dialog(asking.question(), asking.renewed))
            if answer is Answer.YES:
                return await self._still_once(asking.intents)
            if answer is Answer.NO:
                return ()
            if answer is Answer.DOCUMENT:
                await self._edited(asking.shares[0])
            elif not await self._all_filled([share for share in asking.shares if share.action.fields]):
                return ()

    async def _may_be_asked(self, shares: Sequence[Share]) -> bool:
        """Whether the same change is not under way, or is to be repeated."""
        for share in shares:
            share.look()
        insist = await insisted(self._host, self._store, [share.intent for share in shares if not share.blocked])
        for share in shares:
            share.insist |= insist or frozenset()
        return insist is not None

    async def _still_once(self, intents: Sequence[Intent]) -> Sequence[Intent]:
        """Return the confirmed intents, unless another console has sent the same meanwhile and nobody insists."""
        await self._store.resume()
        insist = await insisted(self._host, self._store, intents)
        return () if insist is None else [replace(intent, insist=intent.insist | insist) for intent in intents]

    async def _all_filled(self, shares: Sequence[Share]) -> bool:
        for share in shares:
            if not await self._filled(share):
                return False
        return True

    async def _filled(self, share: Share) -> bool:
        share.look()
        action, rows = share.action, share.ready
        if share.blocked:
            return True  # the dialog says why
        occasion, spread = _occasion(share), Spread.of(action, rows)
        of = f" {called(rows[0].name)}" if len(rows) == 1 else f" {len(rows)} rows" if rows else ""
        form = Form(
            spread.action,
            share.cloud.client,
            rows,
            f"{action.label}{of} in {share.cloud.name}",
            self._drafts.of(occasion),
            share.given,
        )
        filled = await self._host.push_screen_wait(form)
        self._drafts.keep(occasion, form.draft)
        if filled is not None:
            share.take(filled, spread)
        return filled is not None

    async def _edited(self, share: Share) -> None:
        request = share.intent.request(share.ready)
        body = await edited_body(self._host, share.action, request.body, request.secrets)
        if body is not None:
            share.body = body

    async def _sent(self, asking: Confirmation, intents: Sequence[Intent]) -> tuple[Result, ...]:
        results = await self._store.perform(*intents)
        unwritten = [r for r in results if r.outcome.problem is not None and r.outcome.problem.cause is Cause.JOURNAL]
        if not unwritten or self._store.journal.required:
            return results
        asked = Question(
            f"{asking.label} without a line in the journal?",
            (str(unwritten[0].outcome.problem),),
            asking.risk,
            asking.label.lower(),
            type_this="without",
            effect=("Nobody will be able to look up later that this was done, or by whom.",),
        )
        if await self._host.push_screen_wait(Dialog(asked)) is not Answer.YES:
            return results
        refs = {result.row.ref for result in unwritten if result.row is not None}
        again = [
            replace(intent, rows=tuple(row for row in intent.rows if row.ref in refs), unwritten=True)
            for intent in intents
            if not intent.rows or any(row.ref in refs for row in intent.rows)
        ]
        return (*(result for result in results if result not in unwritten), *await self._store.perform(*again))

    def _report(self, asking: Confirmation, results: Sequence[Result]) -> None:
        """Report the results; an unknown outcome is reported as unknown."""
        worst = max((result.outcome.send_status for result in results), key=list(SendStatus).index)
        of = f" {called(results[0].name)}" if len(results) == 1 else ""
        lines = [f"{asking.label}{of}: {summary(results)}"]
        lines += list(dict.fromkeys(str(r.outcome.problem) for r in results if r.outcome.problem))[:MOST_REASONS]
        if worst is SendStatus.UNKNOWN:
            seen = any(share.action.progress is not None for share in asking.shares)
            lines.append(f"It may have happened. {_LOOKED_FOR if seen else _NO_SIGN}")
        if (left := len(to_retry(results))) and len(results) > 1:
            key = asking.shares[0].action.key if len(asking.shares) == 1 else ""
            lines.append(f"{left} stay marked: {key or 'the same verb'} asks again for just those.")
        self._say("\n".join(lines), _SEVERITY[worst])

    def _say(self, text: str, severity: SeverityLevel) -> None:
        text = shorten(text, LONGEST_NOTICE)
        self._host.notify(text, severity=severity, markup=False, timeout=4 if severity == "information" else 10)


def _occasion(share: Share) -> DraftKey:
    targets = ",".join(sorted(row.ref.id for row in share.ready))
    return DraftKey(share.cloud.name, share.view.name, share.action.name, targets)


def _targets(invocation: Invocation) -> frozenset[Ref]:
    """Return the refs that an invocation is about; a list as a whole is a ref without an id."""
    lists = (Ref(call.group.cloud.name, call.group.view.name, "") for call in invocation.calls)
    return frozenset(row.ref for row in invocation.rows) or frozenset(lists)


def _verb(invocation: Invocation) -> str:
    return invocation.calls[0].verb.name


def refusals(invocation: Invocation) -> Iterator[str]:
    """Yield the reasons why a change cannot be requested at all."""
    for call in invocation.calls:
        if call.group.cloud.read_only:
            yield read_only(call.group.cloud.name)
    changes = [(call, call.verb) for call in invocation.calls if isinstance(call.verb, Action)]
    if len(invocation.rows) > 1 and any(one_at_a_time(action) for _, action in changes):
        yield ONE_AT_A_TIME
    reasons = [(call, blocked(action, call.group.rows)) for call, action in changes]
    if not all(reason for _, reason in reasons):
        return  # if it is not available for some of several, the dialog lists those
    call, reason = reasons[0]
    one = called(invocation.rows[0].name) if len(invocation.rows) == 1 else call.group.cloud.name
    yield f"{one}: {reason}" if len(invocation.rows) == 1 or len(invocation.calls) > 1 else reason


def to_retry(results: Sequence[Result]) -> list[Row]:
    """Return the targets for which certainly nothing was done."""
    return [
        r.row
        for r in results
        if r.row is not None and r.outcome.send_status in (SendStatus.REFUSED, SendStatus.NOT_SENT)
    ]


_SEVERITY: dict[SendStatus, SeverityLevel] = {
    SendStatus.ACCEPTED: "information",
    SendStatus.REFUSED: "error",
    SendStatus.NOT_SENT: "warning",
    SendStatus.UNKNOWN: "warning",
}
