"""Ask the person at the terminal, independently of where a command's input and output are piped."""

from __future__ import annotations

import contextlib
import os

from gputui.commands.context import CliContext
from gputui.core.text import clean


def can_ask(ctx: CliContext) -> bool:
    """Whether a person can be asked: stdin and stderr are terminals, unlike in a script's job."""
    return os.isatty(0) and ctx.err.isatty()


async def confirm(question: str) -> bool:
    """Return whether exactly `yes` was typed; False without a terminal. Later messages start on a new line."""
    from gputui.ssh.shells.terminal import read_whole_line

    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(terminal, f"{clean(question)} (yes/no) ".encode("utf-8", "replace"))
        typed: bytes | None = None
        try:
            typed = await read_whole_line(terminal)
        finally:
            if typed is None:
                with contextlib.suppress(OSError):
                    os.write(terminal, b"\n")
        return typed is not None and typed.strip() == b"yes"
    finally:
        os.close(terminal)
