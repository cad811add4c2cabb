"""The filter while it is typed: what is wrong is said below its place, and a pasted list loses no name silently."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Paste

from gputui.core.filter import parse
from gputui.ui.list.filter_line import FilterLine, FilterSuggester, complaint_line
from tests.pilot.test_fleet import ILL
from tests.promises.toy_console import ToyConsole, toy_console


@pytest.mark.parametrize(
    ("text", "scrolled", "width", "line"),
    [
        ("gpu sate:x", 0, 80, "    ^^^^^^ did you mean state:?"),
        ("gpu sate:x", 3, 80, " ^^^^^^ did you mean state:?"),
        ("a b c d e f g h i j k gpu sate:x", 0, 33, "     did you mean state:? ^^^^^^"),
        ("개 sate:x", 0, 80, "   ^^^^^^ did you mean state:?"),
        ("gpu sate:x", 40, 12, "^ did you mean state:?"),
    ],
)
def test_what_is_wrong_stands_below_its_place(text: str, scrolled: int, width: int, line: str) -> None:
    assert complaint_line(parse(text), scrolled, width) == line


def line_of(here: ToyConsole) -> FilterLine:
    return here.app.console_screen.query_one(FilterLine)


async def test_what_is_wrong_is_said_while_typing_and_no_longer(tmp_path: Path) -> None:
    async with toy_console(tmp_path, size=(40, 10)) as here:
        line = line_of(here)
        await here.press("slash", *"a sate:x")
        await here.until(lambda: line.complaint.display and line.complaint.text == "  ^^^^^^ did you mean state:?")
        assert line.complaint.region.y == line.region.y + 1
        await here.press("backspace", "backspace", "backspace", "backspace", "backspace", "backspace")
        await here.until(lambda: not line.complaint.display)
        await here.press(*"sate:x", "enter")
        await here.until(lambda: not line.complaint.display)
        assert here.page.region.height >= 4, "what is said leaves room for the list"


async def test_a_pasted_name_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with toy_console(tmp_path, notices=True) as here:
        await here.press("slash")
        line_of(here).post_message(Paste("a-1\nb-2\nnowhere\n"))
        await here.until(lambda: line_of(here).value == "a-1 | b-2 | nowhere")
        await here.press("enter")
        await here.until(lambda: any("not here: nowhere (1 of 3)" in one.message for one in here.app._notifications))
        assert sorted(ref.id for ref in here.page.shown_refs) == ["a1", "b2"]


async def test_what_only_the_fleet_tells_filters_every_list_and_is_completed(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=replace(ILL)) as here:
        here.toys["a"].set("a1", "ERROR")
        await here.read()
        await here.press("slash", *"whe")
        await here.until(lambda: line_of(here)._suggestion == "where:")
        line_of(here).value = "why:memory since<1h"
        await here.press("enter")
        for tab in ("0", "1"):
            await here.press(tab)
            await here.until(lambda: [ref.id for ref in here.page.shown_refs] == ["a1"])


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("gpu>=8 wh", "gpu>=8 where:"),
        ("!stat", "!state:"),
        ("state:err", "state:ERROR"),
        ('why:"out of m', 'why:"out of memory likely"'),
        ('state:x !why:"Out', 'state:x !why:"out of memory likely"'),
        ('why:"out of memory likely" own', 'why:"out of memory likely" owner:'),
        ("why:out", None),
        ("state", None),
    ],
)
async def test_the_last_word_is_completed(text: str, completed: str | None) -> None:
    values = {"state": ["ERROR", "RUNNING"], "why": ["out of memory likely"]}
    suggester = FilterSuggester(lambda: ("fabric",), lambda field: values.get(field, []))
    assert await suggester.get_suggestion(text) == completed
