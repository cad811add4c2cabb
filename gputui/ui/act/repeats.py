"""The question before a request that was already sent with an unknown outcome is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gputui.core.actions import Risk
from gputui.core.problem import Failed
from gputui.engine.conflicts import conflicts, what_may_happen
from gputui.engine.operations import Operation
from gputui.engine.perform import Intent
from gputui.engine.store import Store
from gputui.ui.list.targets import called
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.question import Question

if TYPE_CHECKING:
    from gputui.ui.host import Host

TYPED = "again"
MOST_NAMED = 5


async def insisted(host: Host, store: Store, intents: Sequence[Intent]) -> frozenset[str] | None:
    """Return the journal entries that a person, warned of the consequences, wants to repeat; None if not.

    Empty if nothing speaks against the intents.
    """
    standing = [(intent, one) for intent in intents for one in _against(store, intent)]
    if standing and await host.push_screen_wait(Dialog(_question(store, standing))) is not Answer.YES:
        return None
    return frozenset(one.entry for _, one in standing)


def _against(store: Store, intent: Intent) -> Sequence[Operation]:
    try:
        return conflicts(intent.attempt, store.operations.everything(), store.clock.now(), intent.insist)
    except Failed:
        return ()  # it cannot be sent: the dialog says why


def _question(store: Store, standing: Sequence[tuple[Intent, Operation]]) -> Question:
    (intent, first), *_ = standing
    name = f" {called(first.name)}" if len(standing) == 1 else ""
    now = store.clock.now()
    lines = [f"{one.name}   {one.words_at(now)}" for _, one in standing[:MOST_NAMED]]
    lines += [f"and {len(standing) - MOST_NAMED} more"] if len(standing) > MOST_NAMED else []
    may = dict.fromkeys(what_may_happen(one, _title(store, one)) for _, one in standing[:MOST_NAMED])
    return Question(
        f"{intent.action.label}{name} again in {intent.cloud.name}?",
        (*lines, "esc waits: the row and :ops say when it is known."),
        Risk.DESTROYS,
        "insist",
        type_this=TYPED,
        effect=tuple(may),
    )


def _title(store: Store, operation: Operation) -> str:
    view = store.view(operation.ref)
    return view.title if view is not None else operation.ref.view
