"""Which row a name refers to, and suggestions when no row has that name."""

from __future__ import annotations

from collections.abc import Iterable

from gputui.core.rows import Row


def matches_name(row: Row, name: str) -> bool:
    """Whether `name` refers to the row: its name, its id, or either after its profile and a slash."""
    names = (row.name, row.ref.id)
    return name in names or name in tuple(f"{row.ref.profile}/{each}" for each in names)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the one of `known` that was meant, if there is one."""
    close = nearest(word, known)
    return f"; did you mean {close}?" if close else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of `known` that resembles `word` in any case, or alone begins with it; empty if there is none."""
    import difflib  # only needed once something is wrong

    folded = {each.casefold(): each for each in known}
    wanted = word.casefold()
    begun = [each for each in folded if wanted and each.startswith(wanted)]
    close = begun if len(begun) == 1 else difflib.get_close_matches(wanted, list(folded), 1)
    return folded[close[0]] if close else ""
