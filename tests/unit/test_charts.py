"""Charts as lines: what stands on them, gaps, limits, the cursor, ASCII, and that they keep to their room."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gputui.core.metrics import Limit, Measurements, Point, Series
from gputui.ui.charts.board import LEAST_WIDTH, Board, Measured
from gputui.ui.charts.chart import ASCII, LEAST_HEIGHT, UNICODE, Chart, ChartPen, Curve, Window
from gputui.ui.charts.plot import Area, plot
from gputui.ui.charts.scales import value_scale
from gputui.ui.widgets.styles import Line, StyleName

HOUR = Window(0.0, 3600.0, 3600.0)


def every(seconds: float, *values: float | None) -> tuple[Point, ...]:
    return tuple((at * seconds, value) for at, value in enumerate(values))


def wave(by: float = 0.0, mean: float = 50.0) -> tuple[Point, ...]:
    return every(30, *(mean + 20 * math.sin(at / 9 + by) for at in range(121)))


def texts(lines: Iterable[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def styled(lines: Iterable[Line], style: StyleName) -> list[str]:
    return [text for line in lines for text, name in line if name == style]


def columns(lines: list[Line], drawn: str = "") -> list[bool]:
    """For each cell across, whether anything is drawn in it."""
    rows = [text[text.index("│" if "│" in text else "┤") + 1 :] for text in texts(lines)[1:-1]]
    return [any(row[at] != " " and (not drawn or row[at] in drawn) for row in rows) for at in range(len(rows[0]))]


def chart(*series: Series) -> Chart:
    return Chart([Curve(one.part, one) for one in series], HOUR)


def test_a_chart_says_what_it_shows() -> None:
    lines = chart(Series("gpu memory", "B", wave(mean=5e10), limits=(Limit("requested", 8e10),))).lines(
        79, 9, UNICODE, None
    )
    shown = texts(lines)
    assert shown[0].startswith(" gpu memory (GiB)   now ") and "GiB   least 46.6   most 46.6   mean 46.6" in shown[0]
    assert "╌╌ requested 74.5" in shown[1]
    assert [text.split("┤")[0].strip() for text in shown[2:-1] if "┤" in text][-1] == "0"
    assert "└" in shown[-1] and shown[-1].count(":") > 3
    assert any("╌╌╌" in text for text in shown[2:-1]), "the limit is drawn"


def test_a_gap_is_a_gap() -> None:
    points = every(30, *(None if 40 <= at < 80 else 50.0 for at in range(121)))
    drawn = columns(chart(Series("a", "%", points, 100.0)).lines(80, 12, UNICODE, None))
    third = len(drawn) // 3
    assert all(drawn[: third - 2]) and all(drawn[2 * third + 2 :])
    assert not any(drawn[third + 2 : 2 * third - 2])
    missed = tuple(point for point in points if point[1] is not None)
    assert columns(chart(Series("a", "%", missed, 100.0)).lines(80, 12, UNICODE, None)) == drawn


def test_a_reading_that_is_old_is_not_said_to_be_now() -> None:
    shown = texts(chart(Series("a", "", every(30, *([5.0] * 60)))).lines(79, 9, UNICODE, None))
    assert " now – " in shown[0]


def test_a_far_limit_is_told_but_does_not_flatten_the_curve() -> None:
    lines = texts(
        chart(Series("cpu", "cores", wave(mean=3), limits=(Limit("limit", 900.0),))).lines(79, 9, UNICODE, None)
    )
    assert "limit 900" in lines[1]
    assert not any("╌" in text for text in lines[2:])
    assert not any("900" in text.split("┤")[0] for text in lines[2:])


def test_limits_that_differ_say_whose_they_are() -> None:
    one, two = (Series("x", "", wave(), part=name, limits=(Limit("most", 60.0),)) for name in ("one", "two"))
    assert "╌╌ most 60  " in texts(chart(one, two).lines(79, 12, UNICODE, None))[1]
    other = Series("x", "", wave(), part="two", limits=(Limit("most", 70.0),))
    assert "╌╌ a: most 60  ╌╌ b: most 70" in texts(chart(one, other).lines(79, 12, UNICODE, None))[1]


def test_the_cursor_reads_the_values_of_its_time() -> None:
    a, b = Series("x", "", wave(0), part="one"), Series("x", "", wave(2), part="two")
    lines = chart(a, b).lines(79, 12, UNICODE, 1800.0)
    assert f"a one {dict(a.points)[1800.0]:.3g}  b two {dict(b.points)[1800.0]:.3g}" in texts(lines)[1]
    assert len(styled(lines, "cursor")) == 12 - 3
    assert chart(a, b).lines(79, 12, UNICODE, None) != lines


def test_curves_are_told_apart_without_colours() -> None:
    series = [Series("x", "", every(30, *([10.0 * at] * 121)), part=f"gpu {at}") for at in range(6)]
    shown = texts(chart(*series).lines(79, 20, UNICODE, None))
    ends = [text.rstrip()[-1] for text in shown[2:-1]]
    assert [end for end in ends if end in "abcdef"] == list("fedcba")
    assert "f gpu 5 50" in " ".join(shown)
    plain = texts(chart(*series).lines(79, 20, ASCII, None))
    assert all(text.isascii() or set(text) <= set(" │┤└─0123456789:.abcdef-") for text in plain)
    assert "bbbbbb" in "".join(plain)


def test_where_curves_meet_the_dots_of_both_are_drawn() -> None:
    up, down = (every(30, *(0.5 + by * (at - 60) / 120 for at in range(121))) for by in (1, -1))
    area = Area(9, 3, 0.0, 3600.0, value_scale(0.0, 1.0, 2))
    alone, crossed = plot([up], area)[1][4][0], plot([up, down], area)[1][4]
    other = plot([down], area)[1][4][0]
    assert crossed == (chr(ord(alone) | ord(other)), 1)
    assert alone != other


def test_more_curves_than_letters_are_said_to_be_left_out() -> None:
    series = [Series("x", "", wave(at), part=f"n{at}") for at in range(30)]
    assert chart(*series).left_out == 4
    tall = texts(chart(*series).lines(170, 12, UNICODE, None))
    assert "4 more are not drawn" in " ".join(tall)


SERIES = st.builds(
    Series,
    label=st.sampled_from(["latency", "高い", "x" * 90]),
    unit=st.sampled_from(["", "%", "B", "ms"]),
    points=st.lists(st.tuples(st.floats(0, 3600), st.none() | st.floats()), max_size=40).map(
        lambda some: tuple(sorted(some, key=lambda point: point[0]))
    ),
    ceiling=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    part=st.sampled_from(["", "gpu 0", "長い名前" * 9]),
    limits=st.lists(st.builds(Limit, st.just("most"), st.floats()), max_size=2).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(SERIES, max_size=4), min_size=1, max_size=3),
    st.integers(1, 220),
    st.integers(0, 60),
    st.sampled_from([UNICODE, ASCII]),
    st.none() | st.floats(-100, 4000),
    st.booleans(),
)
def test_a_board_keeps_to_its_room(
    rows: list[list[Series]], width: int, height: int, pen: ChartPen, cursor: float | None, table: bool
) -> None:
    measured = [Measured(f"row-{at}", Measurements(tuple(some), 0.0, 3600.0)) for at, some in enumerate(rows)]
    board = Board(measured)
    lines = board.lines(width, height, pen, cursor, as_table=table)
    assert lines
    if board.charts and width >= LEAST_WIDTH:
        assert all(cell_len(text) <= width for text in texts(lines))
        assert all(text.isprintable() for text in texts(lines))
    assert lines == board.lines(width, height, pen, cursor, as_table=table)


def test_charts_stand_beside_each_other_where_it_is_wide_and_are_a_table_where_it_is_narrow() -> None:
    found = Measurements(tuple(Series(name, "%", wave(), 100.0) for name in "abcd"), 0.0, 3600.0)
    board = Board([Measured("x", found)])
    wide = board.lines(199, 46, UNICODE, None)
    assert len(wide) == 46 and "└" in texts(wide)[22] and texts(wide)[22].count("└") == 2
    assert len(board.lines(79, 21, UNICODE, None)) == 4 * LEAST_HEIGHT  # more than has room: it scrolls
    narrow = texts(board.lines(39, 7, UNICODE, None))
    assert [line.split()[0] for line in narrow] == list("abcd")
    assert not any("└" in line for line in narrow)


def test_rows_are_compared_by_name_and_one_that_cannot_be_read_is_missed() -> None:
    found = Measurements((Series("load", "%", wave(), 100.0),), 0.0, 3600.0)
    rows = [Measured("pool-a", found), Measured("pool-b", found), Measured("pool-c", Measurements(()), "forbidden")]
    legend = texts(Board(rows).lines(79, 12, UNICODE, None))[1]
    assert "a pool-a" in legend and "b pool-b" in legend and "c pool-c forbidden" in legend


def test_a_legend_of_many_curves_has_the_lines_it_needs() -> None:
    series = tuple(Series("load", "%", wave(at), 100.0, f"GPU {at}", (Limit("hot", 90.0),)) for at in range(8))
    shown = texts(Board([Measured("x", Measurements(series, 0.0, 3600.0))]).lines(79, 7, UNICODE, None, as_table=False))
    assert len(shown) == 8
    whole = texts(Board([Measured("x", Measurements(series, 0.0, 3600.0))]).lines(79, 8, UNICODE, None))
    assert all(f"GPU {at} " in " ".join(whole) for at in range(8)) and "hot 90" in " ".join(whole)
    assert sum("│" in text or "┤" in text for text in whole) == 4


def test_a_chart_without_readings_takes_one_line() -> None:
    found = Measurements((Series("load", "%", wave(), 100.0), Series("heat", "", ())), 0.0, 3600.0)
    shown = texts(Board([Measured("x", found)]).lines(79, 20, UNICODE, None))
    assert len(shown) == 20
    assert shown[-1].strip() == "heat   no readings"


def test_the_cursor_walks_over_the_readings_and_stays_in_the_window() -> None:
    board = Board([Measured("x", Measurements((Series("load", "", wave()),), 0.0, 3600.0))])
    assert board.moved(None, -1) == 3600.0
    assert board.moved(3600.0, -10) == 3300.0
    assert board.moved(30.0, -10) == 0.0
    assert board.moved(3600.0, 5) == 3600.0
    assert board.kept(-60.0) == 0.0
    assert board.kept(None) is None
    assert Board([Measured("x", Measurements(()))]).moved(None, -1) is None
