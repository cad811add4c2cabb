"""Enter on the command line means what is typed, also where its hits come later than the key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.command import CommandPalette, Hits
from textual.widgets import Input, OptionList

from gputui.ui.shell.palette import ConsoleCommands
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console


@dataclass
class SlowHits:
    """Hits that come when they are let come."""

    come: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> SlowHits:
    held, search = SlowHits(), ConsoleCommands.search

    async def later(self: ConsoleCommands, query: str) -> Hits:
        held.asked.append(query)
        await held.come.wait()
        async for hit in search(self, query):
            yield hit

    monkeypatch.setattr(ConsoleCommands, "search", later)
    return held


@pytest.fixture
async def here(tmp_path: Path, hits: SlowHits) -> AsyncIterator[Console]:
    async with console(tmp_path, Wish(only=("scp",), every=60)) as here:
        await here.go("1")
        await here.press("colon")
        await here.until(lambda: here.shows(CommandPalette))
        await here.until(lambda: here.app.screen.query_one(OptionList).option_count)
        yield here


async def test_enter_waits_for_the_hits_of_what_is_typed(here: Console, hits: SlowHits) -> None:
    await here.press(*"help", "enter")
    await here.until(lambda: hits.asked[-1] == "help")
    await here.pilot.pause()
    assert here.shows(CommandPalette), "Enter meant the first of the former list"
    assert here.app.console_screen.trail.here.tab == "samsung"
    hits.come.set()
    await here.until(lambda: here.shows(Reader))
    assert here.app.console_screen.trail.here.tab == "samsung"


async def test_an_enter_that_waits_acts_once(here: Console, hits: SlowHits) -> None:
    await here.press(*"help", "enter", "enter", "enter")
    hits.come.set()
    await here.until(lambda: here.shows(Reader))
    await here.press("escape")
    await here.until(lambda: here.app.screen is here.app.console_screen)


async def test_what_is_typed_behind_it_takes_enter_back(here: Console, hits: SlowHits) -> None:
    await here.press(*"q", "enter", *"uux")
    hits.come.set()
    await here.until(lambda: hits.asked[-1] == "quux")
    await here.pilot.pause(0.1)
    assert here.shows(CommandPalette)
    assert here.app.is_running


async def test_esc_takes_enter_back(here: Console, hits: SlowHits) -> None:
    await here.press(*"help", "enter", "escape")
    hits.come.set()
    await here.until(lambda: here.app.screen is here.app.console_screen)
    await here.pilot.pause(0.1)
    assert here.app.screen is here.app.console_screen


async def test_tab_too_waits_for_the_hits_of_what_is_typed(here: Console, hits: SlowHits) -> None:
    await here.press(*"del", "tab")
    await here.until(lambda: hits.asked[-1] == "del")
    line = here.app.screen.query_one(Input)
    assert line.value == "del"
    hits.come.set()
    await here.until(lambda: line.value == "delete")
