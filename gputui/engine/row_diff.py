"""Which rows differ between two readings of one list, found by identity: unchanged rows stay the same objects."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from operator import is_not

from gputui.core.rows import Ref, Row


def differing(old: Mapping[Ref, Row], new: Mapping[Ref, Row]) -> list[Ref]:
    """The refs of rows that came or were replaced, in the order of the new list, then those that went.

    Costs nothing if both are the same mapping, and next to nothing if the same rows are in the same order.
    """
    if old is new:
        return []
    if len(old) == len(new):
        apart = list(map(is_not, old.values(), new.values()))
        if not any(apart):
            return []
        before, after = list(compress(old, apart)), list(compress(new, apart))
        if before == after:
            return after
    found = [ref for ref, row in new.items() if old.get(ref) is not row]
    return found + [ref for ref in old if ref not in new]
