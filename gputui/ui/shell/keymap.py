"""Check the `[keys]` of a configuration: unknown ids, and keys with two meanings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textual.binding import Binding

from gputui.engine.store import Store
from gputui.ui.table.live_table import LiveTable
from gputui.ui.widgets.keys import Key


def clashes(keymap: Mapping[str, str], store: Store, commands: Iterable[Key]) -> list[str]:
    """Return complaints about a keymap: unknown ids, and for each view the keys that two bindings share."""
    everywhere = dict(_everywhere(commands))
    verbs = [dict(found) for found in _verbs(store)]
    known = {*everywhere, *(identity for found in verbs for identity in found)}
    complaints = [f"[keys] {identity}: there is no binding of that id" for identity in keymap if identity not in known]
    for found in verbs or [{}]:
        complaints += _shared({**everywhere, **found}, keymap)
    return list(dict.fromkeys(complaints))


def _everywhere(commands: Iterable[Key]) -> Iterator[tuple[str, str]]:
    yield from ((key.id, key.keys) for key in commands if key.keys)
    for binding in LiveTable.BINDINGS:
        if isinstance(binding, Binding) and binding.id:
            yield binding.id, binding.key


def _verbs(store: Store) -> Iterator[Iterator[tuple[str, str]]]:
    for cloud in store.clouds.values():
        provider = cloud.provider
        for view in provider.views:
            yield ((f"{provider.name}.{view.name}.{action.name}", action.key) for action in view.actions if action.key)


def _shared(bindings: Mapping[str, str], keymap: Mapping[str, str]) -> Iterator[str]:
    taken: dict[str, str] = {}
    for identity, default in bindings.items():
        for key in keymap.get(identity, default).split(","):
            other = taken.setdefault(key.strip(), identity)
            if other != identity:
                yield f"[keys] {key.strip()} means both {other} and {identity}"
