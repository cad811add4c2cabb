"""`o`: what the list is sorted by, and which columns it shows in what order; the list behind it follows at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.text import Text
from textual.binding import Binding

from gputui.core.cells import Role
from gputui.ui.list.page import Page
from gputui.ui.table.columns import AS_GIVEN, ColumnChoice
from gputui.ui.table.order import Sort
from gputui.ui.table.paint import signs
from gputui.ui.widgets.list_dialog import ListDialog

HINT = "enter sort, again: turn round   space show, hide   K J move   0 as usual   esc back"


class ColumnMenu(ListDialog[None]):
    """Its lines: worst first, as given, then all columns in their order."""

    BINDINGS = [
        Binding("space", "show_or_hide", show=False),
        Binding("K,shift+up", "shift(-1)", show=False),
        Binding("J,shift+down", "shift(1)", show=False),
        Binding("0", "usual", show=False),
    ]

    def __init__(self, page: Page, title: str, *, ascii_only: bool) -> None:
        super().__init__(f"{title}: order and columns", HINT, patient=False)
        self._page = page
        self._signs = signs(ascii_only=ascii_only)
        health = next((at for at, one in enumerate(page.columns) if one.role is Role.HEALTH), None)
        # The fleet is given worst first, and what fell last before the rest.
        worst = None if page.view is None or health is None else Sort(health)
        self._given: list[tuple[str, Sort | None]] = [("worst first", worst)] if health is not None else []
        if page.view is not None:
            self._given.append(("as the cloud lists them", None))

    @property
    def _order(self) -> list[int]:
        return list(self._page.column_view.choice.order or range(len(self._page.columns)))

    def texts(self) -> Iterator[Text]:
        """Yield the orders that are no column, then the columns."""
        for label, sort in self._given:
            mark = self._signs.mark if self._page.sorting == sort else " "
            yield self.entry((f"{mark} {label}", "bold" if mark != " " else ""), note="")
        for index in self._order:
            yield self._line(index)

    def _line(self, index: int) -> Text:
        page, sort = self._page, self._page.sorting
        column, choice = page.columns[index], page.column_view.choice
        mark, note = " ", ""
        if sort is not None and sort.column == index:
            mark = self._signs.falling if sort.reverse else self._signs.rising
            note = "largest first" if sort.reverse else "smallest first"
        shown = "shown" if choice.always(index, column) else "hidden" if index in choice.hidden else "if there is room"
        return self.entry((f"{mark} {column.title:<18} ", "bold" if note else ""), note=f"{shown:<17} {note}".rstrip())

    def first(self) -> int:
        """Return the line of the present order."""
        sort = self._page.sorting
        labels = [at for at, (_, given) in enumerate(self._given) if given == sort]
        return labels[0] if labels or sort is None else len(self._given) + self._order.index(sort.column)

    def off(self, index: int) -> str:
        """Return an empty text: every line is available."""
        return ""

    def choose(self, index: int) -> None:
        """Sort by that line, the other way round if it is sorted by it already."""
        page = self._page
        if index < len(self._given):
            sort = self._given[index][1]
        else:
            column, now = self._order[index - len(self._given)], page.sorting
            sort = Sort(column, now is not None and now.column == column and not now.reverse)
        page.rearrange(sort)
        self.dismiss()

    def action_show_or_hide(self) -> None:
        """Show the column, or hide it if it is always shown."""
        index = self._column()
        if index is None:
            return
        choice, column = self._page.column_view.choice, self._page.columns[index]
        shown = choice.always(index, column)
        hidden = choice.hidden | {index} if shown else choice.hidden - {index}
        pinned = choice.pinned - {index} if shown or not column.wide else choice.pinned | {index}
        self._changed(replace(choice, hidden=hidden, pinned=pinned), 0)

    def action_shift(self, by: int) -> None:
        """Move the column to the left (up) or to the right."""
        index = self._column()
        order = self._order
        to = order.index(index) + by if index is not None else 0
        if index is not None and 0 < to < len(order):
            order.remove(index)
            order.insert(to, index)
            self._changed(replace(self._page.column_view.choice, order=tuple(order)), by)

    def action_usual(self) -> None:
        """Show the columns as usual."""
        self._changed(AS_GIVEN, 0)

    def _column(self) -> int | None:
        """Return the highlighted column; say so if it is the first, which stays."""
        at = (self.list.highlighted or 0) - len(self._given)
        if at == 0:
            self.notify("the first column says whose row it is: it stays", severity="warning", markup=False)
        return self._order[at] if at > 0 else None

    def _changed(self, choice: ColumnChoice, by: int) -> None:
        self._page.column_view.choice = choice
        self._page.redraw()
        self._page.post_message(self._page.Rearranged(self._page))
        at = self.list.highlighted
        self.fill()
        if at is not None:
            self.list.highlighted = at + by
