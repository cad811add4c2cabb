"""Identities in the order of their keys, of which a few can be put elsewhere without sorting all the others."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable
from typing import Any

from gputui.core.rows import Ref

FEW = 32
"""Up to one in so many is put in its place by bisection; more are sorted together with the others."""


class OrderedRefs:
    """A list of identities that is kept sorted.

    `key` gives what an identity is sorted by: unlike that of any other, and the same for as long as the identity is in
    the list. What is to get another key is taken out before, with `discard`, and added after.
    """

    def __init__(self, key: Callable[[Ref], Any], refs: Iterable[Ref] = ()) -> None:
        self.refs = list(refs)
        self._key = key

    def place(self, ref: Ref) -> int | None:
        """At which place it stands; None where it is not in the list. Its key must be known."""
        at = bisect_left(self.refs, self._key(ref), key=self._key)
        return at if at < len(self.refs) and self.refs[at] == ref else None

    def discard(self, refs: Collection[Ref]) -> None:
        """Take these out, as far as they are in. Their keys must be those with which they were added."""
        if len(refs) * FEW > len(self.refs):
            gone = set(refs)
            self.refs[:] = [ref for ref in self.refs if ref not in gone]
            return
        for ref in refs:
            at = self.place(ref)
            if at is not None:
                del self.refs[at]

    def add(self, refs: Collection[Ref]) -> None:
        """Put these, none of which is in, where their keys belong."""
        if len(refs) * FEW > len(self.refs):
            self.refs += refs
            self.refs.sort(key=self._key)
            return
        for ref in refs:
            insort(self.refs, ref, key=self._key)
