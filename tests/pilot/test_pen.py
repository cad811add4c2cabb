"""Of each style only what differs is sent: cells look as if each had been sent whole, on the Linux console too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from gputui.ui.terminal.looks import PLAIN, change, look_of

COLOURS = st.none() | st.integers(0, 255).map(Color.from_ansi) | st.just(Color.parse("#1e90ff"))
FLAGS = st.none() | st.booleans()
STYLES = st.none() | st.builds(
    lambda text, ground, bold, underline, reverse: Style(
        color=text, bgcolor=ground, bold=bold, underline=underline, reverse=reverse
    ),
    COLOURS,
    COLOURS,
    FLAGS,
    FLAGS,
    FLAGS,
)
CODES = re.compile(r"^$|[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+")


class Cell(NamedTuple):
    """A character as a terminal shows it. `intense` is what bold and bright colours are on the Linux console."""

    char: str
    text: str = ""
    ground: str = ""
    intense: bool = False
    bold: bool = False
    underline: bool = False
    reverse: bool = False


def shown(sent: str) -> Iterator[Cell]:
    """What a terminal shows for this."""
    now = plain = Cell("")
    for sequence, char in re.findall(r"\x1b\[([\d;]*)[mH]|([^\x1b])", sent):
        if char:
            yield now._replace(char=char)
            continue
        for code in CODES.findall(sequence):
            match code:
                case "0" | "":
                    now = plain
                case "1":
                    now = now._replace(bold=True, intense=True)
                case "22":
                    now = now._replace(bold=False, intense=False)
                case "4" | "24":
                    now = now._replace(underline=code == "4")
                case "7" | "27":
                    now = now._replace(reverse=code == "7")
                case _ if code.startswith(("4", "10")):
                    now = now._replace(ground=code)
                case _:
                    now = now._replace(text=code, intense=now.intense or (len(code) == 2 and code.startswith("9")))
    assert now == plain, "it is left as it was"


def whole(segments: list[Segment]) -> str:
    """Each segment by itself, as Rich sends them."""
    return "".join(text if style is None else style.render(text) for text, style, _ in segments)


def pen(segments: list[Segment]) -> str:
    """The segments with what leads from the look of each to that of the next."""
    before, drawn = PLAIN, ""
    for text, style, _ in segments:
        look = PLAIN if style is None else look_of(style)
        drawn, before = f"{drawn}{change(before, look)}{text}", look
    return drawn + change(before, PLAIN)


@given(st.lists(st.tuples(st.sampled_from(["a", "bc"]), STYLES).map(lambda part: Segment(*part)), max_size=8))
def test_the_cells_look_as_if_each_style_had_been_sent_whole(segments: list[Segment]) -> None:
    assert list(shown(pen(segments))) == list(shown(whole(segments)))
    assert len(pen(segments)) <= len(whole(segments)) + 4


def test_only_what_differs_is_sent() -> None:
    name, health = Style(color="#c8d0e0", bgcolor="#171c25"), Style(color="#ff7276", bgcolor="#171c25", bold=True)
    line = [Segment("a ", name), Segment("bad", health), Segment(" b", name), Segment(" c", name)]
    assert pen(line) == (
        "\x1b[38;2;200;208;224;48;2;23;28;37ma \x1b[1;38;2;255;114;118mbad\x1b[22;38;2;200;208;224m b c\x1b[m"
    )


def test_a_bright_colour_of_16_is_reset_as_the_console_takes_it_for_bold() -> None:
    red, green = Style.parse("bright_red on black"), Style.parse("green on black")
    assert pen([Segment("a", red), Segment("b", green)]) == "\x1b[91;40ma\x1b[0;32;40mb\x1b[m"
    bold = red + Style(bold=True)
    assert pen([Segment("a", bold), Segment("b", red)]) == "\x1b[1;91;40ma\x1b[0;91;40mb\x1b[m"
