"""What differs between two things, and how that is laid out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gputui.core.comparing import Difference, differences_of
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.inspect.comparing import SIDE_BY_SIDE, comparison_lines

FIELDS = st.dictionaries(st.sampled_from("abcdef"), st.text("xyz", max_size=3)).map(lambda found: [*found.items()])


def row(name: str) -> Row:
    return Row(Ref("p", "nodes", name), name, "RUNNING", Health.OK, ())


@given(FIELDS, FIELDS)
def test_each_field_that_differs_is_there_once_and_no_other(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    found = differences_of(one, other)
    mine, others = dict(one), dict(other)
    wanted = {name for name in {*mine, *others} if mine.get(name) != others.get(name)}
    assert sorted(each.name for each in found) == sorted(wanted)
    assert all((each.one, each.other) == (mine.get(each.name), others.get(each.name)) for each in found)


@given(st.text(max_size=300), st.text(max_size=300), st.integers(20, 220))
def test_no_line_is_wider_than_the_window(one: str, other: str, width: int) -> None:
    found = [("columns", [Difference("driver", one, other), Difference("x" * 40, None, other)])]
    for line in comparison_lines(row("gpu-1"), row("gpu-" + "2" * 60), found, width):
        assert sum(cell_len(text) for text, _ in line) <= width or width < 40


def test_side_by_side_where_it_is_wide_below_each_other_where_it_is_not() -> None:
    found = [("columns", [Difference("state", "RUNNING", "ERROR")])]
    wide, narrow = (
        ["".join(text for text, _ in line) for line in comparison_lines(row("a"), row("b"), found, width)]
        for width in (SIDE_BY_SIDE, SIDE_BY_SIDE - 1)
    )
    assert any("RUNNING" in line and "ERROR" in line for line in wide)
    assert not any("RUNNING" in line and "ERROR" in line for line in narrow)
    assert any(line.split() == ["b", "ERROR"] for line in narrow)
