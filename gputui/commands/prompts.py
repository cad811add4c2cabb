"""A question to the person at the terminal, beside whatever input and output of a command are piped into."""

from __future__ import annotations

import contextlib
import os

from gputui.commands.context import CliContext
from gputui.core.text import clean


def can_ask(ctx: CliContext) -> bool:
    """Whether somebody sits there: the input and the messages are on a terminal, as they are not in a script's job."""
    return os.isatty(0) and ctx.err.isatty()


async def confirm(question: str) -> bool:
    """Whether `yes` was typed, and nothing else; no terminal is a no. What is said next begins a line of its own."""
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
