"""The options of every command, and those of the console, which may stand before or after the command."""

from __future__ import annotations

import argparse

from gputui.commands.numbers import within

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

AFTER = "after_"
_LEVELS = ("debug", "info", "warning", "error")


def global_arguments(to: argparse.ArgumentParser, prefix: str = "") -> None:
    """Add the options of every command. After the command they get their own names, as argparse would overwrite."""
    add = _adder(to, prefix)
    add("--config", default=None, metavar="FILE", type=path_of, help="another configuration than the usual one")
    add("-p", "--profile", to="profiles", default=[], metavar="NAME", action="append", help="only this; repeatable")
    held = _adder(to.add_mutually_exclusive_group(), prefix)
    held("--read-only", default=None, action="store_true", help="no request that changes anything leaves")
    held("--write", to="read_only", default=None, action="store_false", help="lifts read_only of the configuration")
    add("--log-file", default=None, metavar="FILE", type=path_of, help="where to log")
    add("--log-level", default="warning", choices=_LEVELS, help="how much to log (warning)")
    add("--version", default=False, action="store_true", help="the version")


def console_arguments(to: argparse.ArgumentParser, prefix: str = "") -> None:
    """Add the options of the console and the demo."""
    add = _adder(to, prefix)
    add("-c", "--command", to="view", default="", metavar="VIEW", help="the view to start with")
    add(
        "-r",
        "--refresh",
        default=None,
        metavar="SECONDS",
        type=within(float, 1, 3600),
        help="how often to read (1 to 3600)",
    )
    add("--theme", default="", metavar="NAME", help="the colours")
    add("--ascii", default=False, action="store_true", help="no glyphs outside ASCII")
    add("--no-color", default=False, action="store_true", help="no colours (also NO_COLOR)")
    add("--mouse", default=False, action="store_true", help="use the mouse; the terminal's own selection is then off")
    add("--full-frames", default=False, action="store_true", help="send whole lines, not only the cells that differ")


def path_of(text: str) -> Path:
    """Return the path that a word of the command line names."""
    from pathlib import Path  # only needed with such an option

    return Path(text)


def _adder(to: argparse._ActionsContainer, prefix: str) -> Any:
    def add(*flags: str, default: Any, to: str = "", **more: Any) -> None:
        name = to or flags[-1].lstrip("-").replace("-", "_")
        container.add_argument(*flags, dest=prefix + name, default=argparse.SUPPRESS if prefix else default, **more)

    container = to
    return add
