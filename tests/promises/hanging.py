"""gputui with something beneath it that hangs: `hanging.py resolver|closing|loop|session|busy ARGUMENTS…`."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any


def _for_good(*_: Any, **__: Any) -> Any:
    threading.Event().wait(60)
    raise OSError("it never answered")


def _busy(*_: Any) -> None:
    """In C, where Python looks at no signals."""
    Path("busy").touch()
    sum(range(60_000_000))


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
    elif what == "session":
        from gputui.ssh.shells.attachment import Attachment

        Attachment.back_again = _for_good  # type: ignore[method-assign]
    elif what == "busy":
        from gputui.ui.console import ConsoleScreen

        ConsoleScreen.action_help = _busy  # type: ignore[method-assign]
    from gputui.commands.process import run

    os.environ.setdefault("TERM", "xterm-256color")
    run()
