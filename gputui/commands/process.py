"""The process: run its command line, and end without waiting for anything."""

from __future__ import annotations

import gc

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> NoReturn:
    """Run the command of this process and end it."""
    gc.disable()  # nothing of what is imported becomes garbage: core/collector.py enables it again
    from gputui import cli
    from gputui.commands.leaving import leave

    leave(cli.main())
