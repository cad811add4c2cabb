"""Texts that fold: every line is found, and the cursor stays on its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gputui.ui.widgets.outline import Outline, Section


def section(key: str, lines: int, *, open: bool = True) -> Section:
    return Section(key, ((key, ""),), [f"{key}{line}" for line in range(lines)], open=open)


def shown(outline: Outline) -> list[str]:
    spots = [outline.spot(y) for y in range(outline.height)]
    return [spot.section.head[0][0] if spot.line is None else spot.section.lines[spot.line] for spot in spots]


def under_cursor(outline: Outline) -> str:
    return shown(outline)[outline.cursor]


def test_what_is_folded_takes_one_line() -> None:
    outline = Outline()
    outline.show([section("a", 2), section("b", 3, open=False), section("c", 0)])
    assert shown(outline) == ["a", "a0", "a1", "b", "c"]
    outline.fold(outline.sections[1], open=True)
    outline.fold(outline.sections[0], open=False)
    assert shown(outline) == ["a", "b", "b0", "b1", "b2", "c"]


def test_the_cursor_stays_on_its_line_where_that_is_seen_and_else_goes_to_the_heading() -> None:
    outline = Outline()
    outline.show([section("a", 2), section("b", 3)])
    outline.move(5)
    assert under_cursor(outline) == "b1"
    outline.show([section("new", 4), section("b", 3), section("a", 2)])
    assert under_cursor(outline) == "b1"
    outline.fold(outline.sections[0], open=False)
    assert under_cursor(outline) == "b1"
    outline.fold_all(open=False)
    assert under_cursor(outline) == "b"


def test_until_it_is_moved_the_cursor_stays_on_the_first_line() -> None:
    outline = Outline()
    outline.show([section("a", 2)])
    outline.show([section("b", 1), section("a", 2)])
    assert under_cursor(outline) == "b"
    outline.move(0)
    outline.show([section("c", 1), section("b", 1)])
    assert under_cursor(outline) == "b"


def test_from_heading_to_heading() -> None:
    outline = Outline()
    outline.show([section("a", 2), section("b", 1), section("c", 0)])
    steps = []
    for by in (1, 1, 1, -1, -1, -1):
        outline.next(by)
        steps.append(under_cursor(outline))
    assert steps == ["b", "c", "c", "b", "a", "a"]
    outline.move(2)
    outline.next(-1)
    assert under_cursor(outline) == "a"


def test_of_nothing_there_is_nothing() -> None:
    outline = Outline()
    outline.next(1)
    outline.move(1)
    assert (outline.height, outline.here) == (0, None)
    outline.show([section("a", 1)])
    outline.show([])
    assert (outline.height, outline.here) == (0, None)


KEYS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 4)), unique_by=lambda pair: pair[0], max_size=6)
MOVES = st.lists(st.tuples(st.sampled_from(("move", "next", "fold")), st.integers(-3, 3)), max_size=6)


@given(st.lists(st.tuples(KEYS, MOVES), max_size=4))
def test_every_line_is_found_whatever_happens(
    rounds: list[tuple[list[tuple[str, int]], list[tuple[str, int]]]],
) -> None:
    outline = Outline()
    for keys, moves in rounds:
        outline.show([section(key, lines) for key, lines in keys])
        for what, by in moves:
            here = outline.here
            if what == "fold":
                if here is not None:
                    outline.fold(here, open=not outline.is_open(here))
                    assert outline.here is here
            else:
                (outline.move if what == "move" else outline.next)(by)
            assert len(shown(outline)) == outline.height
            assert outline.height == 0 or 0 <= outline.cursor < outline.height
