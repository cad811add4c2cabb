"""What a command takes from its process, as a value, so that tests can replace it."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from gputui.commands.opening import Opening
from gputui.config.paths import Places
from gputui.core.text import clean


@dataclass(frozen=True, slots=True)
class CliContext:
    """The environment, our paths, the two outputs and the clock. Data goes to `out`, everything else to `err`."""

    environ: Mapping[str, str] = field(repr=False)
    places: Places
    out: TextIO
    err: TextIO
    now: Callable[[], float] = time.time
    opening: Opening = field(default_factory=Opening)

    @classmethod
    def of_process(cls, opening: Opening | None = None) -> CliContext:
        """Return the context of this process at the moment of the call."""
        return cls(os.environ, Places.of(os.environ), sys.stdout, sys.stderr, opening=opening or Opening())

    def user(self) -> str:
        """The user's name; in a container it may be only a number."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return str(os.getuid())

    def say(self, text: object) -> None:
        """Write a line to `err`; quoted text is cleaned of anything that could control the terminal."""
        self.opening.splash.withdraw()  # it would be written into the outline, and go with it
        self.err.write(f"gputui: {clean(str(text))}\n")
