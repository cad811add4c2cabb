"""The verbs for rows, with their keys and blocked reasons: the one source for keys, menu, help and palette."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gputui.core.actions import Action, KnownVerb, Risk
from gputui.core.guards import read_only
from gputui.core.prechecks import blocked, unseen, warning
from gputui.core.provider import Provider
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.ui.list.targets import Call, Group, Verb

_RISKS = {
    Risk.LOOKS: "only looks",
    Risk.REVERSIBLE: "reversible",
    Risk.DISRUPTS: "disrupts",
    Risk.DESTROYS: "destroys",
}


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One verb for the given rows. `verb` is None for one that the API lacks; `off` says why it is not available.

    `lacking`: one of several lists has no such verb. `warning` is what may go wrong on a single row. `calls` are
    its calls, one per list; empty if it cannot even be requested. `clashes` are keys that would be its own but mean
    something else in another list, with a message about that.
    """

    identity: str
    label: str
    key: str
    verb: Verb | None
    off: str = ""
    calls: tuple[Call, ...] = ()
    clashes: tuple[tuple[str, str], ...] = ()
    warning: str = ""
    lacking: bool = False

    @property
    def note(self) -> str:
        """Return why it is not available, or else its risk and what may go wrong."""
        return self.off or ": ".join(filter(None, (_RISKS[self.risk], self.warning)))

    @property
    def risk(self) -> Risk:
        """The highest risk on any of the lists."""
        return max(risk_of(verb) for verb in (self.verb, *(call.verb for call in self.calls)) if verb is not None)

    def pressed(self, *keys: str | None) -> bool:
        """Whether one of these names of a pressed key is its key."""
        return self.verb is not None and any(key in self.key.split(",") for key in keys if key)

    def clash(self, *keys: str | None) -> str:
        """Return what else one of these key names means; empty if nothing."""
        return next((words for key, words in self.clashes if key in keys), "")


def risk_of(verb: Verb) -> Risk:
    """Return the risk of a verb."""
    return verb.risk if isinstance(verb, Action) else Risk.LOOKS


def on_list(verb: Verb) -> bool:
    """Whether a verb is about the list as a whole, not about rows."""
    return isinstance(verb, Action) and verb.on == "view"


def offers(
    provider: Provider[Any], view: AnyView, rows: Sequence[Row], keymap: Mapping[str, str], *, locked: str = ""
) -> Iterator[ActionItem]:
    """Return every verb of a view for `rows` (none: for the list alone): queries first, those the API lacks last.

    `locked` says why no change is possible there; otherwise it is empty.
    """
    verbs: tuple[Verb, ...] = (*view.queries, *view.actions)
    for verb in verbs:
        identity = f"{provider.name}.{view.name}.{verb.name}"
        # If the GPUs are read over SSH, their key is not the panel's, whose figures are in the menu.
        key = keymap.get(identity, "" if verb.name == KnownVerb.METRICS and view.ssh is not None else verb.key)
        if isinstance(verb, Action):
            off = locked or blocked(verb, rows)
            # Of several rows the dialog says which have one.
            doubt = warning(verb, rows[0]) if len(rows) == 1 and not off else ""
            yield ActionItem(identity, verb.label, key, verb, off, warning=doubt)
        else:
            yield ActionItem(identity, verb.label, key, verb, unseen(verb, rows))
    for name, reason in view.absent.items():
        label = name.upper() if name == KnownVerb.SSH else name.capitalize()
        yield ActionItem(f"{provider.name}.{view.name}.{name}", label, "", None, reason)


def offers_of(group: Group, keymap: Mapping[str, str]) -> tuple[ActionItem, ...]:
    """Return every verb of one list, each with its call."""
    cloud, view = group.cloud, group.view
    alone = replace(group, rows=())
    locked = read_only(cloud.name) if cloud.read_only else ""
    return tuple(
        offer
        if offer.verb is None
        else replace(offer, calls=(Call(alone if on_list(offer.verb) else group, offer.verb),))
        for offer in offers(cloud.provider, view, group.rows, keymap, locked=locked)
    )
