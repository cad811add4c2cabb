"""gputui with something beneath it that hangs: `hanging.py resolver|journal ARGUMENTS…`."""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Any


def _for_good(*_: Any, **__: Any) -> Any:
    threading.Event().wait(60)
    raise OSError("it never answered")


if __name__ == "__main__":
    what, *sys.argv[1:] = sys.argv[1:]
    if what == "resolver":
        socket.getaddrinfo = _for_good
    elif what == "closing":
        from gputui.engine.deck import Deck

        Deck.aclose = _for_good  # type: ignore[method-assign]
    elif what == "loop":
        from gputui.ui.console import ConsoleScreen

        ConsoleScreen.action_help = _for_good  # type: ignore[method-assign]
    from gputui.commands.process import run

    os.environ.setdefault("TERM", "xterm-256color")
    run()
