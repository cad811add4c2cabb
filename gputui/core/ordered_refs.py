"""Identities in the order of their keys, of which a few can be put elsewhere without sorting all the others."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import Any

from gputui.core.rows import Ref

FEW = 512
"""So many are put in their places one by one; of more, all are sorted."""
FEW_GONE = 64
"""So many are looked for one by one when they go; of more, all are looked through, which is done quickly."""


class OrderedRefs:
    """A list of identities that is kept sorted.

    `key` gives what an identity is sorted by: unlike that of any other, and the same for as long as the identity is in
    the list. What is to get another key is taken out before, with `discard`, and added after. What is added is put in
    its place when somebody looks: what comes by many pieces is not sorted at each of them.
    """

    def __init__(self, key: Callable[[Ref], Any], refs: Iterable[Ref] = ()) -> None:
        self._key = key
        self._placed = list(refs)
        self._added: dict[Ref, object] = {}

    @property
    def refs(self) -> list[Ref]:
        """All of them, in order."""
        if len(self._added) > FEW:
            self._placed += self._added
            self._placed.sort(key=self._key)
        else:
            for ref in self._added:
                insort(self._placed, ref, key=self._key)
        self._added.clear()
        return self._placed

    def place(self, ref: Ref) -> int | None:
        """At which place it stands; None where it is not in the list. Its key must be known."""
        return self._find(self.refs, ref)

    def _find(self, refs: list[Ref], ref: Ref) -> int | None:
        at = bisect_left(refs, self._key(ref), key=self._key)
        return at if at < len(refs) and refs[at] == ref else None

    def discard(self, refs: Iterable[Ref]) -> None:
        """Take these out, as far as they are in. Their keys must be those with which they were added."""
        gone = {ref for ref in refs if self._added.pop(ref, self) is self}
        if len(gone) > FEW_GONE:
            self._placed = [ref for ref in self._placed if ref not in gone]
            return
        for ref in gone:
            at = self._find(self._placed, ref)
            if at is not None:
                del self._placed[at]

    def add(self, refs: Iterable[Ref]) -> None:
        """Put these, none of which is in, where their keys belong."""
        self._added.update(dict.fromkeys(refs))
