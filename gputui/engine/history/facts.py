"""The facts of a machine that history remembers, taken from its row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from operator import attrgetter

from gputui.core.cells import NONE_TEXT, Role
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Row
from gputui.engine.history.records import Facts, What

_ROLES = (Role.ADDRESS, Role.OTHER_ADDRESS, Role.LOCK, Role.OWNER)
LONGEST = 200
"""Characters kept of each fact."""


class FactsOf(Collection[Facts]):
    """The facts of some rows of a view, made when they are asked for: not on the event loop, where rows are made."""

    def __init__(self, view: AnyView, rows: Collection[Row]) -> None:
        self._view, self._rows = view, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Facts]:
        """The facts of each row that could be read."""
        return map(_facts(self._view), (row for row in self._rows if row.item is not None))

    def __contains__(self, facts: object) -> bool:
        return any(one == facts for one in self)


def _facts(view: AnyView) -> Callable[[Row], Facts]:
    by_role = {column.role: at for at, column in reversed(list(enumerate(columns(view)))) if column.role is not None}
    places = tuple(by_role.get(role) for role in _ROLES)

    def facts(row: Row) -> Facts:
        more = ("" if at is None else _text(row, at) for at in places)
        return Facts(row.ref.id, row.name[:LONGEST], row.state[:LONGEST], row.health.word, *more)

    return facts


def _text(row: Row, at: int) -> str:
    text = row.cells[at].text[:LONGEST]
    return "" if text == NONE_TEXT else text


def compared(before: Facts | None, after: Facts | None) -> Iterator[tuple[What, str, str]]:
    """What changed from one to the other, with the texts before and after; None for a machine that is not there."""
    if before is None or after is None:
        if after is not None:
            yield What.APPEARED, "", after.state
        elif before is not None:
            yield What.GONE, before.state or before.name, ""
        return
    if before.state != after.state:
        yield What.STATE, before.state, after.state
    elif before.health != after.health:
        yield What.HEALTH, before.health, after.health
    for what, fact in _PLAIN:
        if fact(before) != fact(after):
            yield what, fact(before), fact(after)


_PLAIN: tuple[tuple[What, Callable[[Facts], str]], ...] = (
    (What.ADDRESS, attrgetter("address")),
    (What.OTHER_ADDRESS, attrgetter("other_address")),
    (What.LOCK, attrgetter("lock")),
    (What.OWNER, attrgetter("owner")),
)
"""The facts that are compared one by one."""
