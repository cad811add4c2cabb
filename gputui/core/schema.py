"""What a row's cells are, by column id: title, kind of value, unit and role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gputui.core.cells import Cell, Column
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Row


def schema(view: AnyView) -> Mapping[str, Column[Any]]:
    """The columns of a view by id, in the order of its rows' cells."""
    return {column.id: column for column in columns(view)}


def cells_by_id(view: AnyView, row: Row) -> Mapping[str, Cell]:
    """The cells of a row of that view by the ids of their columns."""
    return dict(zip(schema(view), row.cells, strict=True))


def field_names(views: Iterable[AnyView]) -> tuple[str, ...]:
    """The ids of all columns of these views, each once: what a filter takes besides the fields of every list."""
    return tuple(dict.fromkeys(id for view in views for id in schema(view)))
