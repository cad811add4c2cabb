"""What the machines of one run are called: short, and never two the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from gputui.core.ranges import compressed
from gputui.core.rows import Ref


class Names:
    """Names with the profile in front where there are several, with the id behind where two are called the same."""

    def __init__(self, named: Mapping[Ref, str]) -> None:
        self._several = len({ref.profile for ref in named}) > 1
        times = Counter((ref.profile, name) for ref, name in named.items())
        self._names = {
            ref: f"{name} ({ref.id})" if times[ref.profile, name] > 1 else name for ref, name in named.items()
        }

    def one(self, ref: Ref) -> str:
        """The name of one."""
        name = self._names.get(ref, ref.id)
        return f"{ref.profile}/{name}" if self._several else name

    def within(self, refs: Iterable[Ref]) -> str:
        """The names of some of one profile, where that stands before them, in few words."""
        return compressed(self._names.get(ref, ref.id) for ref in refs)

    def all(self, refs: Iterable[Ref]) -> str:
        """The names of some, in few words."""
        return compressed(self.one(ref) for ref in refs)
