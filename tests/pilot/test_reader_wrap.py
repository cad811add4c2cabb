"""`u`: lines are wrapped, or each is one line that the arrows scroll; and logs stay where one reads."""

from __future__ import annotations

from pathlib import Path

from gputui.ui.widgets.reader import Reader
from gputui.ui.widgets.styles import Line
from tests.pilot.consoles import Console, Wish, console


def seen(reader: Reader) -> list[str]:
    return [reader.pages.render_line(y).text for y in range(reader.pages.size.height)]


async def opened(here: Console, lines: list[Line]) -> Reader:
    reader = Reader("some text", lines)
    here.app.push_screen(reader)
    await here.until(lambda: here.shows(Reader))
    return reader


async def test_a_long_line_is_wrapped_or_scrolled_to_its_end(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(40, 10))) as here:
        lines: list[Line] = [((f"line {number} " + "word " * 20 + "END", ""),) for number in range(9)]
        reader = await opened(here, lines)
        assert any("END" in line for line in seen(reader))
        await here.press("u")
        await here.until(lambda: len(reader.pages.lines) == 9)
        assert all(line.startswith(f"line {number} ") for number, line in enumerate(seen(reader)))
        assert seen(reader)[0].endswith("…")
        await here.press(*["right"] * 8)
        assert "END" in seen(reader)[0]
        assert seen(reader)[0].strip()  # no further than half a window behind the end
        await here.press(*["left"] * 8, "u")
        await here.until(lambda: len(reader.pages.lines) > 9)
        assert seen(reader)[0].startswith("line 0 ")


async def test_what_stood_first_stands_first_when_wrapped_again(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(40, 10))) as here:
        lines: list[Line] = [((f"line {number} " + "word " * 20, ""),) for number in range(40)]
        reader = await opened(here, lines)
        reader.pages.scroll_to(y=reader.pages._starts[20], animate=False, force=True)
        await here.press("u")
        await here.until(lambda: seen(reader)[0].startswith("line 20 "))
        await here.press("u")
        await here.until(lambda: seen(reader)[0].startswith("line 20 ") and len(reader.pages.lines) > 40)


async def test_the_end_of_a_log_is_followed_until_one_scrolls_and_again_from_the_end(tmp_path: Path) -> None:
    def log(first: int, last: int) -> list[Line]:
        return [((f"{number:04} happened", ""),) for number in range(first, last)]

    async with console(tmp_path, Wish(only=("scp",), size=(40, 10))) as here:
        reader = await opened(here, log(0, 5))
        reader.pages.show(log(0, 100), end=True)
        await here.until(lambda: "0099" in seen(reader)[-1])
        reader.pages.show(log(0, 120), end=True)
        await here.until(lambda: "0119" in seen(reader)[-1])
        await here.press("k", "k")
        top = seen(reader)[0]
        reader.pages.show(log(30, 150), end=True)  # older lines have gone meanwhile
        await here.pilot.pause()
        assert seen(reader)[0] == top
        await here.press("G")
        reader.pages.show(log(30, 160), end=True)
        await here.until(lambda: "0159" in seen(reader)[-1])
