"""How many sessions there are and how many bytes, in words."""

from __future__ import annotations

from collections.abc import Iterable


def counted(endings: Iterable[object]) -> str:
    """How many sessions there are, from their endings (None: it lives): `2 sessions, 1 ended`, or nothing."""
    ended = [ending is not None for ending in endings]
    live = ended.count(False)
    parts = [f"{live} session{'s' if live > 1 else ''}"] if live else []
    parts += [f"{ended.count(True)} ended"] if True in ended else []
    return ", ".join(parts)


def amount(count: int) -> str:
    """Bytes in a person's units."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
