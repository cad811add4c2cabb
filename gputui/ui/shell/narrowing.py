"""The filter and `faults only` on the list that is shown, and the cursor where they hide its row."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from gputui.core.filter import Filter, names, parse
from gputui.core.filter_terms import FLEET_FIELDS, texts_of
from gputui.core.rows import Ref
from gputui.core.slices import Slices
from gputui.engine.marks import lingers
from gputui.engine.store import Store
from gputui.ui.list.filter_line import FilterSuggester
from gputui.ui.list.page import Page
from gputui.ui.shell.list_options import ListOptions

MOST_LOOKED_AT = 1_000


class Narrowing:
    """Applies the options to a list. `page` returns the one that is shown; `changed` is called after each change."""

    def __init__(self, store: Store, page: Callable[[], Page | None], changed: Callable[[], None]) -> None:
        self.options = ListOptions()
        self._store = store
        self._page = page
        self._changed = changed
        self._lingering: frozenset[Ref] = frozenset()
        self.suggester = FilterSuggester(lambda: store.field_names, self._values)

    def _values(self, field: str) -> list[str]:
        """Return the texts of a field in the list that is shown, of its first rows."""
        page, now = self._page(), self._store.clock.now()
        rows = islice(page.rows.values(), MOST_LOOKED_AT) if page is not None else ()
        in_fleet = self._store.fleet.rows if field in FLEET_FIELDS else {}
        return [text for row in rows for text in texts_of(in_fleet.get(row.ref, row), field, now)]

    def apply(self, page: Page) -> None:
        """Apply the options to a list."""
        page.set_filter(self.options.keep(self._store))

    def apply_by_clock(self, page: Page) -> None:
        """Apply them again where the clock alone has changed what they keep."""
        now, every = self._store.clock.now(), self._store.operations.everything()
        before, self._lingering = self._lingering, frozenset(one.ref for one in every if lingers(one, now))
        if self.options.aged(now):
            self.apply(page)
        elif self.options.narrowing:
            page.ask_again(before ^ self._lingering)

    def filter_by(self, wanted: Filter) -> None:
        """Set the filter of every list."""
        self.options.filter = wanted
        if (page := self._page()) is not None:
            self.apply(page)
        self._changed()

    def apply_text(self, text: str) -> None:
        """Set the filter of every list to an expression, and choose one of its rows."""
        self.filter_by(parse(text, self._store.field_names))
        self.choose_one()

    def clear(self) -> None:
        """Clear the filter and `faults only`: the cursor returns to the row that they have hidden."""
        self.options.faults = False
        self.filter_by(parse(""))
        if (page := self._page()) is not None and page.cursor_ref is None:
            self.choose_one()

    def toggle_faults(self) -> None:
        """Toggle between faults only and all rows."""
        self.options.faults = not self.options.faults
        self.filter_by(self.options.filter)
        self.choose_one()

    async def tell_without_hits(self, notify: Callable[[str], None]) -> None:
        """Say which names of a list of names the list that is shown does not have; by pieces, as there may be many."""
        page, wanted, now = self._page(), self.options.filter, self._store.clock.now()
        left = list(names(wanted))
        if page is None or not left:
            return
        slices = Slices()
        for row in list(page.rows.values()):
            if slices.over():
                await slices.pause()
            left = [side for side in left if not side.keeps(row, now)]
        if left and wanted is self.options.filter:
            notify(f"not here: {', '.join(side.text for side in left)} ({len(left)} of {len(wanted.sides)})")

    def choose_one(self) -> None:
        """Choose another row if the user's own filter has hidden the chosen one."""
        if (page := self._page()) is not None:
            page.finish_arranging()
            if page.cursor_ref is None:
                page.to_line(0)

    def choose(self, ref: Ref) -> bool:
        """Choose this row of the list, without the filter if that hides it; False if it is not there."""
        page = self._page()
        if page is None:
            return False
        page.finish_arranging()
        if page.choose(ref):
            return True
        self.clear()
        page.finish_arranging()
        return page.choose(ref)
