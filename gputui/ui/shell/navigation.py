"""Where the console is: the tab, the view in it, and the ways from one place to another and back."""

from __future__ import annotations

from collections.abc import Callable

from gputui.core.rows import Ref
from gputui.engine.store import Store
from gputui.ui.list.location import FLEET, Location, NavHistory
from gputui.ui.list.page import Page


class Navigation:
    """The pages of the places one has been to, one of which is shown.

    `made` makes the page of a place and puts it on the screen; `entered` is called with the page that is shown now, or
    with None while its profile is not connected.
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
        """The page of the present place; None while its profile is not connected."""
        return self.pages.get(self.trail.here)

    @property
    def tabs(self) -> list[str]:
        """The names of the tabs by their numbers: the fleet, then the profiles."""
        return [FLEET, *self._store.tabs]

    def go_to(self, tab: str, view: str, parent: Ref | None = None) -> None:
        """Go to a place and remember where we were."""
        place = Location(tab, view, parent)
        if place != self.trail.here:
            self._leave()
            self.trail.go(place)
            self.enter()

    def step(self, by: int) -> None:
        """Back or forward along the places one has been to."""
        self._leave()
        self.trail.step(by)
        self.enter()

    def last(self) -> None:
        """The place before this one; again: back here."""
        previous = self.trail.previous
        if previous is not None:
            self.go_to(previous.tab, previous.view, previous.parent)

    def tab(self, number: int) -> None:
        """Go to the fleet (0) or to the profile with that number, to the view last seen there."""
        names = self.tabs
        if number < len(names):
            self.go_to(names[number], self._last_view(names[number]))

    def next_view(self, by: int) -> None:
        """The next view of the tab; in the fleet the next profile."""
        here = self.trail.here
        cloud = self._store.clouds.get(here.tab)
        if cloud is None:
            self.tab((self.tabs.index(here.tab) + by) % len(self.tabs))
            return
        if not here.view:  # it has been connected since we came, and nobody has said so yet
            self.settle()
            self.next_view(by)
            return
        views = [view.name for view in cloud.provider.views]
        self.go_to(here.tab, views[(views.index(here.view) + by) % len(views)])

    def settle(self) -> None:
        """A tab entered before its provider was loaded gets its first view now; so does the view asked for."""
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
        """Show the place where we are."""
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

    def _leave(self) -> None:
        page = self.page
        if page is not None:
            page.leave_feed()
            page.display = False

    def _last_view(self, tab: str) -> str:
        cloud = self._store.clouds.get(tab)
        if cloud is None:
            return ""
        return self._last_views.get(tab) or cloud.provider.views[0].name
