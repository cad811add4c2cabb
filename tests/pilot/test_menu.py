"""The action menu: possible verbs first, reasons beside or below them, what the API lacks in one line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from gputui.core.actions import Risk
from gputui.ui.act.menu import Menu
from gputui.ui.list.action_items import ActionItem
from tests.clocks import until
from tests.pilot.consoles import Wish, console
from tests.pilot.every_hand import Hand
from tests.pilot.plain_app import PlainApp
from tests.pilot.table_app import screen_lines
from tests.promises.one_guard import POKE

REASON = "state is RUNNING: only a STOPPED node can be started"
STOP, START, MOVE = (replace(POKE, name=name, risk=Risk.DISRUPTS) for name in ("stop", "start", "move"))
OFFERS = (
    ActionItem("start", "Start", "S", START, REASON),
    ActionItem("stop", "Stop", "X", STOP),
    ActionItem("move", "Move to another fabric", "M", MOVE),
    ActionItem("reboot", "Reboot", "", None, "this API has no reboot call"),
    ActionItem("logs", "Logs", "", None, "this API has no call for logs"),
)


@asynccontextmanager
async def menu(
    size: tuple[int, int] = (80, 24), offers: Sequence[ActionItem] = OFFERS
) -> AsyncIterator[tuple[App[None], Menu, Pilot[None]]]:
    app = PlainApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        made = Menu("What can be done to gpu-node-014, RUNNING?", offers)
        app.push_screen(made)
        await until(lambda: made.ripe)
        yield app, made, pilot


def lines(app: App[None]) -> list[str]:
    return [text for line in screen_lines(app) if (text := line.strip().strip("│").strip())]


async def test_possible_verbs_come_first_and_what_the_api_lacks_is_one_line() -> None:
    async with menu() as (app, made, _):
        assert [one.label for one in made.offers] == ["Stop", "Move to another fabric", "Start"]
        told = lines(app)
        assert told[2].startswith("X  Stop ") and told[4].startswith("S  Start ")
        assert [line for line in told if "this API" in line] == ["not in this API: reboot, logs (enter: why)"]


async def test_a_reason_has_a_hanging_indent() -> None:
    async with menu((60, 24)) as (app, _, _):
        (first, second) = (line for line in screen_lines(app) if "STOPPED" in line or "state is" in line)
        assert second.index("STOPPED") == first.index("state is")


async def test_enter_on_what_the_api_lacks_gives_each_reason() -> None:
    async with menu() as (app, made, pilot):
        await pilot.press("end", "enter")
        await until(lambda: any("this API has no call for logs" in line for line in lines(app)))
        assert not any("enter: why" in line for line in lines(app))
        await pilot.press("end", "enter")
        assert app.screen is made


@pytest.mark.parametrize("size", [(40, 10), (60, 15), (80, 24), (200, 50)])
async def test_title_and_keys_are_in_sight_and_every_line_can_be_reached(size: tuple[int, int]) -> None:
    offers = [replace(OFFERS[0], identity=f"v{at}", label=f"Verb {at}") for at in range(30)]
    async with menu(size, [*offers, *OFFERS[3:]]) as (app, made, pilot):
        for keys, seen in (((), "Verb 0"), (("end",), "not in this API")):
            await pilot.press(*keys)
            await pilot.pause()
            told = lines(app)
            assert "What can be done" in told[1] or "What can be done" in told[0] + told[1]
            assert any("esc  back" in line for line in told)
            assert any(seen in line for line in told)
        assert made.list.region.height >= 2


async def test_a_list_without_verbs_says_so(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"))) as here:
        await here.go("1", view="images")
        await here.press("a")
        await here.until(lambda: any("nothing can be done to images" in n.message for n in here.app._notifications))
        await here.until(lambda: not here.page.asking)
        await here.go("2", view="projects")
        await here.press("a")
        made = await Hand(here, "nsml").screen(Menu)
        assert made.query_one(".title").content.plain.startswith("Nothing can be done to ")  # type: ignore[attr-defined]
        assert any("this console only reads NSML" in line for line in screen_lines(here.app))


async def test_what_one_of_several_lists_lacks_is_folded_too_and_its_key_says_why() -> None:
    off = ActionItem("lock", "Lock", "L", START, "hosted has no lock", lacking=True)
    async with menu(offers=[*OFFERS[:2], off, *OFFERS[3:]]) as (app, made, pilot):
        assert [one.label for one in made.offers] == ["Stop", "Start"]
        assert "not in every list: lock, reboot, logs (enter: why)" in lines(app)
        await pilot.press("L")
        await until(lambda: any("Lock: hosted has no lock" in notice.message for notice in app._notifications))
        assert app.screen is made
