"""What is said about a key that does nothing where it was pressed: what it does elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textual.binding import Binding
from textual.events import Key
from textual.screen import Screen

from gputui.core.actions import Action, Query
from gputui.engine.cached.lists import UNREAD
from gputui.engine.store import Store
from gputui.ui.table.keys import TABLE_BINDINGS
from gputui.ui.widgets.keys import shown

if TYPE_CHECKING:
    from gputui.ui.shell.console import ConsoleScreen

_NAMED = frozenset(
    (
        *("enter", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown", "up", "down"),
        *("left", "right", "escape", "backslash", "slash", "minus", "underscore", "at"),
    )
)
_OTHER_CONSOLES: Mapping[str, str] = MappingProxyType(
    {
        "ctrl+k": "nothing is killed at once: ctrl+d deletes, and asks first",
        "ctrl+q": "ctrl+u clears the filter, :q quits",
        "ctrl+a": "a colon lists all commands",
        "ctrl+w": "w shows all columns",
        "ctrl+e": "it belongs to forms: the request as a file",
        "e": "E edits, N makes a new one",
        "h": "? is the help",
        "l": "logs are in the menu (a) of what has them",
        "o": "shift+← → sorts by another column",
        "u": "U unlocks",
    }
)
"""Keys that hands bring along from other consoles, or from this one's other screens."""
_MOST_LISTS = 3


def not_here(console: ConsoleScreen, screen: Screen[Any], key: Key) -> str:
    """Return what to say about a key that nothing has taken; empty for one that nobody types, such as Shift alone."""
    if not _is_typed(key):
        return ""
    name = (key.character or "").strip() or shown(key.key) if key.is_printable else shown(key.key)
    if screen is not console:
        what = _on_the_list(console, key) or ", ".join(_lists(console.store, console.keymap, key))
        return f"{name} is not here: on the list it is {what}" if what else f"{name} does nothing here"
    if console.page is not None and console.page.targets().unread:
        return f"{name}: {UNREAD}"
    absent = _absent(console, key)
    if absent:
        return f"{name} is not here: {absent}"
    lists = list(_lists(console.store, console.keymap, key))
    if lists:
        more = f" and {len(lists) - _MOST_LISTS} more" if len(lists) > _MOST_LISTS else ""
        return f"{name} is not here: it is {', '.join(lists[:_MOST_LISTS])}{more}"
    hint = _OTHER_CONSOLES.get(key.key, "? lists the keys")
    return f"{name} does nothing here: {hint}"


def _is_typed(key: Key) -> bool:
    *modifiers, base = key.key.split("+") if key.key != "+" else [key.key]
    known = len(base) == 1 or base in _NAMED or re.fullmatch(r"f\d{1,2}", base) is not None
    return key.is_printable or (known and {"ctrl", "alt", "shift", "super"}.issuperset(modifiers))


def _on_the_list(console: ConsoleScreen, key: Key) -> str:
    """Return what a key of the console's table, or of the list itself, does there."""
    for command in (*console.commands.rows, *console.commands.screen):
        if _pressed(console.keymap.get(command.id, command.keys), key):
            return command.help or command.label
    for binding in TABLE_BINDINGS:
        if isinstance(binding, Binding) and _pressed(console.keymap.get(binding.id or "", binding.key), key):
            return binding.description.lower()
    return ""


def _lists(store: Store, keymap: Mapping[str, str], key: Key) -> Iterator[str]:
    """Yield the lists that have a verb of this key, each verb once: `Stop on samsung nodes`."""
    told: set[str] = set()
    for profile, cloud in store.clouds.items():
        for view in cloud.provider.views:
            verbs: tuple[Action[Any] | Query[Any], ...] = (*view.queries, *view.actions)
            for verb in verbs:
                identity = f"{cloud.provider.name}.{view.name}.{verb.name}"
                if _pressed(keymap.get(identity, verb.key), key):
                    yield f"{profile} {view.name}" if verb.label in told else f"{verb.label} on {profile} {view.name}"
                    told.add(verb.label)


def _absent(console: ConsoleScreen, key: Key) -> str:
    """Return why the list's own API has no verb of this key, where its provider says so."""
    view = console.page.view if console.page is not None else None
    if view is None:
        return ""
    names = {
        verb.name: verb.label
        for cloud in console.store.clouds.values()
        for other in cloud.provider.views
        for verb in other.actions
        if _pressed(verb.key, key)
    }
    found = next((name for name in names if name in view.absent), None)
    return f"{names[found]}: {view.absent[found]}" if found is not None else ""


def _pressed(keys: str, key: Key) -> bool:
    return any(pressed in keys.split(",") for pressed in (key.key, key.character) if pressed)
