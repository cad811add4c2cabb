"""A screen of fields about one row: a cursor over them, each to be copied by itself; Enter opens what one is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding

from gputui.core.rows import Ref
from gputui.core.text import clean
from gputui.ui.inspect.row import RowReader
from gputui.ui.terminal.clipboard import copy
from gputui.ui.widgets.field_layout import DetailField, DetailGroup
from gputui.ui.widgets.field_pages import FieldPages

if TYPE_CHECKING:
    from gputui.ui.host import Host


class FieldReader(RowReader):
    """Shows groups of fields."""

    BINDINGS = [Binding("enter", "open", "Open", show=False)]

    def __init__(self, host: Host, ref: Ref, title: str) -> None:
        self.fields = FieldPages(way=": w writes it to a file")
        super().__init__(host, ref, title, pages=self.fields)

    def put(self, groups: Sequence[DetailGroup]) -> None:
        """Show these fields."""
        self.fields.put(groups)
        self._document = partial(_as_text, tuple(groups))

    def gone_groups(self) -> Iterator[DetailGroup]:
        """Yield a word about it if the row is not listed any more."""
        if self._host.store.find(self._ref) is None:
            yield DetailGroup(
                "", (DetailField("gone", "it is not listed any more; this is what was known", "degraded"),)
            )

    def what(self, field: DetailField) -> str:
        """Return what is copied with a field, in words."""
        return field.label.strip() or "text"

    def action_copy(self) -> None:
        """Copy the text of the field under the cursor, and say which it is."""
        field = self.fields.field
        if field is None:
            self.notify("there is no field to copy", severity="warning", markup=False)
        else:
            self.start(copy(self._host, field.text, self.what(field)))

    def action_open(self) -> None:
        """Open what the field under the cursor is about."""
        field = self.fields.field
        if field is not None and isinstance(field.opens, Ref):
            self._host.run_on_row("row.details", field.opens)
        else:
            self.notify("enter opens what is around it; c copies this field", markup=False, timeout=3)

    def action_aside(self, by: int) -> None:
        """Move to the other column, or scroll long lines to the side."""
        if not self.fields.wraps or not self.fields.move_aside(by):
            super().action_aside(by)


def _as_text(groups: Sequence[DetailGroup]) -> tuple[str, str]:
    lines: list[str] = []
    for group in groups:
        lines += [f"{clean(group.title)}:"] if group.title else []
        lines += [clean(f"{field.label}: {field.text}") for field in group.fields]
    return ".txt", "\n".join(lines) + "\n"
