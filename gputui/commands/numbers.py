"""floats on the command line, and the bounds they must keep."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def within(kind: Callable[[str], float], least: float, most: float) -> Callable[[str], float]:
    """Reads a number, and says which are allowed where it is not one of them."""

    def read(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {least} to {most}")
        return value

    read.__name__ = kind.__name__  # argparse names it where a text is no number
    return read
