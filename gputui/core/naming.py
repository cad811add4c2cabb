"""Which row a name refers to, and suggestions when no row has that name."""

from __future__ import annotations

from collections.abc import Iterable

from gputui.core.rows import Row


def matches_name(row: Row, name: str) -> bool:
    """Whether `name` refers to the row: its name, its id, or either after its profile and a slash."""
    names = (row.name, row.ref.id)
    return name in names or name in tuple(f"{row.ref.profile}/{each}" for each in names)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` if one of `known` resembles `word`, otherwise empty."""
    import difflib  # only needed once something is wrong

    close = difflib.get_close_matches(word.lower(), list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""
