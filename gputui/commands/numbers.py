"""Numbers on the command line, and their limits."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from collections.abc import Callable


def within(kind: Callable[[str], float], least: float, most: float) -> Callable[[str], float]:
    """Return a parser for a number, whose error names the allowed range."""

    def read(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {least} to {most}")
        return value

    read.__name__ = kind.__name__  # argparse names it in the error for a text that is not a number
    return read


def patience(text: str) -> float:
    """Return the seconds of a time limit: more than none, at most a day."""
    value = float(text)
    if not 0 < value <= 86400:
        raise argparse.ArgumentTypeError("must be more than 0, at most 86400")
    return value
