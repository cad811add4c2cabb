"""Where log lines go: into a file, or nowhere; never to the terminal."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from gputui.core.own_files import open_named, open_own
from gputui.core.text import lines_of


def start_log(path: Path | None, level: str, *, named: bool = False) -> None:
    """Append what we and the packages under us log to `path`, which only its owner may read. Raises OSError.

    A file that the user has `named` may lie in any folder; others lie in one of our own.

    Without a path it is dropped: python would else write the warnings of httpx, asyncssh, stamina and their like to
    stderr, in the midst of a screen or of a script's messages. The others' debug lines stay out in any case: those of
    httpcore hold whole headers.
    """
    ours, everybody = logging.getLogger("gputui"), logging.getLogger()
    ours.setLevel(level.upper())
    everybody.setLevel(max(ours.level, logging.INFO))
    everybody.addHandler(logging.NullHandler() if path is None else _writer(path, open_named if named else open_own))


def _writer(path: Path, opened: Callable[[Path, int], int]) -> logging.Handler:
    file = opened(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    writer = logging.StreamHandler(os.fdopen(file, "a", encoding="utf-8", errors="backslashreplace"))
    writer.setFormatter(_Clean("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return writer


class _Clean(logging.Formatter):
    """Lines with nothing unseen in them: other packages quote what servers say, and logs are read on terminals."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(lines_of(super().format(record)))
