"""Short, unique names for the machines of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from gputui.core.ranges import compressed
from gputui.core.rows import Ref


class Names:
    """Names with a profile prefix if there are several profiles, and with an id suffix for duplicates."""

    def __init__(self, named: Mapping[Ref, str]) -> None:
        self._several = len({ref.profile for ref in named}) > 1
        times = Counter((ref.profile, name) for ref, name in named.items())
        self._names = {
            ref: f"{name} ({ref.id})" if times[ref.profile, name] > 1 else name for ref, name in named.items()
        }

    def one(self, ref: Ref) -> str:
        """Return the name of one machine."""
        name = self._names.get(ref, ref.id)
        return f"{ref.profile}/{name}" if self._several else name

    def within(self, refs: Iterable[Ref]) -> str:
        """Return a short text for machines of one profile that is already named before it."""
        return compressed(self._names.get(ref, ref.id) for ref in refs)

    def all(self, refs: Iterable[Ref]) -> str:
        """Return a short text for several machines."""
        return compressed(self.one(ref) for ref in refs)
