"""The help: every key, the verbs of the row, and what an API does not offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, zip_longest

from rich.cells import cell_len

from gputui.core.guards import Guards
from gputui.engine.store import Store
from gputui.ui.command import Commands
from gputui.ui.inspect.offer_lines import offer_lines
from gputui.ui.list.page import Page
from gputui.ui.list.targets import Targets
from gputui.ui.widgets.keys import Group, shown
from gputui.ui.widgets.reader import Line

_COLUMNS: tuple[tuple[tuple[Group, str], ...], ...] = (
    (("rows", "the row"), ("places", "places")),
    (("looks", "the list"), ("console", "the console")),
)
TABS, FIRST_TAB = "place.tab", "place.tab1"
_KEYS = 13
"""Width of the key column in cells."""


def help_lines(
    store: Store, page: Page | None, keymap: Mapping[str, str], width: int, commands: Commands
) -> list[Line]:
    """Return the whole help for the current place, in lines of `width` cells: two columns of keys if they fit."""
    rule = "lower case looks, UPPER CASE changes (it asks first), ctrl+d deletes"
    left, right = (
        [line for group, title in column for line in _keys(group, title, keymap, commands)] for column in _COLUMNS
    )
    half = min(width // 2, 44)
    lines: list[Line] = [((rule, "head"),)]
    if max(map(_width, left)) < half and max(map(_width, right)) <= width - half:
        lines += [_beside(one, other, half) for one, other in zip_longest(left, right, fillvalue=())]
    else:
        lines += [*left, *right]
    targets = page.targets() if page is not None else Targets()
    if page is not None and targets.groups:
        of = targets.words or targets.groups[0].view.title
        lines += [((f"verbs of {of}", "head"),), *offer_lines(page.offers(targets))]
    return [*lines, (), *_profiles(store)]


def _keys(group: Group, title: str, keymap: Mapping[str, str], commands: Commands) -> Iterator[Line]:
    """Yield the keys of a group; those beside each other with the same help share a line."""
    yield ((title, "head"),)
    of_group = (one for one in commands if (one.keys or one.id in keymap) and one.group == group)
    for text, keys in groupby(of_group, key=lambda key: key.help or key.about):
        some = [*keys]
        if some[0].id == FIRST_TAB:
            yield _entry("1…9", "that profile's tab")
        listed = [keymap.get(key.id, key.keys) for key in some if not key.id.startswith(TABS) or key.id in keymap]
        if listed:
            yield _entry(shown(",".join(listed)), text)
    yield from (_entry(keys, text) for keys, text in commands.table_help.get(group, ()))


def _profiles(store: Store) -> Iterator[Line]:
    yield (("profiles", "head"),)
    for name, tab in store.tabs.items():
        marks = Guards(tab.protected, tab.read_only).words
        yield _entry(name, ", ".join((tab.provider, *marks)))


def _entry(keys: str, text: str) -> Line:
    return ((f"  {keys:<{_KEYS}}", "key"), (f" {text}", ""))


def _beside(one: Line, other: Line, half: int) -> Line:
    return (*one, (" " * (half - _width(one)), ""), *other)


def _width(line: Iterable[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in line)
