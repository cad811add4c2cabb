"""A question in any window: title, names, effect, answer and Cancel are there, and nothing that is cut is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gputui.core.actions import Risk
from gputui.ui.widgets.dialog_layout import DialogLayout, arrange, clipped, hint, squeezed
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.wrapping import wrapped

SMALLEST = (34, 8)
"""What a window of 40x10 leaves inside the frame of a dialog."""
NODES = tuple(f"gpu-node-{number:03}" for number in range(1, 51))
STOP = Question(
    "Stop 50 marked rows in samsung?",
    (),
    Risk.DESTROYS,
    "stop",
    "50",
    request=("50 requests:", *(f"POST /v1/gpu-nodes/{name}/stop" for name in NODES)),
    effect=("Powers the node off: whatever runs on it ends now, multi-node jobs of its fabric too.",),
    names=("gpu-node-[001-050]   RUNNING",),
    each=tuple(f"{name}   RUNNING   id {name}" for name in NODES),
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z", "M")) | st.just(" "), max_size=120)
lists = st.lists(texts, max_size=12).map(tuple)
questions = st.builds(
    Question,
    title=texts.filter(bool),
    lines=lists,
    risk=st.just(Risk.DESTROYS),
    verb=st.sampled_from(["stop", "stop/power off"]),
    type_this=st.sampled_from(["", "50", "gpu-node-014", "n" * 60]),
    blocked=st.just("") | texts,
    request=lists,
    form=st.booleans(),
    document=st.booleans(),
    effect=lists,
    names=lists,
    aside=lists,
    each=lists,
)
rooms = st.tuples(st.integers(34, 188), st.integers(8, 44))


def height(layout: DialogLayout, *, low: bool) -> int:
    """All lines of the dialog inside its frame, Cancel's included."""
    gaps = 0 if low else 3 + bool((layout.names or layout.effect) and layout.scroll)
    parts = (layout.title, layout.names, layout.effect, layout.hint)
    return sum(map(len, parts)) + (layout.height if layout.scroll else 0) + 1 + gaps


@given(questions, rooms)
def test_whatever_is_asked_all_parts_are_in_sight(question: Question, room: tuple[int, int]) -> None:
    columns, rows = room
    low = rows < 14
    layout = arrange(question, columns, rows, low=low)
    assert height(layout, low=low) <= rows
    assert layout.title and layout.hint
    assert bool(layout.names) == any(question.names) or not any(map(str.strip, question.names))
    assert bool(layout.effect) == bool(question.effect)
    assert not layout.scroll or layout.height >= 1
    fixed = (*layout.title, *layout.names, *layout.effect, *layout.hint)
    assert all(cell_len(line) <= layout.width <= columns for line in fixed)


@given(questions, rooms)
def test_what_is_cut_stands_in_full_where_it_scrolls(question: Question, room: tuple[int, int]) -> None:
    columns, rows = room
    layout = arrange(question, columns, rows, low=rows < 14)
    below = {"".join(part for part, _ in line) for line in layout.scroll}
    for part, texts in ((layout.names, question.names), (layout.effect, question.effect)):
        whole = [piece for text in texts for piece in clipped((text,), layout.width, 10_000)]
        assert part == whole or below.issuperset(texts)
    assert below.issuperset((*question.aside, *question.lines, *question.request, *question.each))


@pytest.mark.parametrize("count", [1, 5, 50, 500])
def test_fifty_nodes_in_the_smallest_window(count: int) -> None:
    question = replace(STOP, title=f"Stop {count} marked rows in samsung?", type_this=str(count))
    layout = arrange(question, *SMALLEST, low=True)
    assert layout.title == [question.title]
    assert layout.names == ["gpu-node-[001-050]   RUNNING"]
    assert " ".join(layout.effect) == STOP.effect[0]
    assert "".join(layout.hint).endswith("stop." if count < 500 else "Enter: stop")
    assert layout.height == 1 and layout.scroll


def test_of_several_lists_each_has_a_line_where_there_is_room() -> None:
    names = tuple(f"{cloud}: stop 100: {cloud}-node-[001-050,052-101]   RUNNING" for cloud in "abcde")
    wide = arrange(replace(STOP, names=names), 70, 20, low=False)
    assert wide.names == list(names)
    small = arrange(replace(STOP, names=names), *SMALLEST, low=True)
    assert small.names == [
        "a: stop 100: a-node-[001-050,052-…",
        "b: stop 100: b-node-[001-050,052-…",
        "… and 3 more below",
    ]


def test_a_long_line_makes_the_dialog_wide() -> None:
    short = replace(STOP, effect=())
    question = replace(short, request=("x" * 150,))
    assert arrange(short, 188, 44, low=False).width == 70
    assert arrange(question, 188, 44, low=False).width == 151
    assert arrange(question, 70, 44, low=False).width == 70


def test_the_middle_of_a_long_title_is_left_out() -> None:
    (first, second) = squeezed(f"Stop {'n' * 80} in samsung?", 34, 2)
    assert first.startswith("Stop nnn") and second.endswith("nnn in samsung?")
    assert "…" in first + second


@pytest.mark.parametrize("width", [34, 40, 60, 200])
def test_no_way_to_answer_is_broken_in_two(width: int) -> None:
    question = replace(STOP, type_this="", form=True, document=True, verb="new instance")
    lines = hint(question, width)
    assert all(cell_len(line) <= width for line in lines)
    for way in ("y  new instance", "n esc  cancel", "e  change the inputs", "ctrl+e  edit as a file"):
        assert any(way in line for line in lines)


def test_a_reason_that_leaves_no_room_is_told_in_full_below() -> None:
    reason = "x (state is RUNNING: only a Shutdown instance can be deleted, and " + "so on " * 30 + "to the end)"
    layout = arrange(replace(STOP, blocked=reason, request=()), *SMALLEST, low=True)
    assert layout.hint[-1].endswith("esc  back")
    assert any(wrapped(line, 400) and line[-1][0] == reason for line in layout.scroll if line)
