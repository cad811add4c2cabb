"""The rows a key press is about, taken once: the one source for verbs, menus, copies and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any, TypeAlias

from gputui.core.actions import Action, Query
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.core.text import shorten
from gputui.engine.cached.lists import UNREAD
from gputui.engine.cloud import Cloud
from gputui.engine.store import Store

LONGEST_CALLED = 80

Verb: TypeAlias = "Action[Any] | Query[Any]"


def called(name: str) -> str:
    """Return a name shortened for titles and notices, which must leave room for the question."""
    return shorten(name, LONGEST_CALLED)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one list, with their cloud and view; no rows if it is about the list itself.

    It cannot contain a row of another list: a provider's functions only get their own items.
    """

    cloud: Cloud
    view: AnyView
    rows: tuple[Row, ...] = ()

    def __post_init__(self) -> None:
        here = (self.cloud.name, self.view.name)
        strange = next((row.ref for row in self.rows if (row.ref.profile, row.ref.view) != here), None)
        if strange is not None:
            raise ValueError(f"{strange} is no row of {'/'.join(here)}")


@dataclass(frozen=True, slots=True)
class Call:
    """A verb of one list for rows of that list."""

    group: Group
    verb: Verb

    def __post_init__(self) -> None:
        if not any(self.verb is own for own in (*self.group.view.queries, *self.group.view.actions)):
            raise ValueError(f"{self.verb.name} is no verb of {self.group.view.name}")


@dataclass(frozen=True, slots=True)
class Invocation:
    """A requested verb: its label, and one call for each list, on rows as of the key press.

    `hidden` counts the rows that the filter hides.
    """

    label: str
    calls: tuple[Call, ...]
    hidden: int = 0

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows."""
        return tuple(row for call in self.calls for row in call.group.rows)


@dataclass(frozen=True, slots=True)
class Targets:
    """Rows taken at a key press, unchanged since. A row's list follows from the row itself, never from the cursor.

    `refs` are all targets, `rows` those that are known, `groups` the same rows by list. `marked` is True if they come
    from marks; `hidden` counts the marked ones that the filter hides.
    """

    refs: tuple[Ref, ...] = ()
    rows: tuple[Row, ...] = ()
    groups: tuple[Group, ...] = ()
    marked: bool = False
    hidden: int = 0

    @property
    def unread(self) -> bool:
        """Whether all of them are cached: nothing can be done to them before their lists are read."""
        return bool(self.rows) and all(row.withheld == UNREAD for row in self.rows)

    @property
    def words(self) -> str:
        """Return a short text that names them; empty if there are none."""
        if len(self.rows) == 1:
            return called(self.rows[0].name)
        return f"{len(self.rows)} {'marked ' * self.marked}rows" if self.rows else ""

    def same(self, other: Targets) -> bool:
        """Whether they are the same versions of the same rows of the same lists."""
        rows = len(self.rows) == len(other.rows) and all(map(is_, self.rows, other.rows))
        return self is other or (rows and self == other)

    def invocation(self, label: str, calls: Sequence[Call]) -> Invocation:
        """Return the calls as one invocation."""
        return Invocation(label, tuple(calls), self.hidden if len(self.rows) > 1 else 0)


def targets_of(store: Store, refs: Iterable[Ref], *, marked: bool, hidden: int = 0) -> Targets:
    """Look up the current rows, grouped by list in the order of the tabs; in no group if one is not connected yet."""
    refs = tuple(refs)
    rows = tuple(row for ref in refs if (row := store.find(ref)) is not None)
    if any(row.ref.profile not in store.clouds for row in rows):
        return Targets(refs, rows, (), marked, hidden)
    lists: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        lists.setdefault((row.ref.profile, row.ref.view), []).append(row)
    tabs = list(store.tabs)
    groups: list[Group] = []
    for (profile, view_name), members in sorted(lists.items(), key=lambda entry: tabs.index(entry[0][0])):
        cloud = store.clouds[profile]
        view = cloud.provider.view(view_name)
        if view is not None:
            groups.append(Group(cloud, view, tuple(members)))
    return Targets(refs, rows, tuple(groups), marked, hidden)
