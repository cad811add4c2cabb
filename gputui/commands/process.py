"""The process: run its command line, and end without waiting for anything."""

from __future__ import annotations

import gc
import os
import sys

from gputui.commands.leaving import leave
from gputui.commands.opening import Opening

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from typing import NoReturn

INTERRUPTED = 130


def run() -> NoReturn:
    """Run the command of this process and end it."""
    gc.disable()  # nothing of what is imported becomes garbage: core/collector.py enables it again
    opening = Opening(sys.argv[1:], os.environ)
    try:
        opening.draw(os.environ)
        from gputui import cli

        code = cli.main(opening=opening)
    except KeyboardInterrupt:  # before there was anybody else to notice
        code = INTERRUPTED
    finally:
        opening.splash.withdraw()
    leave(code)
