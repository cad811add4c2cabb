"""The help: every key, the verbs of the row, and what an API does not offer."""

from __future__ import annotations

from collections.abc import Mapping

from gputui.engine.deck import Deck
from gputui.ui.details import verb_lines
from gputui.ui.keys import APP_KEYS, PAGE_KEYS, SCREEN_KEYS, TABLE_HELP, Key, shown
from gputui.ui.page import Page
from gputui.ui.reader import Line

_TITLES = {"rows": "on the row", "looks": "the list", "places": "places", "console": "the console"}


def help_lines(deck: Deck, page: Page | None, keymap: Mapping[str, str]) -> list[Line]:
    """The whole help for where one is."""
    rule = "lower case looks, UPPER CASE changes (it asks first), ctrl+d deletes"
    lines: list[Line] = [((rule, "head"),), (("", ""),)]
    view = page.owner_view if page is not None else None
    if page is not None and view is not None:
        row = page.row
        lines.append(((f"verbs of {row.name if row else view.title}", "head"),))
        lines += [*verb_lines(view, row), (("", ""),)]
    for group, title in _TITLES.items():
        lines.append(((title, "head"),))
        keys = [key for key in (*PAGE_KEYS, *SCREEN_KEYS, *APP_KEYS) if key.group == group]
        lines += [_line(keymap.get(key.id, key.keys), key) for key in keys]
        if group == "rows":
            lines += [((f"  {keys:<26}", "key"), (text, "")) for keys, text in TABLE_HELP]
        lines.append((("", ""),))
    lines.append((("profiles", "head"),))
    for name, tab in deck.tabs.items():
        marks = ", ".join(word for word, on in (("protected", tab.protected), ("read-only", tab.read_only)) if on)
        lines.append(((f"  {name:<26}", "key"), (f"{tab.provider}  {marks}", "")))
    return lines


def _line(keys: str, key: Key) -> Line:
    return ((f"  {shown(keys):<26}", "key"), (f"{key.help}", ""))
