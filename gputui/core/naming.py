"""Which row a name means, and which one was perhaps meant where nothing is called so."""

from __future__ import annotations

from collections.abc import Iterable

from gputui.core.rows import Row


def matches_name(row: Row, name: str) -> bool:
    """Whether a row is meant by `name`: its name, its id, or either after its profile and a slash."""
    names = (row.name, row.ref.id)
    return name in names or name in tuple(f"{row.ref.profile}/{each}" for each in names)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, where one of `known` looks like `word`."""
    import difflib  # only once something is wrong

    close = difflib.get_close_matches(word.lower(), list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""
