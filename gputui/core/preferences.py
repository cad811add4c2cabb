"""What the console remembers between two starts: how each view is shown, saved filters, and what was typed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

MOST_TYPED, MOST_FILTERS, MOST_VIEWS, MOST_BOOKMARKS = 50, 200, 200, 200
"""How many lines of each history, saved filters, views and bookmarks are kept."""
LONGEST = 2000
"""Characters of one remembered text."""


@dataclass(frozen=True, slots=True)
class ViewPreference:
    """How a view is shown, by the ids of its columns: the one it is sorted by (none: as given), and which are shown.

    `order` is from left to right; `pinned` are wide columns that are always shown.
    """

    sort: str = ""
    falling: bool = False
    wide: bool = False
    order: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()


USUAL = ViewPreference()


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place to come back to, with what narrows its list: an empty `tab` is the fleet; `parent` is that of a
    drill-down (profile, view, id), else empty."""

    tab: str = ""
    view: str = ""
    parent: tuple[str, ...] = ()
    filter: str = ""
    faults: bool = False


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything that is remembered: views, saved filters and bookmarks by name, typed lines (newest last) by input."""

    views: Mapping[str, ViewPreference] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bookmarks: Mapping[str, Bookmark] = field(default_factory=dict)

    def with_view(self, name: str, wanted: ViewPreference) -> Preferences:
        """With this view shown that way."""
        others = {known: one for known, one in self.views.items() if known != name}
        return replace(self, views=_newest(others if wanted == USUAL else {**others, name: wanted}, MOST_VIEWS))

    def with_filter(self, name: str, text: str) -> Preferences:
        """With this saved filter; without it if the text is empty."""
        others = {known: one for known, one in self.filters.items() if known != name}
        return replace(self, filters=_newest({**others, name: text[:LONGEST]} if text else others, MOST_FILTERS))

    def with_bookmark(self, name: str, wanted: Bookmark | None) -> Preferences:
        """With this bookmark; without it if there is none."""
        others = {known: one for known, one in self.bookmarks.items() if known != name}
        return replace(self, bookmarks=_newest({**others, name: wanted} if wanted else others, MOST_BOOKMARKS))

    def with_typed(self, line: str, text: str) -> Preferences:
        """With this text as the newest of an input's history, once."""
        others = [one for one in self.typed.get(line, ()) if one != text]
        return replace(self, typed={**self.typed, line: (*others, text[:LONGEST])[-MOST_TYPED:]})


def _newest(entries: Mapping[str, Any], most: int) -> dict[str, Any]:
    return dict([*entries.items()][-most:])


def preferences_text(wanted: Preferences) -> bytes:
    """The preferences as the text of their file."""
    return json.dumps(asdict(wanted), indent=1).encode()


def read_preferences(data: bytes) -> Preferences:
    """The preferences in the text of a file; what is no preference is left out, in a foreign file everything."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return Preferences()
    views = {name: _view(one) for name, one in _table(found, "views").items()}
    filters = {name: one for name, one in _table(found, "filters").items() if isinstance(one, str)}
    typed = {name: _texts(one)[-MOST_TYPED:] for name, one in _table(found, "typed").items()}
    bookmarks = {name: _bookmark(one) for name, one in _table(found, "bookmarks").items()}
    return Preferences(
        _newest(views, MOST_VIEWS), _newest(filters, MOST_FILTERS), typed, _newest(bookmarks, MOST_BOOKMARKS)
    )


def _table(found: object, name: str) -> dict[str, object]:
    inner = found.get(name) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _view(found: object) -> ViewPreference:
    values = found if isinstance(found, dict) else {}
    sort = values.get("sort")
    return ViewPreference(
        sort if isinstance(sort, str) else "",
        values.get("falling") is True,
        values.get("wide") is True,
        *(_texts(values.get(name)) for name in ("order", "hidden", "pinned")),
    )


def _bookmark(found: object) -> Bookmark:
    values = found if isinstance(found, dict) else {}
    tab, view, text = (str(values.get(name) or "")[:LONGEST] for name in ("tab", "view", "filter"))
    parent = _texts(values.get("parent"))
    return Bookmark(tab, view, parent if len(parent) == 3 else (), text, values.get("faults") is True)


def _texts(found: object) -> tuple[str, ...]:
    return tuple(one[:LONGEST] for one in found if isinstance(one, str)) if isinstance(found, list) else ()
