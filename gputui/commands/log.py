"""Where log lines go: into a file, or nowhere; never to the terminal, and never with a secret in them."""

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
    """Append what we and the packages under us log to `path`, which only its owner may read. Raises OSError.

    A file that the user has `named` may lie in any folder; others lie in one of our own.

    Without a path it is dropped: python would else write the warnings of httpx, asyncssh, stamina and their like to
    stderr, in the midst of a screen or of a script's messages. The others' lines below a warning stay out unless the
    level is debug: they are many, and those of httpcore hold whole headers.
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
    """Loses a line that cannot be written: logging would else print it, as it came, to stderr."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Pass it by."""


class Redacting(logging.Formatter):
    """Whole lines, of whichever logger, with their tracebacks: without secrets, and with nothing unseen in them.

    Other packages quote what servers say, and servers repeat what was sent to them. It stands at the end of the way,
    after the last thing that is put into a line, so that no logger can pass by it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line; one whose arguments do not fit its words is told by its words alone."""
        try:
            text = super().format(record)
        except Exception as error:  # noqa: BLE001 - a mistake in another package's log call must not cost the line
            text = (
                f"{record.levelname} {record.name}: {record.msg!s} (its arguments do not fit: {type(error).__name__})"
            )
        return "\n".join(lines_of(redacted(text)))
