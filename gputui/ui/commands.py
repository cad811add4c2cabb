"""The console's own keys, declared once: bindings, the key line and the help are made from this table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Group = Literal["places", "looks", "rows", "console"]


@dataclass(frozen=True, slots=True)
class Key:
    """One binding: its id (for `[keys]` in the config), its keys, what it runs and what the help says."""

    id: str
    keys: str
    action: str
    label: str
    help: str
    group: Group
    priority: bool = False


TAB_KEYS = tuple(
    Key(f"place.tab{n}", str(n), f"tab({n})", f"Tab {n}", f"the profile in tab {n}", "places") for n in range(1, 10)
)
SCREEN_KEYS: tuple[Key, ...] = (
    Key("place.fleet", "0", "tab(0)", "Fleet", "fleet: all machines", "places"),
    *TAB_KEYS,
    Key("place.next_view", "tab", "next_view(1)", "Next view", "next view", "places"),
    Key("place.previous_view", "shift+tab", "next_view(-1)", "Previous view", "previous view", "places"),
    Key("place.back", "escape,q", "back", "Back", "back; clear the filter", "places"),
    Key("place.history_back", "left_square_bracket", "history(-1)", "History back", "where you were", "places"),
    Key("place.history_forward", "right_square_bracket", "history(1)", "History forward", "forward again", "places"),
    Key("place.last", "minus", "last", "Last view", "swap with last view", "places"),
    Key("look.filter", "slash", "filter", "Filter", "filter: word !no /re/", "looks"),
    Key("look.clear_filter", "ctrl+u", "clear_filter", "Clear filter", "clear the filter", "looks"),
    Key("look.faults", "f", "faults", "Faults", "faults only", "looks"),
    Key("look.refresh", "r,ctrl+r", "refresh_now", "Refresh", "read again now", "looks"),
    Key("look.freeze", "p", "freeze", "Freeze", "freeze the screen", "looks"),
    Key("look.wide", "w", "wide", "Wide", "all columns", "looks"),
    Key("console.help", "question_mark", "help", "Help", "this help", "console"),
)
PAGE_KEYS: tuple[Key, ...] = (
    Key("row.details", "d", "details", "Details", "details (failure seen)", "rows"),
    Key("row.json", "y", "raw", "JSON", "the provider's JSON", "rows"),
    Key("row.ssh", "s", "ssh", "SSH", "SSH into it", "rows"),
    Key("row.gpus", "m", "gpus", "GPUs", "its GPUs, or metrics", "rows"),
    Key("row.run", "exclamation_mark", "fan_out", "Run", "run a command on many", "rows"),
    Key("row.copy", "c", "copy_menu", "Copy", "copy: name, id, ssh", "rows"),
    Key("row.links", "b", "links", "Links", "links: Jupyter, ports", "rows"),
    Key("row.actions", "a", "actions", "Actions", "every verb, or why not", "rows"),
)
APP_KEYS: tuple[Key, ...] = (
    Key("console.palette", "colon", "command_palette", "Command", "all commands, by name", "console"),
    Key("console.quit", "ctrl+c", "ask_quit", "Quit", "twice: quit (also :q)", "console", priority=True),
)
TABLE_HELP: Mapping[Group, tuple[tuple[str, str], ...]] = {
    "rows": (("enter", "open it, else details"),),
    "looks": (
        ("space *", "mark it, mark all shown"),
        ("ctrl+\\", "clear the marks"),
        ("↑ ↓ j k", "one row"),
        ("ctrl+b ctrl+f", "one page"),
        ("g G", "first, last row"),
        ("← →", "more columns"),
        ("shift+← →", "sort by next column"),
        ("shift+↑ ↓", "smallest, largest first"),
    ),
}
"""The table's own keys, as the help says them."""


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """Textual bindings for `keys`, with their ids."""
    return [Binding(key.keys, key.action, key.label, id=key.id, show=False, priority=key.priority) for key in keys]
