"""The process: run its command line, and end without waiting for anything."""

from __future__ import annotations

from typing import NoReturn

from gputui import cli


def run() -> NoReturn:
    """Run the command of this process and end it."""
    code = cli.main()
    from gputui.commands.ending import leave

    leave(code)
