"""The rows of cached lists that the first frame does without, read after it in slices."""

from __future__ import annotations

from dataclasses import replace

from gputui.core.slices import Slices
from gputui.engine.cached.encoding import BROKEN, with_more
from gputui.engine.cached.lists import CachedList


async def completed(cached: CachedList, profile: str, slices: Slices) -> CachedList:
    """The list with all rows that can be read."""
    while cached.waiting:
        try:
            cached = with_more(cached, profile)
        except BROKEN:
            return replace(cached, waiting=())
        if slices.over():
            await slices.pause()
    return cached
