"""The current place of the console (tab and view), and moving between places."""

from __future__ import annotations

from collections.abc import Callable

from gputui.core.naming import did_you_mean
from gputui.core.rows import Ref
from gputui.engine.store import Store
from gputui.ui.list.location import FLEET, Location, NavHistory
from gputui.ui.list.page import Page


class Navigation:
    """The pages of the visited places, one of which is shown.

    `made` creates the page of a place and mounts it; `entered` is called with the page that is now shown, or with None
    while its profile is not connected.
    """

    def __init__(
        self,
        store: Store,
        made: Callable[[Location], Page],
        entered: Callable[[Page | None], None],
        start_view: str = "",
    ) -> None:
        self.trail = NavHistory(Location(FLEET))
        self.pages: dict[Location, Page] = {}
        self.start_view = start_view
        self._store = store
        self._made = made
        self._entered = entered
        self._last_views: dict[str, str] = {}

    @property
    def page(self) -> Page | None:
        """The page of the current place; None while its profile is not connected."""
        return self.pages.get(self.trail.here)

    @property
    def tabs(self) -> list[str]:
        """The names of the tabs by number: the fleet, then the profiles."""
        return [FLEET, *self._store.tabs]

    def go_to(self, tab: str, view: str, parent: Ref | None = None) -> None:
        """Go to a place and add it to the history."""
        place = Location(tab, view, parent)
        if place != self.trail.here:
            self._leave(self.page)
            self.trail.go(place)
            self.enter()

    def step(self, by: int) -> bool:
        """Go back or forward in the history; False if there is nothing in that direction."""
        left = self.page
        if self.trail.step(by) is None:
            return False
        self._leave(left)
        self.enter()
        return True

    def last(self) -> bool:
        """Go to the previous place; called again, return. False if there is none."""
        previous = self.trail.previous
        if previous is not None:
            self.go_to(previous.tab, previous.view, previous.parent)
        return previous is not None

    def tab(self, number: int) -> bool:
        """Go to the fleet (0) or to the profile with that number, to its last view; False if there is none."""
        names = self.tabs
        if number < len(names):
            self.go_to(names[number], self._last_view(names[number]))
        return number < len(names)

    def next_view(self, by: int) -> None:
        """Go to the next view of the tab; in the fleet to the next profile."""
        here = self.trail.here
        cloud = self._store.clouds.get(here.tab)
        if cloud is None:
            self.tab((self.tabs.index(here.tab) + by) % len(self.tabs))
            return
        if not here.view:  # it was connected after we came, and has not been settled yet
            self.settle()
            self.next_view(by)
            return
        views = [view.name for view in cloud.provider.views]
        self.go_to(here.tab, views[(views.index(here.view) + by) % len(views)])

    def settle(self) -> None:
        """Set the first view, or the requested one, of a tab that was entered before its provider was loaded."""
        here = self.trail.here
        cloud = self._store.clouds.get(here.tab)
        if cloud is not None and not here.view:
            self.trail.settle(Location(here.tab, cloud.provider.views[0].name))
            self.enter()
        for name, found in self._store.clouds.items():
            if self.start_view and found.provider.view(self.start_view):
                wanted, self.start_view = self.start_view, ""
                self.go_to(name, wanted)

    def enter(self) -> None:
        """Show the current place."""
        place = self.trail.here
        cloud = self._store.clouds.get(place.tab)
        page: Page | None = None
        if place.tab == FLEET or (cloud is not None and place.view):
            if place.parent is None:
                self._last_views[place.tab] = place.view
            page = self.pages.get(place)
            if page is None:
                page = self.pages[place] = self._made(place)
            page.display = True
            page.watch_feed()
        self._entered(page)

    def _leave(self, page: Page | None) -> None:
        if page is not None:
            page.leave_feed()
            page.display = False

    def _last_view(self, tab: str) -> str:
        cloud = self._store.clouds.get(tab)
        if cloud is None:
            return ""
        return self._last_views.get(tab) or cloud.provider.views[0].name


def no_view(name: str, store: Store) -> str:
    """Return what to say about a view that no profile has."""
    known = {view.name for cloud in store.clouds.values() for view in cloud.provider.views}
    return f"no profile has a view called {name}{did_you_mean(name, sorted(known))}"
