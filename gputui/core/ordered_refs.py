"""Refs sorted by key, a few of which can be moved without sorting all the others."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import Any

from gputui.core.rows import Ref

FEW = 512
"""Up to this many are inserted one by one; for more, the whole list is sorted."""
FEW_GONE = 64
"""Up to this many are searched for one by one when removed; for more, the whole list is scanned, which is fast."""


class OrderedRefs:
    """A list of refs that is kept sorted.

    `key` gives the sort key of a ref: unique, and constant for as long as the ref is in the list. To change a key, take
    the ref out with `discard` first and add it again after. What is added is sorted in only when the list is read, so
    that a list that arrives in many pieces is not sorted for each of them.
    """

    def __init__(self, key: Callable[[Ref], Any], refs: Iterable[Ref] = ()) -> None:
        self._key = key
        self._placed = list(refs)
        self._added: dict[Ref, object] = {}

    @property
    def refs(self) -> list[Ref]:
        """All refs, in order."""
        if len(self._added) > FEW:
            self._placed += self._added
            self._placed.sort(key=self._key)
        else:
            for ref in self._added:
                insort(self._placed, ref, key=self._key)
        self._added.clear()
        return self._placed

    def place(self, ref: Ref) -> int | None:
        """The index of a ref; None if it is not in the list. Its key must be known."""
        return self._find(self.refs, ref)

    def _find(self, refs: list[Ref], ref: Ref) -> int | None:
        at = bisect_left(refs, self._key(ref), key=self._key)
        return at if at < len(refs) and refs[at] == ref else None

    def discard(self, refs: Iterable[Ref]) -> None:
        """Remove these, as far as they are in the list. Their keys must be those with which they were added."""
        gone = {ref for ref in refs if self._added.pop(ref, self) is self}
        if len(gone) > FEW_GONE:
            self._placed = [ref for ref in self._placed if ref not in gone]
            return
        for ref in gone:
            at = self._find(self._placed, ref)
            if at is not None:
                del self._placed[at]

    def add(self, refs: Iterable[Ref]) -> None:
        """Add these, none of which is in the list yet, where their keys belong."""
        self._added.update(dict.fromkeys(refs))
