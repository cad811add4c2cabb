"""Which machine a person means by a name."""

from __future__ import annotations

from collections.abc import Iterator

from gputui.config.tables import meant
from gputui.core.provider import SshTarget
from gputui.core.rows import Ref, Row
from gputui.engine.deck import Deck

MOST_SAID = 4


def named(deck: Deck, words: str) -> Ref | str:
    """The one machine called so, by name, id, `profile/name` or `profile/id`; else why there is not one, in words."""
    rows = list(_reachable(deck))
    found = _distinct(deck, [row for row in rows if words in _names(row)])
    if not found:
        return f"no machine is called {words}{meant(words, {row.name for row in rows})}"
    if len(found) > 1:
        those = ", ".join(f"{row.ref.profile}/{row.ref.id}" for row in found[:MOST_SAID])
        more = f" and {len(found) - MOST_SAID} more" if len(found) > MOST_SAID else ""
        return f"{len(found)} machines are called {words}; say which: {those}{more}"
    return found[0].ref


def _reachable(deck: Deck) -> Iterator[Row]:
    for cloud in deck.clouds.values():
        for feed, snapshot in cloud.snapshots().items():
            view = cloud.provider.view(feed.view)
            if view is not None and view.ssh is not None:
                yield from (row for row in snapshot.rows.values() if row.item is not None)


def _names(row: Row) -> tuple[str, ...]:
    profile, id = row.ref.profile, row.ref.id
    return (row.name, id, f"{profile}/{row.name}", f"{profile}/{id}")


def _distinct(deck: Deck, rows: list[Row]) -> list[Row]:
    """Each machine once: two views of a cloud may show the same one."""
    by_place: dict[object, Row] = {}
    for row in rows:
        view = deck.clouds[row.ref.profile].provider.view(row.ref.view)
        target = view.ssh(row.item) if view is not None and view.ssh is not None else ""
        place = (target.host, target.port, target.user) if isinstance(target, SshTarget) else row.ref
        by_place.setdefault((row.ref.profile, place), row)
    return list(by_place.values())
