"""The bindings of the console by id, for judging the `[keys]` of a configuration."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.keys import Keys

from gputui.ui.table.live_table import LiveTable
from gputui.ui.widgets.keys import Key

_OTHER_NAMES = ("minus", "plus", "space", "slash", "colon", "return", "backslash")
KEY_NAMES = frozenset({*(key.value for key in Keys), *_OTHER_NAMES})


def bindings_by_id(commands: Iterable[Key]) -> dict[str, str]:
    """Return the usual keys of all commands (none of some), and of the table."""
    found = {key.id: key.keys for key in commands if key.bindable}
    for binding in LiveTable.BINDINGS:
        if isinstance(binding, Binding) and binding.id:
            found[binding.id] = binding.key
    return found


def is_key_name(word: str) -> bool:
    """Whether a key has this name, without modifiers."""
    return word in KEY_NAMES
