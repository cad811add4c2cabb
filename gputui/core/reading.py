"""From what a provider listed to rows: the standard columns first, then the view's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gputui.core.cells import EMPTY, Cell, Column, verdict, words
from gputui.core.health import Health
from gputui.core.provider import View
from gputui.core.rows import Item, Listing, Ref, Row, Unreadable

AnyView = View[Any, Any]


def columns(view: AnyView) -> tuple[Column[Any], ...]:
    """The columns of a view as its rows' cells stand: NAME, then HEALTH and STATE where it has them, then its own."""
    standard = [Column[Any]("NAME", lambda item: words(view.label(item)))]
    if view.health is not None:
        standard.append(Column("HEALTH", lambda item: verdict(_health(view, item))))
    if view.state is not None:
        standard.append(Column("STATE", lambda item: words(_state(view, item)), max_width=22))
    return (*standard, *view.columns)


def rows(view: AnyView, profile: str, listing: Listing[Any]) -> tuple[dict[Ref, Row], int]:
    """Rows by identity, in the provider's order, and how many entries repeated an id (the last one wins).

    An item that a view's own functions cannot read is shown as unreadable too: a declaration's bug costs one row.
    """
    shown = columns(view)
    made = [_row(view, profile, shown, item) for item in listing.items]
    made += [_unreadable_row(view, profile, shown, entry) for entry in listing.unreadable]
    by_ref = {row.ref: row for row in made}
    return by_ref, len(made) - len(by_ref)


def _row(view: AnyView, profile: str, shown: Iterable[Column[Any]], item: Item[Any]) -> Row:
    value = item.value
    try:
        ref = Ref(profile, view.name, view.key(value))
        cells = tuple(column.cell(value) for column in shown)
        return Row(ref, view.label(value), _state(view, value), _health(view, value), cells, item.raw, value)
    except Exception as error:  # noqa: BLE001 - any bug of a stranger's provider ends at its row
        broken = Unreadable(_key_or_place(view, value), f"{type(error).__name__} in the provider", item.raw)
        return _unreadable_row(view, profile, shown, broken)


def _key_or_place(view: AnyView, value: object) -> str:
    try:
        return view.key(value)
    except Exception:  # noqa: BLE001 - as above
        return f"entry at {id(value):x}"


def _unreadable_row(view: AnyView, profile: str, shown: Iterable[Column[Any]], entry: Unreadable) -> Row:
    name = f"unreadable ({entry.id})"
    cells = [EMPTY for _ in shown]
    cells[0] = words(name, "unknown")
    if view.health is not None:
        cells[1] = verdict(Health.UNKNOWN)
    if len(cells) > 1:
        cells[-1] = Cell(entry.reason, entry.reason, "unknown")
    return Row(Ref(profile, view.name, f"?{entry.id}"), name, "", Health.UNKNOWN, tuple(cells), entry.raw, None)


def _state(view: AnyView, item: object) -> str:
    return view.state(item) if view.state is not None else ""


def _health(view: AnyView, item: object) -> Health:
    return view.health(item) if view.health is not None else Health.OK
