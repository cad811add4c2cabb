"""Child processes that are sure to end when we do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_PATIENCE = 0.3


async def to_its_end(process: asyncio.subprocess.Process) -> int:
    """Wait for it; return the exit status, or minus the signal. When cancelled, terminate it, then kill it.

    At exit a task is cancelled more than once: that may cut the waiting short, but not the killing.
    """
    try:
        return await process.wait()
    except asyncio.CancelledError:
        try:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _PATIENCE)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
        raise
