"""The README's tables of keys, made from the declarations that the console is made from."""

from __future__ import annotations

from collections.abc import Iterator

from gputui.ui.commands import COMMAND_TABLE, TAB_KEYS
from gputui.ui.widgets.keys import Group, shown

TITLES: dict[Group, str] = {"rows": "on rows", "places": "places", "looks": "the list", "console": "the console"}


def key_tables() -> str:
    """One table of all keys, in the groups of the help."""
    lines = ["| key | what it does | id for `[keys]` |", "|---|---|---|"]
    for group, title in TITLES.items():
        lines += [f"| **{title}** | | |", *_lines(group)]
    return "\n".join(lines)


def _lines(group: Group) -> Iterator[str]:
    for key in (one for one in COMMAND_TABLE if one.keys):
        if key is TAB_KEYS[0] and group == key.group:
            yield "| `1`…`9` | that profile's tab | `place.tab1`…`place.tab9` |"
        if key.group == group and key not in TAB_KEYS:
            yield f"| {_written(shown(key.keys))} | {key.help} | `{key.id}` |"
    for keys, what in COMMAND_TABLE.table_help.get(group, ()):
        yield f"| {_written(keys)} | {what} | |"


def _written(keys: str) -> str:
    return " ".join(f"`{key}`" for key in keys.split())


if __name__ == "__main__":
    print(key_tables())
