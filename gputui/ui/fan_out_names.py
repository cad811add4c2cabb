"""What the machines of one run are called: short, and never two the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from gputui.core.ranges import compressed
from gputui.core.rows import Ref


class Names:
    """Names with the profile in front where there are several, with the id behind where two are called the same."""

    def __init__(self, named: Mapping[Ref, str]) -> None:
        several = len({ref.profile for ref in named}) > 1
        labels = {ref: f"{ref.profile}/{name}" if several else name for ref, name in named.items()}
        times = Counter(labels.values())
        self._labels = {ref: f"{label} ({ref.id})" if times[label] > 1 else label for ref, label in labels.items()}

    def one(self, ref: Ref) -> str:
        """The name of one."""
        return self._labels.get(ref, ref.id)

    def all(self, refs: Iterable[Ref]) -> str:
        """The names of some, in few words."""
        return compressed(self.one(ref) for ref in refs)
