"""When Python's garbage collector runs: seldom, and never again over the many objects of a list."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

THRESHOLDS = (2_000, 10, 2)
"""Allocations before the youngest generation is collected, and how many collections precede one of the next generation.

With these, no collection visits more than some 100,000 objects (10 ms), however many there are. Objects that come and
go without reference cycles, as rows do, hardly count. Python's default of 700 would visit every object several times
while a list is read.
"""
MANY = 30_000
"""If more objects than this survive a full collection, they belong to a list: they are freed without the collector."""


def collect_from_now_on() -> None:
    """Enable the collector; what exists by now is kept for good and not visited again."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    if _spare_the_many not in gc.callbacks:
        gc.callbacks.append(_spare_the_many)
    gc.enable()


def _spare_the_many(phase: str, info: Mapping[str, Any]) -> None:
    """Freeze what survived a full collection.

    Nothing of it is garbage yet. What becomes unreachable later is freed by its reference count; only a cycle among it,
    such as a screen that was open at that moment, stays until the process ends.
    """
    if phase == "stop" and info["generation"] == 2 and len(gc.get_objects(generation=2)) > MANY:
        gc.freeze()
