"""Log to a file or nowhere; never to the terminal, and never with a secret."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from gputui.core.own_files import open_named, open_own
from gputui.core.redaction import redacted
from gputui.core.text import lines_of


def start_log(path: Path | None, level: str, *, named: bool = False) -> None:
    """Append log records of gputui and its dependencies to `path`, readable by its owner only. Raises OSError.

    A file that the user has `named` may be in any folder; otherwise it must be in one of our own.

    Without a path the log is dropped: Python would write warnings of httpx, asyncssh, stamina and others to stderr, in
    the middle of a screen or a script's messages. Records of dependencies below a warning are dropped unless the level
    is debug: they are many, and those of httpcore contain whole headers.
    """
    ours, everybody = logging.getLogger("gputui"), logging.getLogger()
    ours.setLevel(level.upper())
    everybody.setLevel(logging.DEBUG if ours.level == logging.DEBUG else max(ours.level, logging.WARNING))
    everybody.addHandler(logging.NullHandler() if path is None else _writer(path, open_named if named else open_own))
    logging.captureWarnings(True)


def _writer(path: Path, opened: Callable[[Path, int], int]) -> logging.Handler:
    file = opened(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    writer = _Writer(os.fdopen(file, "a", encoding="utf-8", errors="backslashreplace"))
    writer.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return writer


class _Writer(logging.StreamHandler[TextIO]):
    """Drops a line that cannot be written: logging would print it, unredacted, to stderr."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore the error."""


class Redacting(logging.Formatter):
    """Formats records of any logger, tracebacks included, without secrets and without invisible characters.

    Other packages quote servers' messages, and servers repeat what was sent to them. Redaction is the last step, after
    everything has been inserted into the line, so that no logger can bypass it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; if the arguments do not fit the message, the message alone."""
        try:
            text = super().format(record)
        except Exception as error:  # noqa: BLE001 - a mistake in another package's log call must not lose the line
            text = (
                f"{record.levelname} {record.name}: {record.msg!s} (its arguments do not fit: {type(error).__name__})"
            )
        return "\n".join(lines_of(redacted(text)))
