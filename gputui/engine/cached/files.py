"""The files of cached lists: one for each view of a profile, private, replaced atomically."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gputui.core.own_files import open_own, replace_own
from gputui.engine.cached.encoding import decoded
from gputui.engine.cached.lists import CachedList

MOST_BYTES = 8_000_000
"""A larger file is neither written nor read."""
_SUFFIX = ".jsonl"
_NAME = re.compile(r"\w[\w.+-]{0,62}")
_log = logging.getLogger(__name__)


class CachedFiles:
    """The cached lists in a folder. Whatever is wrong with one costs that list, never the console."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, profile: str, provider: str, own: Mapping[str, Any], since: float) -> Iterator[CachedList]:
        """The lists of the profile with this table that were read after `since` (epoch seconds)."""
        for path in self._paths(profile):
            text = _text(path)
            found = decoded(text, profile, provider, own) if text else None
            if found is not None and _path(self._folder, profile, found.view.name) == path and found.at > since:
                yield found

    def write(self, profile: str, view: str, lines: Iterable[str]) -> None:
        """Keep a list. Raises OSError."""
        if _NAME.fullmatch(profile) is None or _NAME.fullmatch(view) is None:
            return
        data = "\n".join(lines).encode()
        if len(data) <= MOST_BYTES:
            replace_own(_path(self._folder, profile, view), data)

    def clear(self) -> None:
        """Remove all cached lists."""
        for path in self._paths(""):
            with suppress(OSError):
                path.unlink()

    def _paths(self, profile: str) -> list[Path]:
        """The files of a profile, or all."""
        try:
            paths = sorted(self._folder.iterdir())
        except OSError:
            return []
        end = f"@{profile}{_SUFFIX}" if profile else _SUFFIX
        return [path for path in paths if path.name.endswith(end)]


def _path(folder: Path, profile: str, view: str) -> Path:
    return folder / f"{view}@{profile}{_SUFFIX}"


def _text(path: Path) -> str:
    """The text of a file of ours; empty if it cannot be read, or is not one."""
    try:
        file = open_own(path, os.O_RDONLY)
        with os.fdopen(file, "rb") as reader:
            data = reader.read(MOST_BYTES + 1)
    except OSError as error:
        _log.warning("a cached list is not shown: %s", error.strerror or error)
        return ""
    return data.decode(errors="replace") if len(data) <= MOST_BYTES else ""
