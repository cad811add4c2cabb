"""Numbers of sessions and of bytes as text."""

from __future__ import annotations

from collections.abc import Iterable


def counted(endings: Iterable[object]) -> str:
    """Return the number of sessions from their endings (None: alive): `2 sessions, 1 ended`, or empty."""
    ended = [ending is not None for ending in endings]
    live = ended.count(False)
    parts = [f"{live} session{'s' if live > 1 else ''}"] if live else []
    parts += [f"{ended.count(True)} ended"] if True in ended else []
    return ", ".join(parts)


def amount(count: int) -> str:
    """Format bytes in a readable unit."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
