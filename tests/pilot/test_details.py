"""`d` answers: verdict, reasons and age first, every field to be copied by itself, neighbours by Enter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gputui.ui.inspect.details import RowDetails
from gputui.ui.inspect.explain import Explanation
from gputui.ui.inspect.row import RawReader
from gputui.ui.inspect.timeline import Timeline
from gputui.ui.widgets.bars import Bar
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.test_timeline import fallen

WISH = Wish(only=("scp",), size=(80, 24), general={"history_days": 30}, notices=True)


def details(here: Console) -> RowDetails:
    assert isinstance(here.app.screen, RowDetails)
    return here.app.screen


def text(here: Console) -> str:
    if not isinstance(here.app.screen, RowDetails):
        return ""
    return "\n".join("".join(part for part, _ in line) for line in here.app.screen.pages.lines)


def notices(here: Console) -> str:
    return "\n".join(notice.message for notice in here.app._notifications)


async def opened(here: Console, name: str = "") -> RowDetails:
    await here.go("1")
    if name:
        await here.choose(name)
    await here.press("d")
    await here.until(lambda: here.shows(RowDetails))
    return details(here)


async def find(here: Console, wanted: str) -> None:
    await here.press("slash", *wanted, "enter")


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 50)])
async def test_the_verdict_comes_first_and_in_its_colour(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, replace(WISH, size=size)) as here:
        nodes = await fallen(here, 3)
        screen = await opened(here, nodes[0].name)
        await here.until(lambda: "RUNNING → ERROR" in text(here) and "pool POOL" in text(here))
        first = screen.pages.lines[0]
        assert "".join(part for part, _ in first).startswith("  state  ✖ ERROR, which means bad")
        assert ("bad" in {style for _, style in first}) is True
        assert all(len(line) <= size[0] for line in text(here).split("\n"))
        columns = {spot.x for spot in screen.fields._layout.spots}
        assert len(columns) == (2 if size[0] == 200 else 1)
        assert "what can be done" not in text(here)  # that is what `a` and `x` are for


async def test_a_field_is_copied_by_itself_and_its_name_is_said(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        screen = await opened(here, "gpu-node-002")
        await find(here, "policy_ip ")
        address = here.rows()["gpu-node-002"].raw["policy_ip"]  # type: ignore[index,call-overload]
        assert screen.fields.field is not None
        assert (screen.fields.field.label, screen.fields.field.text) == ("policy_ip", address)
        await here.press("c")
        await here.until(lambda: here.app._clipboard == address)
        assert "copied policy_ip of gpu-node-002" in notices(here)
        await here.press("k", "c")
        await here.until(lambda: here.app._clipboard != address)


async def test_neighbours_open_by_enter_and_esc_leads_back_step_by_step(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        screen = await opened(here, "gpu-node-002")
        await here.until(lambda: "fabric cluster" in text(here))
        await find(here, "fabric cluster")
        await here.press("enter")
        await here.until(lambda: "node gpu-node-" in text(here))
        assert details(here) is not screen
        await find(here, "node gpu-node-")
        await here.press("enter")
        await here.until(lambda: len(here.app.screen_stack) == 4)
        await here.press("q")
        await here.until(lambda: len(here.app.screen_stack) == 3)
        await here.press("q", "q")  # what was looked for, then the screen
        await here.until(lambda: here.app.screen is screen)
        await here.press("q", "q")
        assert here.app.screen is here.app.console_screen


async def test_one_row_in_all_ways_and_one_esc_back_to_the_list(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        await opened(here, "gpu-node-002")
        for key, kind in (("y", RawReader), ("x", Explanation), ("d", RowDetails), ("y", RawReader)):
            await here.press(key)
            await here.until(lambda kind=kind: here.shows(kind))  # type: ignore[misc]
            assert len(here.app.screen_stack) == 2
        await here.press("escape")
        assert here.app.screen is here.app.console_screen
        await here.press("d")
        await here.until(lambda: here.shows(RowDetails))
        await here.press("t")
        await here.until(lambda: here.shows(Timeline))
        await here.press("t")
        await here.until(lambda: here.shows(RowDetails))
        await here.press("d")
        assert here.app.screen is here.app.console_screen  # its own key leads back, too


async def test_a_verb_is_reached_from_the_details_and_is_about_that_row(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        await here.go("1")
        unlocked, other = [name for name, row in here.rows().items() if not row.raw["lock_enabled"]][:2]  # type: ignore[index,call-overload]
        await opened(here, unlocked)
        here.page.choose(here.rows()[other].ref)  # wherever the cursor is meanwhile
        await here.pilot.pause(0.5)
        await here.press("a")
        await here.until(lambda: len(here.app.screen_stack) == 3)
        await here.pilot.pause(0.5)
        await here.press("L")
        dialog = await here.dialog()
        assert unlocked in dialog.question.title
        await here.press("escape", "q")


async def test_json_and_yaml(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        await here.go("1")
        await here.choose("gpu-node-002")
        await here.press("y")
        await here.until(lambda: here.shows(RawReader))
        reader = here.app.screen
        assert isinstance(reader, RawReader)

        def lines() -> list[str]:
            return ["".join(part for part, _ in line) for line in reader.pages.lines]

        assert '  "gpu_node_name": "gpu-node-002",' in lines()
        await here.press("y")
        await here.until(lambda: 'gpu_node_name: "gpu-node-002"' in lines())
        assert str(reader.query_one("#reader-title", Bar).text).startswith(" YAML of gpu-node-002")
        await here.press("c")
        await here.until(lambda: 'gpu_node_name: "gpu-node-002"\n' in here.app._clipboard)
        await here.press("y")
        await here.until(lambda: '  "gpu_node_name": "gpu-node-002",' in lines())


async def test_the_cursor_stays_on_its_field_while_more_becomes_known(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, size=(200, 50))) as here:
        screen = await opened(here, "gpu-node-002")
        await find(here, "identity")
        await here.press("right", "j")
        before = screen.fields.field
        assert before is not None and before.label not in ("identity", "name")
        await here.until(lambda: "pool POOL" in text(here))
        screen._draw()
        assert screen.fields.field is not None and screen.fields.field.label == before.label
