"""Detect whether a file has changed without reading it again."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

Signature: TypeAlias = tuple[int, ...]
_SETTLED = 100_000_000
"""Nanoseconds: within one tick of the file system's clock a file may change twice and keep one timestamp."""


def signature(path: Path) -> Signature:
    """Return the metadata that changes with the file. Raises OSError."""
    found = path.stat()
    return (max(found.st_mtime_ns, found.st_ctime_ns), found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)


def settled(seen: Signature, now: int) -> bool:
    """Whether a signature taken at `now` (nanoseconds since the epoch) is old enough to reveal any later change."""
    return abs(now - seen[0]) > _SETTLED
