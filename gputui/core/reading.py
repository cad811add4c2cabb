"""From what a provider listed to rows: the standard columns first, then the view's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gputui.core.cells import EMPTY, Cell, Column, Role, verdict, words
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import View
from gputui.core.rows import Item, Listing, Ref, Row, Unreadable

AnyView = View[Any, Any]


def columns(view: AnyView) -> tuple[Column[Any], ...]:
    """The columns of a view as its rows' cells stand: NAME, then HEALTH and STATE where it has them, then its own."""
    standard = [Column[Any]("NAME", lambda item: words(view.label(item)), role=Role.NAME)]
    if view.health is not None:
        standard.append(Column("HEALTH", lambda item: verdict(_health(view, item)), role=Role.HEALTH))
    if view.state is not None:
        standard.append(Column("STATE", lambda item: words(_state(view, item)), max_width=22, role=Role.STATE))
    return (*standard, *view.columns)


def by_role(view: AnyView, row: Row) -> dict[Role, Cell]:
    """The cells of a row by what they are about; the first, where several columns are about the same."""
    found: dict[Role, Cell] = {}
    for column, cell in zip(columns(view), row.cells, strict=True):
        if column.role is not None:
            found.setdefault(column.role, cell)
    return found


def rows(view: AnyView, profile: str, listing: Listing[Any]) -> tuple[dict[Ref, Row], int]:
    """Rows by identity, in the provider's order, and how many entries repeated an id (the last one wins).

    An item that a view's own functions cannot read is shown as unreadable too: a declaration's bug costs one row.
    """
    shown = columns(view)
    made = [_row(view, profile, shown, item, at) for at, item in enumerate(listing.items, 1)]
    made += [_unreadable_row(view, profile, shown, entry) for entry in listing.unreadable]
    by_ref = {row.ref: row for row in made}
    return by_ref, len(made) - len(by_ref)


def _row(view: AnyView, profile: str, shown: Iterable[Column[Any]], item: Item[Any], at: int) -> Row:
    value = item.value
    key = ""
    try:
        key = view.key(value)
        name, state, health = view.label(value), _state(view, value), _health(view, value)
        cells = [words(name)]
        if view.health is not None:
            cells.append(verdict(health))
        if view.state is not None:
            cells.append(words(state))
        cells += [column.cell(value) for column in view.columns]
        return Row(Ref(profile, view.name, key), name, state, health, tuple(cells), item.raw, value)
    except Failed as failed:  # a guarded provider's: the traceback is in the log
        why = str(failed.problem)
    except Exception as error:  # noqa: BLE001 - any bug of a stranger's provider ends at its row
        why = f"{Cause.BUG.value}: {type(error).__name__}"
    return _unreadable_row(view, profile, shown, Unreadable(key or f"entry {at}", why, item.raw))


def _unreadable_row(view: AnyView, profile: str, shown: Iterable[Column[Any]], entry: Unreadable) -> Row:
    name = f"unreadable ({entry.id})"
    cells = [EMPTY for _ in shown]
    cells[0] = words(name, "unknown")
    if view.health is not None:
        cells[1] = verdict(Health.UNKNOWN)
    if len(cells) > 1:
        cells[-1] = Cell(entry.reason, entry.reason, "unknown")
    return Row(Ref(profile, view.name, f"?{entry.id}"), name, "", Health.UNKNOWN, tuple(cells), entry.raw, None)


def doubtful(row: Row, problem: Problem) -> Row:
    """A row of which a bug hides whether it belongs where it is shown: its last cell says so."""
    return replace(row, cells=(*row.cells[:-1], Cell(str(problem), None, "unknown")))


def _state(view: AnyView, item: object) -> str:
    return view.state(item) if view.state is not None else ""


def _health(view: AnyView, item: object) -> Health:
    return view.health(item) if view.health is not None else Health.OK
