"""Open a URL in a browser, if this computer has a screen to show one."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Mapping

PATIENCE = 3.0
Find = Callable[[str], str | None]


def opener(environ: Mapping[str, str], platform: str = sys.platform, find: Find = shutil.which) -> str:
    """Return the program that opens a URL, empty if nobody would see a browser: on a bastion, over SSH."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return ""
    if platform == "darwin":
        return find("open") or ""
    if environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY"):
        return find("xdg-open") or ""
    return ""


async def open_url(program: str, url: str, patience: float = PATIENCE) -> bool:
    """Open a checked URL with `program`; return whether it could be started. Its output is discarded.

    A program that still runs after `patience` seconds is the browser itself, which runs until it is closed.
    """
    nowhere = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            program, url, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except OSError:
        return False
    try:
        return await asyncio.wait_for(process.wait(), patience) == 0
    except TimeoutError:
        return True
