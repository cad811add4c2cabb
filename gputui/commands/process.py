"""The process itself: the command line, and an end that nothing holds up."""

from __future__ import annotations

from typing import NoReturn

from gputui import cli


def run() -> NoReturn:
    """Run the command of this process and end it."""
    code = cli.main()
    from gputui.commands.ending import leave

    leave(code)
