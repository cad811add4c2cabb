"""From a reading to the painted line: what has not changed is not made, counted, sorted or drawn again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from gputui.core.rows import Ref
from gputui.engine.cloud import Feed
from gputui.engine.operations import Operation
from tests.promises.toy_console import ToyConsole, toy_console
from tests.toy import STOP

FEED = Feed("nodes")


def calls_of(do: Callable[[], object]) -> int:
    """How many Python functions are called by `do`."""
    count = 0

    def called(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        do()
    finally:
        sys.setprofile(before)
    return count


async def work_of(folder: Path, count: int, place: str) -> dict[str, int]:
    """How much is called for each thing that may happen in a console with twice so many machines."""
    folder.mkdir()
    async with toy_console(folder, count=count) as here:
        await here.press(place)
        await here.until(lambda: here.page.total_count == (2 * count if place == "0" else count))
        await here.read()
        screen, page = here.app.console_screen, here.page
        things: dict[str, Callable[[], object]] = {
            "tick": screen._tick,
            "cursor": lambda: (page.action_step(1), screen._key_line()),
            "another feed": lambda: (publish(here, "b"), screen._redraw()),
            "the same again": lambda: (publish(here, "a"), screen._redraw()),
            "key": lambda: page.offers(page.targets()),
        }
        found: dict[str, int] = {}
        for state, prepare in {
            "": lambda: None,
            "marked, ": lambda: page.set_marks(page.shown_refs),
            "sorted, ": lambda: page.sort_by(0),
        }.items():
            prepare()
            await here.pilot.pause()
            for name, do in things.items():
                do()  # what is made at the first time is kept
                found[state + name] = calls_of(do)
        return found


def publish(here: ToyConsole, name: str) -> None:
    cloud = here.store.clouds[name]
    shot = cloud.snapshot(FEED)
    here.store._published(cloud, FEED, shot, shot)


@pytest.mark.parametrize("place", ["0", "1"])
async def test_what_happens_costs_the_same_with_ten_times_the_rows(tmp_path: Path, place: str) -> None:
    few = await work_of(tmp_path / "few", 40, place)
    many = await work_of(tmp_path / "many", 400, place)
    more = {what: (calls, many[what]) for what, calls in few.items() if many[what] - calls > 30}
    assert not more


@pytest.mark.parametrize("place", ["0", "1"])
async def test_one_that_changes_is_the_only_one_made_and_drawn_anew(tmp_path: Path, place: str) -> None:
    async with toy_console(tmp_path, count=500) as here:
        await here.press(place)
        await here.until(lambda: here.page.total_count == (1000 if place == "0" else 500))
        await here.press("j")
        await here.read()
        rows, lines = dict(here.page.rows), here.page._standing[1:]
        here.toys["a"].set("a3", "STOPPED")
        await here.read()
        await here.until(lambda: here.page.rows[Ref("a", "nodes", "a3")].state == "STOPPED")
        await here.pilot.pause()
        assert [ref.id for ref, row in here.page.rows.items() if row is not rows[ref]] == ["a3"]
        drawn = {id(line.row): line for line in lines}
        (new,) = (line for line in here.page._standing[1:] if line is not drawn.get(id(line.row)))
        assert new.row is here.page.rows[Ref("a", "nodes", "a3")]


async def test_a_page_that_is_hidden_hears_nothing(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        fleet = here.page
        await here.press("1")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "a" and here.page.total_count)
        tab, heard = here.page, fleet._heard
        here.toys["a"].set("a0", "ERROR")
        here.toys["b"].set("b0", "ERROR")
        await here.read()
        await here.until(lambda: here.health("a-0") == "✖ bad")
        assert (fleet._heard, len(fleet._moved)) == (heard, 0)
        assert all(ref.profile == "a" for ref in tab.rows)
        await here.press("0")
        await here.until(lambda: here.page is fleet and here.health("b-0") == "✖ bad")


async def test_what_is_being_sent_is_the_only_row_that_a_second_changes(tmp_path: Path) -> None:
    async with toy_console(tmp_path, count=100) as here:
        await here.read()
        target = Ref("a", "nodes", "a7")
        here.store.operations.begin(Operation("1", target, "a-7", STOP, None, here.time.now()))
        await here.pass_time(1.0)
        rows = dict(here.page.rows)
        heard: list[Ref] = []
        here.store.fleet.listen(heard.extend)
        await here.pass_time(1.0)
        assert heard == [target]
        assert [ref for ref, row in here.page.rows.items() if row is not rows[ref]] == [target]
        assert "sending… 2 s" in here.page.rows[target].cells[2].text
