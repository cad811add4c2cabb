"""Saved filters by name, and what was typed before, through the keys and over a restart."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from gputui.ui.list.filter_line import FilterLine
from gputui.ui.shell.waiting_palette import WaitingPalette
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.test_command_words import entered, said

SCP = Wish(only=("scp",))


async def filtered(here: Console, text: str) -> None:
    await here.press("slash")
    here.app.console_screen.query_one(FilterLine).value = text
    await here.press("enter")
    await here.until(lambda: here.app.console_screen.options.filter.text == text)


def text(here: Console) -> str:
    return here.app.console_screen.options.filter.text


async def test_a_filter_is_saved_applied_and_forgotten_by_name(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        await filtered(here, "state:error")
        for name, why in (("nodes", "something else"), ("two words", "one word"), ("save", "something else")):
            await entered(here, f"save {name}")
            await here.until(lambda why=why: why in said(here))  # type: ignore[misc]
        await entered(here, "save broken")
        await here.until(lambda: "broken" in here.app.preferences.now.filters)
        await here.press("ctrl+u")
        await here.until(lambda: not text(here))
        await entered(here, "broken")
        await here.until(lambda: text(here) == "state:error")
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        await entered(here, "broken")
        await here.until(lambda: text(here) == "state:error")
        await here.until(lambda: {here.page.rows[ref].state for ref in here.page.shown_refs} == {"ERROR"})
        await entered(here, "forget broken")
        await here.until(lambda: "broken" not in here.app.preferences.now.filters)


async def test_what_cannot_be_written_is_said_to_end_with_the_console(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        await filtered(here, "state:error")
        here.app.preferences._path = tmp_path / "views"
        (tmp_path / "views").mkdir()
        await entered(here, "save broken")
        await here.until(lambda: "bookmarks last until this console ends" in said(here))
        assert here.app.preferences.now.filters["broken"] == "state:error"


async def test_up_walks_through_earlier_filters_and_commands(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        await filtered(here, "gpu")
        await filtered(here, "error")
        await here.press("ctrl+u")
        line = here.app.console_screen.query_one(FilterLine)
        await here.press("slash", "x", "up")
        assert line.value == "error"
        await here.press("up", "up")
        assert line.value == "gpu"
        await here.press("down", "down")
        assert line.value == "x"
        await here.press("escape")
        await here.press("colon")
        await here.until(lambda: isinstance(here.app.screen, WaitingPalette))
        await here.press(*"fabrics", "enter")
        await here.until(lambda: here.app.console_screen.trail.here.view == "fabrics")
        await here.press("colon")
        await here.until(lambda: isinstance(here.app.screen, WaitingPalette))
        await here.press("up")
        await here.until(lambda: here.app.screen.query_one(Input).value == "fabrics")
        await here.press("down")
        await here.until(lambda: here.app.screen.query_one(Input).value == "")


async def test_the_filter_stays_through_drill_down_and_refresh(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1", view="fabrics")
        await filtered(here, "c")
        await here.choose(here.page.rows[here.page.shown_refs[0]].name)
        await here.press("enter")
        await here.until(lambda: here.app.console_screen.trail.here.parent is not None)
        assert "/c" in here.bar("views")
        await here.press("r")
        await here.until(lambda: here.page.total_count)
        assert text(here) == "c"
        assert "/c" in here.bar("views")
