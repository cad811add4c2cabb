"""Saved filters: `:save NAME` keeps the present one, `:NAME` applies it, `:forget NAME` drops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from gputui.core.preferences import Preferences
from gputui.core.redaction import redacted
from gputui.ui.shell.palette_lines import PaletteLine

if TYPE_CHECKING:
    from gputui.ui.host import Host
    from gputui.ui.shell.narrowing import Narrowing

LONGEST_NAME = 40


class SavedFilters:
    """The user's saved filters, and those of the configuration, which theirs go before.

    `taken` tells whether a name means something else on the command line; `forget` removes what else has a name.
    """

    def __init__(
        self, host: Host, narrowing: Narrowing, taken: Callable[[str], bool], forget: Callable[[str], bool]
    ) -> None:
        self._host = host
        self._narrowing = narrowing
        self._taken = taken
        self._forget_other = forget

    def lines(self) -> Iterator[PaletteLine]:
        """Yield a line for each, and those that save and forget."""
        for name, text in {**self._host.filters, **self._host.preferences.now.filters}.items():
            yield PaletteLine(f"filter {name}", text, partial(self._narrowing.apply_text, text), (name,))
        about = "the present filter, under a name that : then takes"
        yield PaletteLine("save filter", about, self._save, ("save",), words="NAME", whole=True)
        yield PaletteLine("forget", "a saved filter, or a bookmark", self._forget, words="NAME", whole=True)

    def _save(self, name: str = "") -> None:
        text = self._narrowing.options.filter.text.strip()
        if complaint := self._complaint(name, text):
            self._host.notify(complaint, severity="warning", markup=False)
            return
        self._host.preferences.change(partial(Preferences.with_filter, name=name, text=text))
        self._host.notify(f"saved: :{name} filters by {text}", markup=False)

    def _complaint(self, name: str, text: str) -> str:
        if not text and name:
            return "there is no filter to save: / sets one"
        if redacted(text) != text:
            return "not saved: it looks like a secret"
        return name_complaint(name, "save", self._taken)

    def _forget(self, name: str = "") -> None:
        if self._forget_other(name):
            self._host.notify(f"forgotten: {name}", markup=False)
        elif name in self._host.preferences.now.filters:
            self._host.preferences.change(partial(Preferences.with_filter, name=name, text=""))
            self._host.notify(f"forgotten: {name}", markup=False)
        elif name in self._host.filters:
            self._host.notify(f"{name} is set in [filters] of config.toml", severity="warning", markup=False)
        else:
            now = self._host.preferences.now
            known = ", ".join((*now.filters, *now.bookmarks)) or "none"
            words = f"no saved filter or bookmark is called {name}; there are: {known}"
            self._host.notify(words, severity="warning", markup=False)


def name_complaint(name: str, command: str, taken: Callable[[str], bool]) -> str:
    """Return why something cannot be kept under a name that `:` shall take; empty if it can."""
    if not name or len(name.split()) > 1 or len(name) > LONGEST_NAME or not name.isprintable():
        return f":{command} NAME takes one word of at most {LONGEST_NAME} characters"
    return f"{name} means something else here: take another name" if taken(name) else ""
