"""`Z`: the last change of this console that was sent, and the verb that takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gputui.core.actions import Action
from gputui.core.prechecks import GONE, said_of
from gputui.core.reading import AnyView
from gputui.core.request import SendStatus
from gputui.core.rows import Ref
from gputui.engine.cloud import Cloud
from gputui.engine.perform import Result
from gputui.engine.store import Store
from gputui.ui.act.share import Share
from gputui.ui.list.targets import Call, Group, Invocation, called


@dataclass(frozen=True, slots=True)
class ChangedList:
    """What was changed in one list: the verb, and the targets by ref with the names they had."""

    cloud: Cloud
    view: AnyView
    action: Action[Any]
    targets: tuple[tuple[Ref, str], ...]

    @property
    def opposite(self) -> Action[Any] | None:
        """The verb that takes it back, if there is one."""
        return next((one for one in self.view.actions if one.name == self.action.opposite), None)


def changed_lists(shares: Sequence[Share], results: Iterable[Result]) -> tuple[ChangedList, ...]:
    """Return what may have been changed by these results: neither what was refused nor what was not sent."""
    sent = [one for one in results if one.outcome.send_status in (SendStatus.ACCEPTED, SendStatus.UNKNOWN)]
    found: list[ChangedList] = []
    for share in shares:
        own = tuple((one.row.ref, one.row.name) for one in sent if one.row is not None and _in(share, one.row.ref))
        if own or (share.action.on == "view" and sent):
            found.append(ChangedList(share.cloud, share.view, share.action, own))
    return tuple(found)


def taken_back(lists: Sequence[ChangedList], store: Store) -> Invocation | str:
    """Return the opposite of a change on the newest rows of its targets, or why there is nothing to offer."""
    if not lists:
        return "nothing has been changed since the start"
    label = "/".join(dict.fromkeys(one.action.label for one in lists))
    if any(one.opposite is None for one in lists):
        return f"{label}: no verb takes it back"
    calls: list[Call] = []
    gone: list[str] = []
    for one in lists:
        rows = [row for ref, _ in one.targets if (row := store.find(ref)) is not None]
        gone += [said_of(called(name), GONE) for ref, name in one.targets if store.find(ref) is None]
        if rows and one.opposite is not None:
            calls.append(Call(Group(one.cloud, one.view, tuple(rows)), one.opposite))
    if not calls:
        return f"{label}: {gone[0]}"
    return Invocation("/".join(dict.fromkeys(call.verb.label for call in calls)), tuple(calls))


def _in(share: Share, ref: Ref) -> bool:
    return (ref.profile, ref.view) == (share.cloud.name, share.view.name)
