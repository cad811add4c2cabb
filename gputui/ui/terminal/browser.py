"""Opening an address in a browser, where this computer has a screen to show one."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Mapping

PATIENCE = 3.0
Find = Callable[[str], str | None]


def opener(environ: Mapping[str, str], platform: str = sys.platform, find: Find = shutil.which) -> str:
    """The program that opens an address, empty where nobody would see a browser: on a bastion, over SSH."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return ""
    if platform == "darwin":
        return find("open") or ""
    if environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY"):
        return find("xdg-open") or ""
    return ""


async def open_url(program: str, url: str, patience: float = PATIENCE) -> bool:
    """Have `program` open a checked address; whether it could be started. What it prints goes nowhere.

    One that still runs after so many seconds of `patience` is the browser itself, until that is closed.
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
