"""Keys that came while the reading thread was busy came together; nothing is decided while some are unread."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gputui.ui.terminal.arrivals import BEFORE, LONGEST_BUSY, Arrivals

T = 100.0


class Pipe:
    """A terminal: `typed` puts something into it, `read` takes it out."""

    def __init__(self) -> None:
        self.end, self._keyboard = os.pipe()

    def typed(self) -> None:
        os.write(self._keyboard, b"a")

    def read(self) -> None:
        os.read(self.end, 9)

    def close(self) -> None:
        os.close(self.end)
        os.close(self._keyboard)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def looked(arrivals: Arrivals, pipe: Pipe, now: float, *, late: bool) -> float:
    """A look at `now`: `late` if the key was typed before it was asked for."""
    if late:
        pipe.typed()
    arrivals.ask(pipe.end)
    if not late:
        pipe.typed()
    at = arrivals.look(now)
    pipe.read()
    arrivals.given()
    return at


@pytest.mark.parametrize(
    ("later", "late", "together"),
    [
        (0.006, True, True),  # it was there at once: the thread was late, not the key
        (0.006, False, False),  # it was waited for
        (0.9 * LONGEST_BUSY, True, True),
        (1.1 * LONGEST_BUSY, True, False),  # nobody is busy for so long
    ],
)
def test_what_was_there_at_once_came_with_the_last(pipe: Pipe, later: float, late: bool, together: bool) -> None:
    arrivals = Arrivals()
    assert looked(arrivals, pipe, T, late=False) == T
    assert looked(arrivals, pipe, T + later, late=late) == (T if together else T + later)


def test_several_late_looks_belong_to_the_first(pipe: Pipe) -> None:
    arrivals = Arrivals()
    looked(arrivals, pipe, T, late=False)
    assert [looked(arrivals, pipe, T + later, late=True) for later in (0.006, 0.012, 0.018)] == [T] * 3


def test_what_was_typed_before_anything_was_read_is_known_as_that(pipe: Pipe) -> None:
    arrivals = Arrivals()
    assert looked(arrivals, pipe, T, late=True) == BEFORE
    assert looked(arrivals, pipe, T + 1, late=True) == BEFORE
    assert looked(arrivals, pipe, T + 2, late=False) == T + 2


def test_unread_until_the_app_was_given_it(pipe: Pipe) -> None:
    arrivals = Arrivals()
    assert not arrivals.unread(pipe.end)
    pipe.typed()
    assert arrivals.unread(pipe.end)
    arrivals.ask(pipe.end)
    arrivals.look(T)
    pipe.read()
    assert arrivals.unread(pipe.end)
    arrivals.given()
    assert not arrivals.unread(pipe.end)
