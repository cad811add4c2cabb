"""The options of `gputui watch`."""

from __future__ import annotations

import argparse

from gputui.commands.numbers import within

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from typing import Any

    from gputui.commands.options import WatchOptions


def watch_arguments(watch: argparse.ArgumentParser) -> None:
    """Add them to the parser of the command."""
    watch.epilog = (
        "One line a change of any machine on stdout, and nothing else there: profiles that cannot be read are named on "
        "stderr. What is seen goes into history as with the console. Ends with 0 on ctrl+c and SIGTERM."
    )
    watch.add_argument("-o", "--output", choices=("text", "jsonl"), default="text", help="the form (text)")
    watch.add_argument("--filter", metavar="EXPR", default="", help="only machines it keeps: as in gputui get")
    every = within(float, 1, 3600)
    watch.add_argument("--every", metavar="SECONDS", type=every, default=None, help="how often to read (1 to 3600)")


def watch_options(space: dict[str, Any]) -> WatchOptions:
    """Return them as values."""
    from gputui.commands.options import WatchOptions

    return WatchOptions(space["output"], space["filter"], space["every"])
