"""The log file of a command that was asked for one."""

from __future__ import annotations

import logging
import os
from pathlib import Path

LEVELS = ("debug", "info", "warning", "error")


def start_log(path: Path, level: str) -> None:
    """Append what gputui logs to `path`, which only its owner may read. Raises OSError.

    Other packages' logs stay out: what they write is not known to be free of secrets.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    stream = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
    writer = logging.StreamHandler(stream)
    writer.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    ours = logging.getLogger("gputui")
    ours.addHandler(writer)
    ours.setLevel(level.upper())
    ours.propagate = False
