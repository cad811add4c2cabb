"""The screen in which a command for many machines is typed: what it says of them, and what it takes for a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from gputui.config.colours import Depth
from gputui.ui.fan_out.command import CommandLine, CommandScreen
from gputui.ui.terminal.themed_app import ThemedApp
from gputui.ui.widgets.bars import Bar
from tests.clocks import until
from tests.pilot.table_app import shipped_theme
from tests.unit.test_fan_out_targets import World, targets_of


class Behind(ThemedApp[None]):
    """What lies behind the screen; keeps what that ended with."""

    def __init__(self) -> None:
        super().__init__(shipped_theme(), Depth.DIRECT)
        self.ended: list[str | None] = []


@asynccontextmanager
async def opened(count: int = 2, **more: Any) -> AsyncIterator[tuple[Behind, CommandScreen, Pilot[None]]]:
    targets = await targets_of(World.of(count), **more)
    screen = CommandScreen(targets, [])
    async with Behind().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Behind)
        assert not screen.ripe  # nothing is before it can be seen
        app.push_screen(screen, app.ended.append)
        await until(lambda: screen.is_mounted and screen.ripe)
        yield app, screen, pilot


async def submit(screen: CommandScreen, pilot: Pilot[None], text: str) -> None:
    screen.query_one(CommandLine).value = text
    await screen.query_one(CommandLine).action_submit()
    await pilot.pause()


def title(screen: CommandScreen) -> str:
    return " ".join(screen.query_one("#command-title", Bar).text.split())


@pytest.mark.parametrize(
    ("count", "more", "words"),
    [
        (1, {}, "Run on 1 marked machine"),
        (2, {}, "Run on 2 marked machines"),
        (2, {"hidden": 1}, "Run on 2 marked machines 1 hidden by the filter"),
        (1, {"about": "shown"}, "Run on 1 machine, all that are shown"),
        (3, {"about": "shown"}, "Run on 3 machines, all that are shown"),
    ],
)
async def test_it_says_on_how_many_and_which(count: int, more: dict[str, Any], words: str) -> None:
    async with opened(count, **more) as (_, screen, _pilot):
        assert title(screen) == words
        assert any(f"{count} in lab" in "".join(part for part, _ in line) for line in screen._pages.lines)


async def test_the_line_is_at_hand_and_what_stands_in_it_is_the_command() -> None:
    async with opened() as (app, screen, pilot):
        assert screen.query_one(CommandLine).has_focus
        await submit(screen, pilot, "  uname -s ")
        assert app.ended == ["uname -s"]


async def test_nothing_is_no_command() -> None:
    async with opened() as (app, screen, pilot):
        await submit(screen, pilot, "   ")
        assert app.screen is screen and app.ended == []


async def test_what_cannot_be_seen_is_said_and_not_run() -> None:
    async with opened() as (app, screen, pilot):
        await submit(screen, pilot, "rm \u202e-rf x")
        assert app.screen is screen and app.ended == []
        assert any("cannot be seen" in notice.message for notice in app._notifications)


async def test_esc_runs_nothing() -> None:
    async with opened() as (app, _screen, pilot):
        await pilot.press(*"uname")
        await pilot.press("escape")
        await until(lambda: app.ended == [None])
