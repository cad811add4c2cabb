"""When Python looks for circles of garbage: seldom, and never again through the many objects that a list is made of."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

THRESHOLDS = (2_000, 10, 2)
"""New objects before the youngest are looked through, and how often that is done before the next generation is.

So no look goes through more than some 100,000 objects, 10 ms, however many there are. What comes and goes without a
circle, as rows do, hardly counts. Python's own 700 would look through everything several times while a list comes.
"""
MANY = 30_000
"""So many objects that are left by a look through everything are a list's: they end without the collector."""


def collect_from_now_on() -> None:
    """Begin to collect; what is there by now stays anyway."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    if _spare_the_many not in gc.callbacks:
        gc.callbacks.append(_spare_the_many)
    gc.enable()


def _spare_the_many(phase: str, info: Mapping[str, Any]) -> None:
    """After a look through everything there is no garbage: freezing what is left then loses none."""
    if phase == "stop" and info["generation"] == 2 and len(gc.get_objects(generation=2)) > MANY:
        gc.freeze()
