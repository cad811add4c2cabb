"""Lines: what stands in them, and that exactly what differs between two is painted again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.style import Style

from gputui.core.cells import EMPTY, Cell, Column, RunningCell, flag, moment, number, verdict, words
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table.columns import Layout, lay_out
from gputui.ui.table.order import Sort
from gputui.ui.table.paint import Line, LineState, Painter, differences, draw

NOW = 1_700_000_000.0
COLUMNS = [
    Column[Any]("NAME", lambda _: EMPTY),
    Column[Any]("HEALTH", lambda _: EMPTY),
    Column[Any]("AGE", lambda _: EMPTY, right=True),
]
ROW = Row(
    Ref("p", "v", "1"),
    "node",
    "",
    Health.BAD,
    (words("node"), verdict(Health.BAD), moment(datetime.fromtimestamp(NOW - 30, UTC))),
)


def painter(*, ascii_only: bool = False) -> Painter:
    return Painter(COLUMNS, ascii_only=ascii_only)


def layout(window: int = 40) -> Layout:
    return lay_out(COLUMNS, [8, 10, 5], window)


def text(line: Line) -> str:
    return draw(line, lambda *_: Style()).text


def test_a_row_is_drawn_under_its_titles() -> None:
    assert text(painter().header(layout(), None)) == "   NAME      HEALTH        AGE" + " " * 10
    assert text(painter().row(ROW, LineState(layout()), NOW)) == "   node      ✖ bad         30s" + " " * 10


def test_the_gutter_tells_mark_and_cursor() -> None:
    line = painter().row(ROW, LineState(layout(), cursor=True, marked=True), NOW)
    assert text(line).startswith("●▌ node")


def test_without_unicode_every_sign_has_a_plain_one() -> None:
    line = painter(ascii_only=True).row(ROW, LineState(layout(), cursor=True, marked=True), NOW)
    assert text(line).startswith("*> node      X bad ")
    long = replace(ROW, cells=(words("node-with-a-name"), EMPTY, number(3)))
    drawn = text(painter(ascii_only=True).row(long, LineState(layout()), NOW))
    assert "node-wi~  -" in drawn
    assert drawn.isascii()
    assert text(painter(ascii_only=True).header(layout(20), Sort(0))).isascii()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort(0), "   NAME↑     HEALTH        AGE"),
        (Sort(1, reverse=True), "   NAME      HEALTH↓       AGE"),
        (Sort(2), "   NAME      HEALTH        AGE↑"),
    ],
)
def test_the_arrow_takes_no_room_of_the_columns(sort: Sort, expected: str) -> None:
    assert text(painter().header(layout(), sort)).rstrip() == expected


def test_the_header_says_on_which_side_columns_are_out_of_sight() -> None:
    narrow = lay_out(COLUMNS, [8, 10, 5], 24)
    assert text(painter().header(narrow, None)) == "   NAME      HEALTH    ›"
    assert text(painter().header(lay_out(COLUMNS, [8, 10, 5], 24, skipped=1), None)).startswith("‹  NAME")


def test_looks_follow_the_tone_unless_the_row_is_stale() -> None:
    assert [piece.look for piece in painter().row(ROW, LineState(layout()), NOW).pieces] == [
        "mark",
        "bar",
        "tone-plain",
        "tone-bad",
        "tone-plain",
    ]
    stale = painter().row(ROW, LineState(layout(), faded=True), NOW)
    assert {piece.look for piece in stale.pieces[2:]} == {"stale"}


@pytest.mark.parametrize("hostile", ["\x1b]52;c;eA==\x07", "a\nb", "\x9b2J", "x\u202ey", "\x00"])
def test_nothing_that_controls_a_terminal_passes(hostile: str) -> None:
    row = replace(ROW, cells=(Cell(hostile, hostile), EMPTY, EMPTY))
    assert text(painter().row(row, LineState(layout()), NOW)).isprintable()


def test_markup_is_text() -> None:
    row = replace(ROW, cells=(words("[/x]"), words("[b]hi[/b]"), EMPTY))
    assert text(painter().row(row, LineState(layout()), NOW)).startswith("   [/x]      [b]hi[/b]")


def changed(before: Line, after: Line) -> list[tuple[int, int]]:
    return [(region.x, region.width) for region in differences(before, after, 5)]


def test_only_the_cells_that_differ_are_painted_again() -> None:
    plain = painter().row(ROW, LineState(layout()), NOW)
    assert changed(plain, painter().row(replace(ROW, name="other"), LineState(layout()), NOW)) == []
    health = replace(ROW, cells=(ROW.cells[0], verdict(Health.OK), ROW.cells[2]))
    assert changed(plain, painter().row(health, LineState(layout()), NOW)) == [(13, 12)]
    assert changed(plain, painter().row(ROW, LineState(layout()), NOW + 5)) == [(25, 7)]
    assert changed(plain, painter().row(ROW, LineState(layout(), marked=True), NOW)) == [(0, 3)]
    assert changed(plain, painter().row(ROW, LineState(layout(), cursor=True), NOW)) == [(0, 40)]
    assert changed(plain, painter().row(ROW, LineState(layout(), flashing=frozenset({0})), NOW)) == [(3, 10)]


def test_a_line_stands_until_its_row_its_dress_or_an_age_changes() -> None:
    dress = LineState(layout())
    line = painter().row(ROW, dress, NOW)
    assert line.stands(ROW, dress, NOW + 0.5)
    assert not line.stands(ROW, dress, NOW + 1)
    assert not line.stands(ROW, LineState(layout(), cursor=True), NOW)
    assert not line.stands(replace(ROW), dress, NOW)


def test_a_short_row_has_empty_cells() -> None:
    short = replace(ROW, cells=(words("a"), flag(True)))
    assert text(painter().row(short, LineState(layout()), NOW)).rstrip() == "   a         yes             –"


@pytest.mark.parametrize(
    ("window", "shown"),
    [
        (40, "   p    again in 10 min: renew it      "),
        (27, "   p    again in 10 min"),
        (32, "   p    again in 10 min: renew …"),
        (18, "   p    again i…"),
    ],
)
def test_a_text_runs_on_over_the_empty_cells_behind_it(window: int, shown: str) -> None:
    columns = [Column[Any](title, lambda _: EMPTY) for title in ("NAME", "B", "C", "D")]
    one = replace(ROW, cells=(words("p"), RunningCell("again in 10 min: renew it", "p"), EMPTY, EMPTY))
    drawing = Painter(columns, ascii_only=False)
    line = drawing.row(one, LineState(lay_out(columns, [3, 8, 8, 8], window)), NOW)
    assert text(line).rstrip() == shown.rstrip()
    stopped = replace(one, cells=(*one.cells[:2], words("x"), EMPTY))
    assert "again i…  x" in text(drawing.row(stopped, LineState(lay_out(columns, [3, 8, 8, 8], 40)), NOW))
