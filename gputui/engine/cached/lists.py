"""Machine lists as an earlier console left them, shown until the first reading: dimmed, and closed to every verb."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gputui.core.cells import EMPTY, Cell, Column
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import View
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Ghost, Ref, Row, Snapshot

UNREAD = "its list has not been read yet"
"""Why nothing can be done to a cached row."""


@dataclass(frozen=True, slots=True)
class CachedList:
    """The rows of one view of a profile as of `at` (epoch seconds), without verdicts that look fine.

    `view` has the name, the title and the columns of the provider's own, and nothing else: it reads no item.
    """

    view: AnyView
    at: float
    rows: Mapping[Ref, Row]
    waiting: tuple[str, ...] = ()
    """The lines of further rows, to be decoded when there is time; the rows that a list shows first are in `rows`."""

    def ghosts(self, view: AnyView) -> dict[Ref, Ghost]:
        """The rows as ghosts of the provider's view, whose columns may be those of another version."""
        before, now = ([column.id for column in columns(one)] for one in (self.view, view))
        if before == now:
            return {ref: Ghost(row, self.at) for ref, row in self.rows.items()}
        at = {id: place for place, id in enumerate(before)}
        places = [at.get(id) for id in now]

        def fitted(row: Row) -> Row:
            cells = tuple(EMPTY if place is None else row.cells[place] for place in places)
            return cached_row(row.ref, row.name, row.state, row.health, cells)

        return {ref: Ghost(fitted(row), self.at) for ref, row in self.rows.items()}

    def snapshot(self, every: float, view: AnyView | None = None) -> Snapshot:
        """A snapshot that was not read yet, with these rows."""
        return Snapshot(every=every, ghosts=self.ghosts(view or self.view), cached_at=self.at)


def cached_row(ref: Ref, name: str, state: str, health: Health, cells: tuple[Cell, ...]) -> Row:
    """A row of a cached list; `cells` are dimmed, and its verdict, if it has one, is not fine."""
    return Row(ref, name, state, health, cells, withheld=UNREAD)


def cached_view(
    name: str, title: str, own: Iterable[Column[Any]], *, has_health: bool = True, has_state: bool = True
) -> AnyView:
    """A view of machines that nothing can be read with."""
    return View[Any, Any](
        name,
        title,
        unread,
        key=unread,
        label=unread,
        columns=tuple(own),
        state=unread if has_state else None,
        health=unread if has_health else None,
        machine=True,
    )


def unread(_: object) -> Any:
    raise Failed(Problem(Cause.BUG, UNREAD))
