"""The file of what the console remembers; several consoles change it, each only what it means to change."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce
from pathlib import Path

from gputui.core.own_files import open_own, replace_own
from gputui.core.preferences import Preferences, preferences_text, read_preferences
from gputui.core.trusted_files import open_trusted

LARGEST = 1024 * 1024
CLOSING_SECONDS = 1.0
_log = logging.getLogger(__name__)
Edit = Callable[[Preferences], Preferences]


class PreferencesFile:
    """`now` is what holds; a change of it is written in a thread. Without a path nothing is kept beyond the end."""

    def __init__(self, path: Path | None) -> None:
        self.now = Preferences()
        self.failure = ""
        self._path = path
        self._edits: list[Edit] = []
        self._before_loading: list[Edit] | None = []
        self._writing: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the file; a missing, corrupt or foreign one is an empty one."""
        found = await asyncio.to_thread(read_file, self._path) if self._path else Preferences()
        made, self._before_loading = self._before_loading or [], None
        self.now = _edited(found, made)

    def change(self, edit: Edit) -> None:
        """Change what holds at once, and the file soon: there the same edit is made to what it then contains."""
        self.now = edit(self.now)
        if self._before_loading is not None:
            self._before_loading.append(edit)
        if self._path is None:
            return
        self._edits.append(edit)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(self._path), name="write preferences")

    async def _write(self, path: Path) -> None:
        while self._edits:
            edits, self._edits = self._edits, []
            try:
                written = await asyncio.to_thread(rewrite, path, edits)
            except OSError as error:
                self.failure = str(error.strerror or error)
                _log.warning("%s is not written: %s", path, self.failure)
                continue
            self.failure = ""
            # What other consoles have saved is known from now on; how this one shows its views is its own matter.
            self.now = _edited(replace(written, views=self.now.views), self._edits)
        self._writing = None

    async def written(self) -> str:
        """Wait until all changes are in the file; return why they are not, or an empty text."""
        if self._writing is not None:
            await asyncio.shield(self._writing)
        return self.failure

    async def aclose(self) -> None:
        """Write what is left, for a second at most."""
        if self._writing is not None:
            await asyncio.wait((self._writing,), timeout=CLOSING_SECONDS)


def _edited(preferences: Preferences, edits: Iterable[Edit]) -> Preferences:
    return reduce(lambda now, edit: edit(now), edits, preferences)


def read_file(path: Path) -> Preferences:
    """The preferences in a file that nobody else can write; never raises. Blocks."""
    try:
        data = _content(path)
    except OSError:
        return Preferences()
    return read_preferences(data) if len(data) <= LARGEST else Preferences()


def _content(path: Path) -> bytes:
    with os.fdopen(open_trusted(path), "rb") as file:
        return file.read(LARGEST + 1)


def _set_aside(path: Path) -> None:
    """Move a file away that is no JSON: it may hold filters and bookmarks that a person can still read."""
    try:
        data = _content(path)
        foreign = bool(data.strip()) and not isinstance(json.loads(data), dict)
    except OSError:
        return
    except (ValueError, RecursionError):
        foreign = True
    if foreign:
        aside = path.with_name(f"{path.name}.corrupt-{time.strftime('%Y%m%dT%H%M%S')}")
        path.rename(aside)
        _log.warning("%s was corrupt: it was moved to %s, and a new one begun", path, aside)


def rewrite(path: Path, edits: Iterable[Edit]) -> Preferences:
    """Edit the file as it is now, one console after the other; return what it then contains. Blocks; raises OSError."""
    lock = open_own(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _edited(read_file(path), edits)
        _set_aside(path)
        replace_own(path, preferences_text(wanted))
    finally:
        os.close(lock)
    return wanted
