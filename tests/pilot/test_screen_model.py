"""What differs is sent, and nothing else: any run of frames ends in the screen that whole frames end in."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import set_cell_size
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from gputui.ui.terminal.screen_model import ScreenModel
from tests.pilot.emulators import EMULATORS, Pyte, shown

WIDTH, HEIGHT, CUT = 24, 3, 10
RED, GREEN = Style(color="#ff7276", bgcolor="#171c25"), Style(color="#73c991", bgcolor="#171c25")
GROUND = Style(bgcolor="#171c25")
COLOURS = st.sampled_from([None, Color.from_ansi(1), Color.from_ansi(13), Color.parse("#1e90ff")])
STYLES = st.builds(
    lambda text, ground, bold, underline, reverse, strike: Style(
        color=text, bgcolor=ground, bold=bold, underline=underline, reverse=reverse, strike=strike
    ),
    COLOURS,
    COLOURS,
    *[st.sampled_from([False, False, True])] * 4,
)
FEW_STYLES = st.one_of(st.sampled_from([RED, GREEN, GROUND, Style()]), STYLES)
TEXTS = st.one_of(st.text("ab ─▲機한é…", max_size=6), st.integers(1, WIDTH).map(lambda n: " " * n), st.just("x" * 9))
PIECES = st.lists(st.tuples(TEXTS, FEW_STYLES), max_size=6)


Pieces = list[tuple[str, Style]]


def strip(pieces: Pieces, width: int) -> Strip:
    return Strip([Segment(*piece) for piece in pieces]).adjust_cell_length(width)


class Step(NamedTuple):
    """A line of which one side, or both, are drawn anew; whether a frame is sent, and the terminal forgotten."""

    y: int
    left: Pieces | None
    right: Pieces | None
    sent: bool
    forgotten: bool


STEPS = st.builds(
    Step,
    st.integers(0, HEIGHT - 1),
    st.none() | PIECES,
    st.none() | PIECES,
    st.booleans(),
    st.sampled_from([False] * 5 + [True]),
)


def update(step: Step) -> ChopsUpdate:
    """As Textual has it: strips by where they begin, None where nothing is drawn."""
    drawn = [
        None if step.left is None else strip(step.left, CUT),
        None if step.right is None else strip(step.right, WIDTH - CUT),
    ]
    chops: list[dict[int, Strip | None]] = [{0: None, CUT: None} for _ in range(HEIGHT)]
    chops[step.y] = dict(zip((0, CUT), drawn, strict=True))
    spans = [(step.y, 0 if drawn[0] is not None else CUT, WIDTH if drawn[1] is not None else CUT)]
    return ChopsUpdate(chops, spans, [[CUT, WIDTH]] * HEIGHT)


@pytest.mark.parametrize("name", ["pyte", "avt"])
@given(
    st.lists(st.tuples(PIECES, PIECES), min_size=HEIGHT, max_size=HEIGHT), st.lists(STEPS, max_size=12), st.booleans()
)
def test_any_run_of_frames_ends_in_the_screen_of_whole_frames(
    name: str, first: list[tuple[Pieces, Pieces]], steps: list[Step], erases: bool
) -> None:
    if name not in EMULATORS:
        pytest.skip(f"{name} is not installed: the extra `test` has it")
    emulator, console = EMULATORS[name], Console(force_terminal=True, color_system="truecolor")
    halves = [[strip(left, CUT), strip(right, WIDTH - CUT)] for left, right in first]
    layout = LayoutUpdate([*halves], Region(0, 0, WIDTH, HEIGHT))
    model = ScreenModel(erases=erases)
    model.resize(WIDTH, HEIGHT)
    model.take(layout)
    whole, sent = layout.render_segments(console), model.frame()
    for step in steps:
        if step.left is None and step.right is None:
            continue
        whole += update(step).render_segments(console)
        model.take(update(step))
        if step.forgotten:
            model.forget()
        sent += model.frame() if step.sent else ""
    sent += model.frame()
    assert shown(emulator, sent, WIDTH, HEIGHT) == shown(emulator, whole, WIDTH, HEIGHT)
    assert model.frame() == "", "there is nothing left to send"


def lines(*texts: str, style: Style = GROUND) -> LayoutUpdate:
    return LayoutUpdate(
        [[strip([(set_cell_size(text, WIDTH), style)], WIDTH)] for text in texts], Region(0, 0, WIDTH, len(texts))
    )


def model_of(update: LayoutUpdate, *, erases: bool = True) -> ScreenModel:
    """A model whose terminal shows that."""
    model = ScreenModel(erases=erases)
    model.resize(WIDTH, len(update.strips))
    model.take(update)
    model.frame()
    return model


def test_only_cells_that_differ_are_sent() -> None:
    model = model_of(lines("gpu-node-001  RUNNING", "gpu-node-002  RUNNING"))
    model.take(lines("gpu-node-001  RUNNING", "gpu-node-002  RUNNING"))
    assert model.frame() == ""
    model.take(lines("gpu-node-001  RUNNING", "gpu-node-012  STOPPED"))
    assert model.frame() == "\x1b[11D12  STOPPED", (
        "from where the cursor is, in the look that the pen has from the last frame"
    )


def test_blanks_are_erased_where_the_terminal_does_that_in_the_colour_of_its_pen() -> None:
    model = model_of(lines("a machine with a name", ""))
    model.take(lines("x", ""))
    assert model.frame() == "\x1b[H\x1b[Kx"
    model = model_of(lines("a machine with a name", ""), erases=False)
    model.take(lines("x", ""))
    assert shown(Pyte, model.frame(), WIDTH, 2)[0][0].char == "x"


def test_looks_are_drawn_one_after_the_other() -> None:
    def table(*states: str) -> LayoutUpdate:
        rows = [[("node    ", GREEN if state == "ok" else RED), (state, RED), (" end", GREEN)] for state in states]
        return LayoutUpdate([[strip(row, WIDTH)] for row in rows], Region(0, 0, WIDTH, len(states)))

    model = model_of(lines("", "", ""))
    model.take(table("ok", "ok", "ok"))
    assert model.frame().count("38;2;") == 2, "each colour once, though they take turns in every line"


def test_on_a_terminal_that_another_program_had_every_cell_is_drawn_and_none_blinks() -> None:
    model = model_of(lines("one", "two"))
    model.forget()
    sent = model.frame()
    assert "\x1b[2J" not in sent
    for emulator in EMULATORS.values():
        terminal = emulator(WIDTH, 2)
        terminal.feed("\x1b[41;4m" + "機" * WIDTH)
        terminal.feed(sent)
        assert [[cell.ground for cell in row] for row in terminal.cells()] == [
            [cell.ground for cell in row] for row in shown(emulator, sent, WIDTH, 2)
        ]
        assert "".join(cell.char for cell in terminal.cells()[0]).rstrip() == "one"


def test_the_half_of_a_wide_character_that_is_left_is_blank() -> None:
    model = model_of(lines("機機", ""))
    chops: list[dict[int, Strip | None]] = [{0: None, 1: strip([("│", GREEN)], 1), 2: None}, {0: None}]
    model.take(ChopsUpdate(chops, [(0, 1, 2)], [[1, 2, WIDTH], [WIDTH]]))
    sent = model_of(lines("機機", "")).frame() + model.frame()
    assert "機" not in sent, "the other one is not sent again"
    assert [cell.char for cell in shown(Pyte, "\x1b[H機機" + sent, WIDTH, 2)[0][:4]] == [" ", "│", "機", ""]


def test_behind_a_character_of_doubtful_width_everything_stands_where_it_shall() -> None:
    """avt gives a combining mark a cell of its own: what follows is placed by its column, not by what came before."""
    for name, emulator in EMULATORS.items():
        model = ScreenModel()
        model.resize(WIDTH, 1)
        model.take(lines("cafe\u0301 au lait 👩‍💻 |"))
        row = shown(emulator, model.frame(), WIDTH, 1)[0]
        assert [cell.char for cell in row[5:12]] == ["a", "u", " ", "l", "a", "i", "t"], name
        assert row[16].char == "|", name
