"""Keys that were recently accepted unseen: two new keys of one host are not a first contact, for any instance."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gputui.ssh.trust.hosts import HostKey

REMEMBERED_SECONDS = 600.0
"""Seconds. Clouds reassign an address, but not while its instance is being worked on."""


@dataclass(slots=True)
class Accepted:
    """The keys accepted unseen by host and port, with the instance and the time."""

    clock: Callable[[], float] = time.monotonic
    _keys: dict[tuple[str, int], tuple[HostKey, str, float]] = field(default_factory=dict)

    def first(self, host: str, port: int, key: HostKey, owner: str) -> HostKey:
        """Return the key that may pass unseen: this one, unless another instance recently showed a different one there.

        A different key of the same instance is decided by what was pinned for it.
        """
        now = self.clock()
        before = self._keys.get((host, port))
        if before is not None and before[0] != key and before[1] != owner and now - before[2] < REMEMBERED_SECONDS:
            return before[0]
        self._keys[host, port] = (key, owner, now)
        return key
