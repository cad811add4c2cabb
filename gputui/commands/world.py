"""The options of `sim` and `demo`: the size of their world, and how much changes in it."""

from __future__ import annotations

import argparse

from gputui.commands.numbers import within
from gputui.commands.parser import suggestion
from gputui.commands.shared_arguments import path_of

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from typing import Any

    from gputui.commands.options import WorldOptions

MOST_MACHINES = 100_000


def world_arguments(to: argparse.ArgumentParser) -> None:
    """Add the world options to a command."""
    world = to.add_argument_group(
        "the world",
        "The first 199 machines are always the same. To measure: --pace 0 is a quiet world once what is under way has "
        "ended; with --pace 0 --changed 1 one machine in a hundred differs at every refresh of 5 s; with --pace 0 "
        "--changing 5 five in a hundred are always between two states, a quarter of them others every 5 s.",
    )
    add = world.add_argument
    add("--nodes", metavar="N", type=within(int, 0, MOST_MACHINES), default=0, help="machines in all, 199 without this")
    add("--only", metavar="CLOUD", type=_cloud, action="append", default=[], help="only this provider's; repeatable")
    add("--pace", metavar="F", type=within(float, 0, 1000), default=1.0, help="incidents F times as often; 0: none (1)")
    add("--changed", metavar="P", type=within(float, 0, 50), default=0.0, help="percent that change every 5 s (0)")
    add("--changing", metavar="P", type=within(float, 0, 50), default=0.0, help="percent between two states (0)")


def _cloud(text: str) -> str:
    from gputui.sim.world import PROFILES  # only needed with this option

    if text not in PROFILES:
        known = ", ".join(PROFILES)
        raise argparse.ArgumentTypeError(f"there is no cloud {text}{suggestion(text, PROFILES)} (choose from {known})")
    return text


def sim_arguments(to: argparse.ArgumentParser) -> None:
    """Add the options of `sim` to its command."""
    to.add_argument("--write-config", metavar="FILE", type=path_of, help="a configuration that reaches them")
    to.add_argument("--seed", metavar="N", type=int, default=7, help="grows the same clouds every time (7)")
    world_arguments(to)


def world_options(space: dict[str, Any]) -> WorldOptions:
    """Return the options from the parsed arguments."""
    from gputui.commands.options import WorldOptions

    only = tuple(space["only"]) or None
    return WorldOptions(space["nodes"], only, space["pace"], space["changed"], space["changing"])
