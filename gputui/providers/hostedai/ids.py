"""hosted·ai's ids as request bodies need them: whole numbers, while forms and rows hold texts."""

from __future__ import annotations

from gputui.providers.pages import whole


def as_number(value: int | str) -> int | str:
    """An id as the number that the API wants; unchanged if it is not a number."""
    number = whole(value)
    return value if number is None else number
