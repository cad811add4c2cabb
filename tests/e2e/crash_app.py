"""gputui with a bug in it that `?` sets off, in a frame whose locals hold every secret; run by test_crash."""

from __future__ import annotations

import sys
from pathlib import Path

from gputui import cli
from gputui.ui.shell.console import ConsoleScreen


def with_a_bug(self: ConsoleScreen) -> None:
    """What the console does instead of help."""
    everything_secret = (Path(cli.__file__), Path(sys.argv[-1]).read_text())
    raise LookupError(f"a bug of \x1b[31m{len(everything_secret)} things")


ConsoleScreen.action_help = with_a_bug  # type: ignore[method-assign]
sys.exit(cli.main())
