"""The keys of a table, each with the id under which a config may give it another."""

from __future__ import annotations

from textual.binding import Binding, BindingType

TABLE_BINDINGS: tuple[BindingType, ...] = tuple(
    Binding(keys, action, label, show=False, id=f"table.{name}")
    for name, keys, action, label in (
        ("up", "up,k", "step(-1)", "Up"),
        ("down", "down,j", "step(1)", "Down"),
        ("first", "home,g", "first", "First row"),
        ("last", "end,G", "last", "Last row"),
        ("page_up", "pageup,ctrl+b", "page(-1)", "Page up"),
        ("page_down", "pagedown,ctrl+f", "page(1)", "Page down"),
        ("columns_left", "left", "skip_columns(-1)", "Columns to the left"),
        ("columns_right", "right", "skip_columns(1)", "Columns to the right"),
        ("mark", "space", "mark", "Mark"),
        ("mark_all", "asterisk", "mark_all", "Mark all shown"),
        ("clear_marks", "ctrl+backslash", "clear_marks", "Clear marks"),
        ("sort_left", "shift+left", "sort_next(-1)", "Sort by the column to the left"),
        ("sort_right", "shift+right", "sort_next(1)", "Sort by the column to the right"),
        ("sort_rising", "shift+up", "sort_way(False)", "Sort smallest first"),
        ("sort_falling", "shift+down", "sort_way(True)", "Sort largest first"),
        ("open", "enter", "open", "Open"),
    )
)
