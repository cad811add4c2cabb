"""The verbs for rows of several lists: matched by name, and available if all of the lists have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from gputui.core.actions import Action, KnownVerb, Query, one_at_a_time
from gputui.core.guards import read_only
from gputui.core.prechecks import ONE_AT_A_TIME, ONE_ROW
from gputui.ui.list.action_items import ActionItem, offers_of, on_list
from gputui.ui.list.targets import Group, Targets
from gputui.ui.widgets.keys import shown

Found: TypeAlias = "Sequence[tuple[Group, tuple[ActionItem, ...]]]"
"""The items of each list."""
Share: TypeAlias = "tuple[Group, ActionItem]"
"""One list's own item of a verb."""


def action_items_for(targets: Targets, keymap: Mapping[str, str]) -> tuple[ActionItem, ...]:
    """Return the verbs for the targets, of any number of lists."""
    found = [(group, offers_of(group, keymap)) for group in targets.groups]
    if len(found) > 1:
        return in_common(found)
    return found[0][1] if found else ()


def in_common(found: Found) -> tuple[ActionItem, ...]:
    """Return the verbs of all lists: those that each list has, then those that one lacks, then those that all lack."""
    verbs: dict[tuple[bool, str], list[Share]] = {}
    absent: dict[str, list[Share]] = {}
    for group, its_offers in found:
        for offer in its_offers:
            name = offer.identity.rpartition(".")[2]
            if offer.verb is None:
                absent.setdefault(name, []).append((group, offer))
            else:
                verbs.setdefault((not isinstance(offer.verb, Query), name), []).append((group, offer))
    groups = [group for group, _ in found]
    several = _clashes(verbs.values(), groups)
    made = [_merged(name, shares, groups, several) for (_, name), shares in verbs.items()]
    lacking = [_lacking(name, shares, groups) for name, shares in absent.items() if not _has(verbs, name)]
    return (*(one for one in made if one.calls), *(one for one in made if not one.calls), *lacking)


def _has(verbs: Iterable[tuple[bool, str]], name: str) -> bool:
    return any(known == name for _, known in verbs)


def _merged(name: str, shares: Sequence[Share], groups: Sequence[Group], several: dict[str, str]) -> ActionItem:
    keys = list(dict.fromkeys(_keys(shares)))
    if name == KnownVerb.METRICS and any(group.view.ssh is not None for group in groups):
        keys = []  # as in one list: if GPUs are read over SSH, the key is theirs
    calls = tuple(call for _, offer in shares for call in offer.calls)
    off, askable = _off(shares, groups)
    lacking = len({id(group) for group, _ in shares}) < len(groups)
    return ActionItem(
        name,
        _label(shares),
        ",".join(key for key in keys if key not in several),
        shares[0][1].verb,
        off,
        calls if askable else (),
        tuple((key, several[key]) for key in keys if key in several),
        lacking=lacking,
    )


def _off(shares: Sequence[Share], groups: Sequence[Group]) -> tuple[str, bool]:
    """Return why a verb is not available on all of these lists, and whether it can be requested anyway for details."""
    having = [group for group, _ in shares]
    lacking = [group for group in groups if group not in having]
    verb = shares[0][1].verb
    if lacking:
        none = f"has no {_label(shares).lower()}" if len(lacking) == 1 else "have none"
        return f"{_names(lacking, groups)} {none}", False
    if isinstance(verb, Query) and not verb.many:
        return ONE_ROW, False
    if isinstance(verb, Query) or any(offer.verb is not None and on_list(offer.verb) for _, offer in shares):
        return "of one list at a time", False
    if any(isinstance(offer.verb, Action) and one_at_a_time(offer.verb) for _, offer in shares):
        return ONE_AT_A_TIME, True
    locked = [group for group in having if group.cloud.read_only]
    if locked:
        return read_only(*_each_name(locked, groups)), True
    if all(offer.off for _, offer in shares):
        first, offer = shares[0]
        return f"{_names([first], groups)}: {offer.off}", True
    return "", True


def _lacking(name: str, shares: Sequence[Share], groups: Sequence[Group]) -> ActionItem:
    group, offer = shares[0]
    return ActionItem(name, offer.label, "", None, f"{_names([group], groups)}: {offer.off}")


def _label(shares: Iterable[Share]) -> str:
    return "/".join(dict.fromkeys(offer.label for _, offer in shares))


def _keys(shares: Iterable[Share]) -> Iterator[str]:
    return (key for _, offer in shares for key in offer.key.split(",") if key)


def _names(some: Iterable[Group], groups: Sequence[Group]) -> str:
    return ", ".join(_each_name(some, groups))


def _each_name(some: Iterable[Group], groups: Sequence[Group]) -> Iterator[str]:
    """Yield the profiles' names, with the view if two of the lists are of one profile."""
    profiles = [group.cloud.name for group in groups]
    return (
        f"{group.cloud.name} {group.view.name}" if profiles.count(group.cloud.name) > 1 else group.cloud.name
        for group in some
    )


def _clashes(verbs: Iterable[Sequence[Share]], groups: Sequence[Group]) -> dict[str, str]:
    """Return the keys that mean different verbs in different lists, with a message about that."""
    meanings: dict[str, dict[int, list[Share]]] = {}
    for at, shares in enumerate(verbs):
        for group, offer in shares:
            for key in _keys([(group, offer)]):
                meanings.setdefault(key, {}).setdefault(at, []).append((group, offer))
    return {
        key: _told(key, tuple(found.values()), groups)
        for key, found in meanings.items()
        if len(found) > 1 and not all(_about_list(shares) for shares in found.values())
    }


def _about_list(shares: Iterable[Share]) -> bool:
    return all(offer.verb is not None and on_list(offer.verb) for _, offer in shares)


def _told(key: str, meanings: Sequence[Sequence[Share]], groups: Sequence[Group]) -> str:
    means = " and ".join(f"{_label(some)} in {_names((group for group, _ in some), groups)}" for some in meanings)
    return f"{shown(key)} means {means}: the menu (a) has each by its name"
