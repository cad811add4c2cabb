"""Bookmarks: `:bookmark NAME` keeps this place with its filter, `:NAME` leads back; and the places of a while ago."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from gputui.core.preferences import Bookmark, Preferences
from gputui.core.redaction import redacted
from gputui.core.rows import Ref
from gputui.ui.list.location import FLEET, Location
from gputui.ui.shell.palette_lines import PaletteLine
from gputui.ui.shell.saved_filters import name_complaint

if TYPE_CHECKING:
    from gputui.ui.host import Host
    from gputui.ui.shell.console import ConsoleScreen

MOST_RECENT = 9


class Bookmarks:
    """The user's bookmarks, and the recent places. `taken` tells whether a name means something else at `:`."""

    def __init__(self, host: Host, screen: ConsoleScreen, taken: Callable[[str], bool]) -> None:
        self._host = host
        self._screen = screen
        self._taken = taken

    def lines(self) -> Iterator[PaletteLine]:
        """Yield a line for each, and the one that sets them."""
        for name, one in self._host.preferences.now.bookmarks.items():
            yield PaletteLine(f"to {name}", _words(one), partial(self._go, name, one), (name,))
        about = "this place with its filter, under a name that : then takes"
        yield PaletteLine("bookmark", about, self._set, words="NAME", whole=True)

    def recent(self) -> Iterator[PaletteLine]:
        """Yield the places visited lately, the last one first."""
        for place in self._screen.trail.recent[:MOST_RECENT]:
            row = self._screen.store.find(place.parent) if place.parent else None
            inside = f" in {row.name if row else place.parent.id}" if place.parent else ""
            where = f"{place.view} @{place.tab}" if place.tab != FLEET else "fleet"
            go = partial(self._screen.go_to, place.tab, place.view, place.parent)
            yield PaletteLine(f"recent {where}{inside}", "visited a while ago", go)

    def forget(self, name: str) -> bool:
        """Remove a bookmark; False if there is none of that name."""
        known = name in self._host.preferences.now.bookmarks
        if known:
            self._host.preferences.change(partial(Preferences.with_bookmark, name=name, wanted=None))
        return known

    def _set(self, name: str = "") -> None:
        here, options = self._screen.trail.here, self._screen.options
        text = options.filter.text.strip()
        complaint = name_complaint(name, "bookmark", self._taken)
        if not complaint and redacted(text) != text:
            complaint = "not kept: the filter looks like a secret"
        if complaint:
            self._host.notify(complaint, severity="warning", markup=False)
            return
        wanted = Bookmark(here.tab, here.view, tuple(here.parent or ()), text, options.faults)
        self._host.preferences.change(partial(Preferences.with_bookmark, name=name, wanted=wanted))
        self._host.notify(f"bookmarked: :{name} leads to {_words(wanted)}; :forget {name} removes it", markup=False)

    def _go(self, name: str, wanted: Bookmark) -> None:
        place, lacks = self._place(wanted)
        if place is None:
            self._host.notify(f"{name}: {lacks}; :forget {name} removes it", severity="warning", markup=False)
            return
        self._screen.go_to(place.tab, place.view, place.parent)
        self._screen.options.faults = wanted.faults
        self._screen.narrowing.apply_text(wanted.filter)

    def _place(self, wanted: Bookmark) -> tuple[Location | None, str]:
        """Return the place; None, and what is no longer there, if it cannot be gone to."""
        store, parent = self._screen.store, Ref(*wanted.parent) if wanted.parent else None
        if wanted.tab != FLEET and wanted.tab not in store.tabs:
            return None, f"there is no profile {wanted.tab}"
        cloud = store.clouds.get(wanted.tab)
        if cloud is not None and wanted.view and cloud.provider.view(wanted.view) is None:
            return None, f"{wanted.tab} has no {wanted.view}"
        if parent is not None and store.find(parent) is None:
            return None, f"{parent.id} is gone"
        return Location(wanted.tab, wanted.view, parent), ""


def _words(wanted: Bookmark) -> str:
    """Return the place as one would type it."""
    where = f"{wanted.view} @{wanted.tab}" if wanted.tab != FLEET else "fleet"
    inside = f" in {wanted.parent[2]}" if wanted.parent else ""
    narrowed = f" /{wanted.filter}" if wanted.filter else ""
    return f"{where}{inside}{narrowed}{', faults only' if wanted.faults else ''}"
