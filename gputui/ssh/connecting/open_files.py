"""How many connections this process may hold: each is an open file."""

from __future__ import annotations

import contextlib
import resource

KEPT_FREE = 256
"""Open files left for everything else: clouds, logs, history, terminals."""
FEWEST, MOST = 64, 1 << 14
"""Connections on a system with hardly any open files, and on one without a limit."""


def room_for_connections() -> int:
    """Return how many connections may be open at once, after raising the limit of open files as far as one may."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + KEPT_FREE if most == resource.RLIM_INFINITY else min(most, MOST + KEPT_FREE)
    if now != resource.RLIM_INFINITY and now < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems report "unlimited" but have a limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if now == resource.RLIM_INFINITY else min(MOST, max(FEWEST, now - KEPT_FREE))
