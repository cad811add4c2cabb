"""Fields in groups: nothing is lost, nothing is wider than the window, and each stands where its spot says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len

from gputui.core.text import clean
from gputui.ui.widgets.field_layout import DetailField, DetailGroup, bounded_groups, laid_out
from gputui.ui.widgets.wrapping import LONGEST_TEXT

WORDS = some.text("abz 한é-.", max_size=60).map(clean)
FIELDS = some.builds(DetailField, WORDS, WORDS, some.just(""), some.text("src ", max_size=12))
FORMS = some.sampled_from(["columns", "beside", "whole"])
GROUPS = some.lists(
    some.builds(DetailGroup, some.sampled_from(["", "one", "two"]), some.lists(FIELDS, max_size=7).map(tuple), FORMS),
    max_size=5,
)


def text_of(line: object) -> str:
    return "".join(text for text, _ in line)  # type: ignore[attr-defined]


@given(GROUPS, some.integers(30, 220))
def test_every_field_stands_in_its_place_and_no_line_is_too_wide(groups: list[DetailGroup], width: int) -> None:
    layout = laid_out(groups, width)
    assert all(cell_len(text_of(line)) <= width for line in layout.lines)
    assert len(layout.spots) == sum(len(group.fields) for group in groups)
    taken: set[tuple[int, int]] = set()
    for spot in layout.spots:
        field = groups[spot.group].fields[spot.field]
        own = "".join(_within(layout.lines[y], spot.x, spot.width) for y in range(spot.y, spot.y + spot.height))
        for part in (field.label, field.text):
            assert part.replace(" ", "") in own.replace(" ", "")
        cells = {(y, x) for y in range(spot.y, spot.y + spot.height) for x in (spot.x, spot.x + spot.width - 1)}
        assert not cells & taken
        taken |= cells


def _within(line: object, x: int, width: int) -> str:
    kept, at = "", 0
    for character in text_of(line):
        if x <= at < x + width:
            kept += character
        at += cell_len(character)
    return kept


@given(GROUPS)
def test_without_wrapping_each_field_is_one_line(groups: list[DetailGroup]) -> None:
    layout = laid_out(groups, 40, wrap=False)
    assert all(spot.height == 1 and spot.x == 0 for spot in layout.spots)
    for spot in layout.spots:
        field = groups[spot.group].fields[spot.field]
        assert text_of(layout.lines[spot.y]).count(field.text) if field.text else True


def test_labels_are_as_narrow_as_they_can_be() -> None:
    group = DetailGroup("fields", tuple(DetailField(label, "x") for label in ("id", "name", "address")))
    assert [text_of(line) for line in laid_out([group], 60).lines[1:]] == [
        "  id       x",
        "  name     x",
        "  address  x",
    ]
    long = DetailGroup("fields", (DetailField("id", "x"), DetailField("a" * 40, "y")))
    lines = [text_of(line) for line in laid_out([long], 60).lines[1:]]
    assert lines == ["  id  x", f"  {'a' * 40}", "      y"]  # one long label moves no other text


def test_wide_windows_have_two_columns_and_sentences_more_room() -> None:
    fields = DetailGroup("fields", tuple(DetailField(str(at), "x") for at in range(8)))
    assert [len({spot.x for spot in laid_out([fields], width).spots}) for width in (99, 100)] == [1, 2]
    told = [DetailGroup("a", fields.fields, "beside"), DetailGroup("b", fields.fields, "beside")]
    assert [len({spot.x for spot in laid_out(told, width).spots}) for width in (149, 150)] == [1, 2]


def test_a_huge_object_is_cut_and_says_by_how_many_fields() -> None:
    group = DetailGroup("fields", tuple(DetailField(f"f{at}", "x" * 1000) for at in range(300)))
    shown = bounded_groups([group], ": w writes it")
    kept = len(shown[0].fields)
    assert sum(len(field.text) for field in shown[0].fields) < LONGEST_TEXT + 2000
    assert shown[-1].fields[0].text == f"{300 - kept} fields more: w writes it"
