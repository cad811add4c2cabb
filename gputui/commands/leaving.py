"""End the process at once, with its output written."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing takes as long to import as everything else that `gputui version` needs
if TYPE_CHECKING:
    from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process without Python's teardown, which takes up to a second and waits for threads that hang."""
    if "coverage" in sys.modules:
        sys.exit(code)
    if "logging" in sys.modules:
        sys.modules["logging"].shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)
