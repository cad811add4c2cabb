"""The machines of all profiles in one list, kept up to date from the lists they belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from gputui.core.feed import FeedState
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.engine.feed_rows import FeedRows
from gputui.engine.fleet import Formed, data_cell, fallen_first, fleet_form
from gputui.engine.history.records import Remembered
from gputui.engine.live_rows import LiveRows, Place, worst_place
from gputui.engine.lost_profiles import lost_place, lost_row, profile_ref
from gputui.engine.standings import Standings


@dataclass(frozen=True, slots=True)
class _Part:
    """The list that some of the machines belong to, and since when each is as it is."""

    source: FeedRows
    formed: Formed
    standings: Standings


class FleetRows(LiveRows):
    """Machine rows with the fleet's columns, worst first: each is remade only when its own row changes."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[tuple[str, str], _Part] = {}

    def follow(self, source: FeedRows, view: AnyView, profile: str) -> None:
        """Include the rows of this list from now on."""
        part = self._parts[profile, view.name] = _Part(source, fleet_form(view, profile), Standings(view))
        source.listen(partial(self._moved, part))

    def _moved(self, part: _Part, refs: Collection[Ref]) -> None:
        for ref in refs:
            row = part.source.listed(ref)
            if row is not None:
                part.standings.saw(row, part.source.read_at(ref), new=part.source.settled)
            elif ref not in part.source.rows:
                part.standings.forget(ref)
        self._remake(part, refs)

    def _remake(self, part: _Part, refs: Iterable[Ref]) -> None:
        source, put, gone = part.source, dict[Ref, tuple[Row, Place]](), list[Ref]()
        data = data_cell(source.taken_at, expired=source.expired)
        for ref in refs:
            row, standing = source.rows.get(ref), part.standings.of(ref)
            if row is None:
                gone.append(ref)
            else:
                place = source.places[ref] if source.worst_first else worst_place(row)
                formed = part.formed(row, standing, data, source.operation(ref))
                put[ref] = (formed, fallen_first(place, row, standing))
        self.change(put, gone)

    def tell(self, name: str, state: FeedState) -> bool:
        """Show a profile whose machines cannot be read as a row of its own; return whether anything has changed."""
        ref, row = profile_ref(name), lost_row(name, state)
        if row is None:
            return self.change({}, [ref])
        return row != self.rows.get(ref) and self.change({ref: (row, lost_place(row))}, ())

    def machines(self, profile: str, view: str) -> list[Ref]:
        """The machines of a list."""
        part = self._parts.get((profile, view))
        return list(part.source.rows) if part else []

    def recall(self, profile: str, view: str, refs: Iterable[Ref], past: Mapping[str, Remembered]) -> None:
        """Take in what history holds of some machines of a list."""
        part = self._parts[profile, view]
        self._remake(part, part.standings.recall(refs, past))
