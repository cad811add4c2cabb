"""What can be done to rows, with the key and, where it cannot, why: one source for keys, menu, help and palette."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gputui.core.actions import Action, Look, Risk
from gputui.core.provider import Provider
from gputui.core.reading import AnyView
from gputui.core.rows import Row

READ_ONLY = "this profile is read-only"
Verb: TypeAlias = "Action[Any] | Look[Any]"
_RISKS = {
    Risk.LOOKS: "only looks",
    Risk.REVERSIBLE: "reversible",
    Risk.DISRUPTS: "disrupts",
    Risk.DESTROYS: "destroys",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A verb that was asked for: on which list, and on which rows as they stood on the screen at that moment.

    `hidden` counts those of them that the filter hides.
    """

    verb: Verb
    profile: str
    view: str
    rows: tuple[Row, ...]
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """One verb for the rows at hand. `verb` is None for one that the API does not have; `off` says why it is off."""

    identity: str
    label: str
    key: str
    verb: Verb | None
    off: str = ""

    @property
    def note(self) -> str:
        """Why it is off, else how far its harm reaches."""
        if self.off:
            return self.off
        return _RISKS[self.verb.risk if isinstance(self.verb, Action) else Risk.LOOKS]

    def pressed(self, *keys: str | None) -> bool:
        """Whether one of these names of a key that was pressed is its key."""
        return self.verb is not None and any(key in self.key.split(",") for key in keys if key)


def on_list(verb: Verb) -> bool:
    """Whether a verb is about the list as a whole, not about rows of it."""
    return isinstance(verb, Action) and verb.on == "view"


def offers(
    provider: Provider[Any], view: AnyView, rows: Sequence[Row], keymap: Mapping[str, str], *, read_only: bool = False
) -> Iterator[Offer]:
    """Every verb of a view for `rows` (none: for the list alone), those that read first, what the API lacks last."""
    verbs: tuple[Verb, ...] = (*view.looks, *view.actions)
    for verb in verbs:
        identity = f"{provider.name}.{view.name}.{verb.name}"
        # Where SSH leads to the GPUs themselves, their key is not the panel's: its figures are in the menu.
        key = keymap.get(identity, "" if verb.name == "metrics" and view.ssh is not None else verb.key)
        if isinstance(verb, Action):
            yield Offer(identity, verb.label, key, verb, READ_ONLY if read_only else why_off(verb, rows))
        else:
            yield Offer(identity, verb.label, key, verb, unseen(verb, rows))
    for name, reason in view.absent.items():
        label = name.upper() if name == "ssh" else name.capitalize()
        yield Offer(f"{provider.name}.{view.name}.{name}", label, "", None, reason)


def why_off(action: Action[Any], rows: Sequence[Row]) -> str:
    """Why a change cannot be asked of these rows; empty when it can, of one of them at least."""
    if on_list(action):
        return ""
    first = "no row is selected"
    for at, row in enumerate(rows):
        reason = action.can(row.item) if row.item is not None else "it is unreadable"
        if not reason:
            return ""
        first = first if at else reason
    return first


def unseen(look: Look[Any], rows: Sequence[Row]) -> str:
    """Why there is nothing to see of these rows; empty when there is."""
    if len(rows) != 1:
        return "of one row at a time" if rows else "no row is selected"
    return "it is unreadable" if rows[0].item is None else look.can(rows[0].item) or ""
