"""gputui with something beneath it that hangs: `hanging.py WHAT ARGUMENTS…`."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def _for_good(*_: Any, **__: Any) -> Any:
    threading.Event().wait(60)
    raise OSError("it never answered")


def _no_answer(send: Any) -> Any:
    """To a stop; everything else is answered."""

    async def answered(client: Any, request: Any, **how: Any) -> Any:
        if request.url.path.endswith("/stop"):
            await asyncio.sleep(60)
        return await send(client, request, **how)

    return answered


def _busy(*_: Any) -> None:
    """In C, where Python looks at no signals."""
    Path("busy").touch()
    sum(range(60_000_000))


if __name__ == "__main__":
    what, *sys.argv[1:] = sys.argv[1:]
    if what == "resolver":
        socket.getaddrinfo = _for_good
    elif what == "closing":
        from gputui.engine.store import Store

        Store.aclose = _for_good  # type: ignore[method-assign]
    elif what == "loop":
        from gputui.ui.shell.console import ConsoleScreen

        ConsoleScreen.action_help = _for_good  # type: ignore[method-assign]
    elif what == "session":
        from gputui.ssh.shells.attachment import Attachment

        Attachment.back_again = _for_good  # type: ignore[method-assign]
    elif what == "file":
        from gputui.config import secrets

        secrets.read_private = _for_good
    elif what == "keyring":
        sys.modules["keyring"] = SimpleNamespace(get_password=_for_good)  # type: ignore[assignment]
    elif what == "answer":
        import httpx

        httpx.AsyncClient.send = _no_answer(httpx.AsyncClient.send)  # type: ignore[method-assign]
    elif what == "busy":
        from gputui.ui.shell.console import ConsoleScreen

        ConsoleScreen.action_help = _busy  # type: ignore[method-assign]
    from gputui.commands.process import run

    os.environ.setdefault("TERM", "xterm-256color")
    run()
