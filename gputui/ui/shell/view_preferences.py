"""How each view is shown, as the user wanted it last: applied to its pages, and remembered when it changes there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gputui.core.preferences import USUAL, Preferences, ViewPreference
from gputui.ui.list.location import FLEET
from gputui.ui.list.page import Page
from gputui.ui.table.columns import ColumnChoice
from gputui.ui.table.order import Sort

if TYPE_CHECKING:
    from gputui.ui.host import Host

FLEET_VIEW = "fleet"


class ViewPreferences:
    """The preferences of the views, which all profiles of a provider share."""

    def __init__(self, host: Host, page: Callable[[], Page | None]) -> None:
        self._host = host
        self._page = page
        self._store = host.store
        self._file = host.preferences

    def loaded(self) -> None:
        """Show the list as it was shown last, now that this is known."""
        if (page := self._page()) is not None:
            self.apply(page)

    def toggle_wide(self) -> None:
        """Toggle between all columns of this view and those that fit."""
        if (page := self._page()) is not None:
            page.wide = not page.wide
            self.remember()

    def menu(self) -> None:
        """Let the user choose order and columns."""
        from gputui.ui.list.column_menu import ColumnMenu  # not needed for the first frame

        if (page := self._page()) is not None:
            title = page.view.title if page.view else "Fleet"
            self._host.push_screen(ColumnMenu(page, title, ascii_only=self._host.ascii_only))

    def apply(self, page: Page) -> None:
        """Show a page as its view was shown last."""
        wanted = self._file.now.views.get(self._name(page), USUAL)
        if wanted == preference_of(page):
            return
        at = {column.id: index for index, column in enumerate(page.columns)}
        page.column_view.choice = _choice(wanted, at)
        page.wide = wanted.wide
        sort = Sort(at[wanted.sort], wanted.falling) if wanted.sort in at else None
        if sort != page.sorting:
            page.sort_by(sort.column if sort else None, sort.reverse if sort else False)

    def remember(self) -> None:
        """Remember how the page is shown."""
        if (page := self._page()) is None:
            return
        name, wanted = self._name(page), preference_of(page)
        if wanted != self._file.now.views.get(name, USUAL):
            self._file.change(partial(Preferences.with_view, name=name, wanted=wanted))

    def _name(self, page: Page) -> str:
        cloud = self._store.clouds.get(page.place.tab)
        return f"{cloud.provider.name}.{page.place.view}" if cloud and page.place.tab != FLEET else FLEET_VIEW


def _choice(wanted: ViewPreference, at: dict[str, int]) -> ColumnChoice:
    """Return the choice by index: the name stays first, columns that were not there then come last."""
    known = [at[id] for id in dict.fromkeys(wanted.order) if at.get(id)]
    order = (0, *known, *(index for index in at.values() if index and index not in known)) if known else ()
    hidden, pinned = (frozenset(at[id] for id in ids if at.get(id)) for ids in (wanted.hidden, wanted.pinned))
    return ColumnChoice(order, hidden, pinned)


def preference_of(page: Page) -> ViewPreference:
    """Return how a page is shown."""
    ids = [column.id for column in page.columns]
    sort, choice = page.sorting, page.column_view.choice
    return ViewPreference(
        ids[sort.column] if sort else "",
        bool(sort and sort.reverse),
        page.wide,
        tuple(ids[index] for index in choice.order),
        tuple(ids[index] for index in sorted(choice.hidden)),
        tuple(ids[index] for index in sorted(choice.pinned)),
    )
