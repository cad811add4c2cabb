"""`/`, `n` and `N` in details, JSON and help: what is found is marked, and one goes from place to place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.finding import found_in, with_marks
from gputui.ui.widgets.reader import Reader
from gputui.ui.widgets.styles import Line
from tests.pilot.consoles import Wish, console


@pytest.mark.parametrize("key", ["d", "y", "question_mark"])
async def test_a_text_is_found_and_the_next_and_the_first_again(tmp_path: Path, key: str) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(80, 14))) as here:
        await here.go("1")
        await here.press(key)
        await here.until(lambda: here.shows(Reader))
        reader = here.app.screen
        assert isinstance(reader, Reader)
        places = found_in(reader.pages.lines, "STATE")
        await here.press("slash", *"STATE", "enter")
        title = reader.query_one("#reader-title", Bar)
        assert f"in {len(places)} lines" in str(title.text)
        assert len(places) >= 1
        await here.press("n")
        for _ in range(len(places)):
            await here.press("n")
        await here.press("N")
        assert here.app.screen is reader  # n and N leave nothing
        await here.press("q")
        assert here.app.screen is reader  # it clears what is looked for first
        assert not reader.pages.wanted
        await here.press("q")
        assert here.app.screen is here.app.console_screen


async def test_it_goes_to_the_next_place_and_round(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(80, 12))) as here:
        await here.go("1")
        await here.press("y")
        await here.until(lambda: here.shows(Reader))
        reader = here.app.screen
        assert isinstance(reader, Reader)
        places = found_in(reader.pages.lines, "_id")
        assert len(places) > 2
        await here.press("slash", *"_ID", "enter")
        last = reader.pages.max_scroll_y
        for at in (*places[1:], places[0]):
            assert round(reader.pages.scroll_y) == min(places[places.index(at) - 1], last)
            if places[places.index(at) - 1] >= last:
                break
            await here.press("n")


PARTS = some.lists(some.tuples(some.text("abAB é한", max_size=6), some.sampled_from(["", "key", "dim"])), max_size=5)


@given(PARTS, some.text("abAB é한", min_size=1, max_size=3))
def test_marking_changes_no_text_and_marks_all_of_it(parts: list[tuple[str, str]], wanted: str) -> None:
    line: Line = tuple(parts)  # type: ignore[arg-type]
    marked = with_marks(line, wanted)
    text = "".join(part for part, _ in line)
    assert "".join(part for part, _ in marked) == text
    shown = "".join(part for part, style in marked if style == "chip")
    assert len(shown) == text.casefold().count(wanted.casefold()) * len(wanted)
