"""hosted·ai's ids as its bodies spell them: whole numbers, where forms and rows carry text."""

from __future__ import annotations

from gputui.providers.pages import whole


def as_number(value: int | str) -> int | str:
    """An id as the number that the API wants; one that is none stays as it is."""
    number = whole(value)
    return value if number is None else number
