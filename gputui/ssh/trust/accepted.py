"""Keys that were accepted unseen a moment ago: two new keys of one host are no first contact, whoever is meant."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gputui.ssh.trust.hosts import HostKey

REMEMBERED_SECONDS = 600.0
"""Clouds give an address to another instance, but not while the one that had it is being worked on."""


@dataclass(slots=True)
class Accepted:
    """What was accepted unseen at which host and port, for which instance, and when."""

    clock: Callable[[], float] = time.monotonic
    _keys: dict[tuple[str, int], tuple[HostKey, str, float]] = field(default_factory=dict)

    def first(self, host: str, port: int, key: HostKey, owner: str) -> HostKey:
        """The key that may pass unseen: this one, unless another instance has shown another one there just now.

        The same instance with another key is a matter of what was pinned for it.
        """
        now = self.clock()
        before = self._keys.get((host, port))
        if before is not None and before[0] != key and before[1] != owner and now - before[2] < REMEMBERED_SECONDS:
            return before[0]
        self._keys[host, port] = (key, owner, now)
        return key
