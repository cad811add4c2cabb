"""The machines of all profiles in one list, kept up to date from the lists they belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.engine.feed_rows import FeedRows
from gputui.engine.fleet import fleet_form
from gputui.engine.live_rows import LiveRows, Place, worst_place


class FleetRows(LiveRows):
    """Machine rows with the fleet's columns, worst first: each is remade only when its own row changes."""

    def follow(self, source: FeedRows, view: AnyView, profile: str) -> None:
        """Include the rows of this list from now on."""
        source.listen(partial(self._moved, source, fleet_form(view, profile)))

    def _moved(self, source: FeedRows, formed: Callable[[Row], Row], refs: Collection[Ref]) -> None:
        put: dict[Ref, tuple[Row, Place]] = {}
        for ref in refs:
            row = source.rows.get(ref)
            if row is not None:
                put[ref] = (formed(row), source.places[ref] if source.worst_first else worst_place(row))
        self.change(put, [ref for ref in refs if ref not in put])
