"""The options of `gputui gpus`."""

from __future__ import annotations

import argparse

from gputui.commands.numbers import patience, within

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from typing import Any

    from gputui.commands.options import GpusOptions


def gpus_arguments(gpus: argparse.ArgumentParser) -> None:
    """Add them to the parser of the command."""
    gpus.usage = "gputui gpus [EXPR] [options]"
    gpus.epilog = (
        "EXPR selects machines as in gputui run; without it all of them. Ends with 1 where a GPU or its machine is bad "
        "or degraded, with 2 where one could not be read. Examples: gputui gpus gpu-node -p samsung-prod; "
        "gputui gpus gpu-node-007 --evidence > ticket.txt"
    )
    gpus.add_argument("expression", metavar="EXPR", nargs="?", default="", help="which machines (all)")
    gpus.add_argument("-o", "--output", choices=("table", "json", "jsonl"), default="table", help="the form (table)")
    how = gpus.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="read once (the default)")
    every = within(float, 1, 3600)
    how.add_argument("--every", metavar="SECONDS", type=every, default=None, help="read again until ended (1 to 3600)")
    gpus.add_argument("--evidence", action="store_true", help="what a ticket to the provider needs, as text")
    gpus.add_argument("--concurrency", metavar="N", type=within(int, 1, 512), default=64, help="machines at once (64)")
    gpus.add_argument("--timeout", metavar="SECONDS", type=patience, default=60.0, help="for each machine (60)")
    gpus.add_argument("--no-headers", action="store_true", help="no first line")


def gpus_options(space: dict[str, Any]) -> GpusOptions:
    """Return them as values."""
    from gputui.commands.options import GpusOptions

    return GpusOptions(
        space["expression"],
        space["output"],
        space["every"],
        evidence=space["evidence"],
        concurrency=space["concurrency"],
        timeout=space["timeout"],
        headers=not space["no_headers"],
    )
