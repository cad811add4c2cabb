"""Which rows a key press is about: taken once, the one source for verbs, menus, copies and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gputui.core.actions import Action, Query
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.core.text import shorten
from gputui.engine.cloud import Cloud
from gputui.engine.store import Store

LONGEST_CALLED = 80

Verb: TypeAlias = "Action[Any] | Query[Any]"


def called(name: str) -> str:
    """A name as titles and notices say it, which must leave room for what is asked; it stands whole in the rows."""
    return shorten(name, LONGEST_CALLED)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one list, with the cloud and the view they belong to; no rows where it is about the list alone.

    A row of another list cannot be in it: a provider's functions only ever meet their own items.
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
    """A verb of one list on rows of that list."""

    group: Group
    verb: Verb

    def __post_init__(self) -> None:
        if not any(self.verb is own for own in (*self.group.view.queries, *self.group.view.actions)):
            raise ValueError(f"{self.verb.name} is no verb of {self.group.view.name}")


@dataclass(frozen=True, slots=True)
class Invocation:
    """A verb that was asked for: what it is called, one call for each list, on rows as they stood at the key press.

    `hidden` counts those of them that the filter hides.
    """

    label: str
    calls: tuple[Call, ...]
    hidden: int = 0

    @property
    def rows(self) -> tuple[Row, ...]:
        """All its rows."""
        return tuple(row for call in self.calls for row in call.group.rows)


@dataclass(frozen=True, slots=True)
class Targets:
    """Rows taken at a key press, as they stood then. Who owns a row follows from the row itself, never from the cursor.

    `refs` are all that were meant, `rows` those of them that are known, `groups` the same rows list by list. `marked`
    tells whether they came from marks; `hidden` counts the marked ones that the filter hides.
    """

    refs: tuple[Ref, ...] = ()
    rows: tuple[Row, ...] = ()
    groups: tuple[Group, ...] = ()
    marked: bool = False
    hidden: int = 0

    @property
    def words(self) -> str:
        """What they are called together; empty where there are none."""
        if len(self.rows) == 1:
            return called(self.rows[0].name)
        return f"{len(self.rows)} {'marked ' * self.marked}rows" if self.rows else ""

    def invocation(self, label: str, calls: Sequence[Call]) -> Invocation:
        """The calls as one wish."""
        return Invocation(label, tuple(calls), self.hidden if len(self.rows) > 1 else 0)


def targets_of(store: Store, refs: Iterable[Ref], *, marked: bool, hidden: int = 0) -> Targets:
    """Look rows up as they are now, and put those of one list together, in the order of the tabs."""
    refs = tuple(refs)
    rows = tuple(row for ref in refs if (row := store.find(ref)) is not None)
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
