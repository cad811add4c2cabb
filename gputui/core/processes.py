"""Child processes that end when we do, whatever they think of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_PATIENCE = 0.3


async def to_its_end(process: asyncio.subprocess.Process) -> int:
    """Its exit status, or minus the signal. Cancelled, it is told to end, and killed where it has not soon.

    Leaving, a task is cancelled more than once: what waits for an end may be cut short, the end may not.
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
