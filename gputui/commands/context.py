"""What a command gets from the process it runs in, so that tests can give it something else."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from gputui.config.paths import Places
from gputui.core.text import clean


@dataclass(frozen=True, slots=True)
class CliContext:
    """The environment, our places in it, the two outputs and the clock. Data goes to `out`, all else to `err`."""

    environ: Mapping[str, str] = field(repr=False)
    places: Places
    out: TextIO
    err: TextIO
    now: Callable[[], float] = time.time

    @classmethod
    def of_process(cls) -> CliContext:
        """Those of this process, as they are at the moment of the call."""
        return cls(os.environ, Places.of(os.environ), sys.stdout, sys.stderr)

    def user(self) -> str:
        """The user's name; in a container there may be only a number."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return str(os.getuid())

    def say(self, text: object) -> None:
        """Write a line to `err`; what it quotes from outside cannot reach the terminal as anything but text."""
        self.err.write(f"gputui: {clean(str(text))}\n")
