"""The pattern lists of OpenSSH, in known_hosts and in its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable


def matches_patterns(patterns: Iterable[str], text: str) -> bool:
    """Whether one of the patterns (`*`, `?`) matches, whatever the case, and no negated one (`!`) does."""
    lower, found = text.lower(), False
    for pattern in patterns:
        wanted = pattern.lower()
        if wanted.startswith("!"):
            if _matches(wanted[1:], lower):
                return False
        elif _matches(wanted, lower):
            found = True
    return found


def _matches(pattern: str, text: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    # Not fnmatch: its [brackets] are sets; in known_hosts they enclose a host with a port.
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None
