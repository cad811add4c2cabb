"""What lies over the list: notices, the command line and the help, small and in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.command import CommandPalette
from textual.geometry import Region
from textual.widgets import OptionList

from gputui.ui.act.menu import Menu
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console
from tests.promises.seen import screen_text


async def loaded(here: Console) -> None:
    await here.until(lambda: set(here.store.clouds) == set(here.store.tabs))


async def commands(here: Console, typed: str) -> list[str]:
    """The lines that the command line offers for what is typed."""
    await here.press("colon")
    await here.until(lambda: here.shows(CommandPalette))
    await here.press(*typed)
    palette = here.app.screen

    def lines() -> list[str]:
        options = palette.query_one(OptionList).options
        return [" ".join(str(option.prompt).split()) for option in options]

    before: list[str] = []
    while not before or before != lines():
        before = lines()
        await here.pilot.pause(0.1)
    return before


async def test_esc_leads_back_first_and_then_puts_notices_away(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), notices=True)) as here:
        await here.go("1")
        await here.press("slash", *"error", "enter")
        here.app.notify("one", markup=False)
        here.app.notify("two", markup=False)
        await here.until(lambda: len(here.app.screen.query("Toast")) == 2)
        await here.press("escape")
        assert "/error" not in here.bar("views")
        assert len(here.app.screen.query("Toast")) == 2
        await here.press("escape")
        await here.until(lambda: not here.app.screen.query("Toast"))


async def test_notices_that_were_put_away_leave_their_place_to_the_next(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), notices=True)) as here:
        await here.go("1")
        for number in range(12):
            here.app.notify(f"notice {number}", markup=False)
            await here.until(lambda number=number: f"notice {number}" in screen_text(here.app))
            await here.press("escape")
            await here.until(lambda: not here.app.screen.query("Toast"))


LONG = "a long story of a node that is not what it should be " * 4


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 50)])
async def test_notices_lie_over_no_row_and_over_no_key(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=size, notices=True)) as here:
        await here.go("1")
        await here.press("G")
        before = here.page.region
        here.app.notify("one line", markup=False)
        await here.until(lambda: "one line" in screen_text(here.app))
        await here.pilot.pause()
        assert here.page.region == before  # it stands where the changes do: nothing moves
        for number in range(6):
            here.app.notify(f"{number}: {LONG}", markup=False)
        await here.until(lambda: rack(here).height > 1 and not here.page.region.overlaps(rack(here)))
        assert 3 <= rack(here).height <= size[1] * 0.3
        assert rack(here).bottom == size[1] - 1  # the keys stand below
        await here.until(lambda: "\n ▌ " in screen_text(here.app))  # the cursor's row stays in sight
        assert screen_text(here.app).rstrip().endswith("read-write")
        await here.press("slash")
        await here.pilot.pause()
        assert not here.app.screen.query_one("#filter").region.overlaps(rack(here))
        await here.press("escape", "escape")
        await here.until(lambda: here.page.region == before)


def rack(here: Console) -> Region:
    """What the notices cover."""
    regions = [toast.region for toast in here.app.screen.query("Toast")]
    return Region.from_union(regions) if regions else Region()


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_notices_lie_over_no_dialog_menu_or_text(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=size, notices=True)) as here:
        await here.go("1")
        row = next(row for row in here.page.rows.values() if row.state == "RUNNING")
        await here.choose(row.name)
        for key, kind in (("X", Dialog), ("a", Menu), ("d", Reader)):
            await here.press(key)
            await here.until(lambda kind=kind: here.shows(kind))
            for _ in range(3):
                here.app.notify(LONG, markup=False)
            await here.until(lambda: rack(here).height > 1)
            await here.until(lambda: nothing_lies_below(here))
            if kind is Dialog:
                cancel = here.app.screen.query_one("#cancel").region
                assert cancel.height == 1 and cancel.bottom <= rack(here).y
            here.app.clear_notifications()
            here.app.notify("one line", markup=False)
            await here.until(lambda: rack(here).height == 1)
            await here.until(lambda: nothing_lies_below(here))
            assert screen_text(here.app).count("one line") == 1  # not in the list behind it, too
            if kind is Dialog and size[1] < 18:
                frame = here.app.screen.query_one("Dialog > Vertical")
                await here.until(lambda frame=frame: frame.region.bottom == size[1] - 1)  # it has the room again
            await here.press("escape")
            await here.until(lambda: here.app.screen is here.app.console_screen and not here.page.asking)
            here.app.clear_notifications()


def nothing_lies_below(here: Console) -> bool:
    """Whether every widget of the screen ends above the notices."""
    toasts = here.app.screen.query("Toast")
    others = [node for node in here.app.screen.walk_children() if node not in toasts and node.display]
    return not any(node.region.overlaps(rack(here)) for node in others if node.region)


async def test_each_command_is_one_line_and_there_once(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"), size=(80, 50))) as here:
        await loaded(here)
        await here.press("2")
        lines = await commands(here, "")
        assert len(set(lines)) == len(lines)
        assert not any("\n" in line for line in lines)
        assert lines[0].startswith("fleet ")
        assert lines[1].startswith("recent fleet ")
        assert lines[2].startswith("nodes @nsml ")  # the tab one is in comes first
        views = sum(len(cloud.provider.views) for cloud in here.store.clouds.values())
        assert len([line for line in lines if " @" in f" {line}" and line.split()[1].startswith("@")]) == views
        assert [line.split()[1] for line in lines if line.startswith("theme ") and "colours" in line] == ["gputui-dark"]
        assert lines[-1].startswith("quit ")


async def test_what_is_typed_whole_or_short_comes_first(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"))) as here:
        await loaded(here)
        await here.press("2")
        for typed, first in (
            ("q", "quit"),
            ("nodes", "nodes @nsml"),
            ("pools", "pools @samsung"),
            ("nodes @samsung", "nodes @samsung"),
        ):
            assert (await commands(here, typed))[0].startswith(f"{first} ")
            await here.press("escape")


async def test_a_view_can_be_asked_for_with_a_filter(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"))) as here:
        await loaded(here)
        await commands(here, "nodes @samsung /error")
        await here.press("enter")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "samsung")
        await here.until(lambda: "/error" in here.bar("views") and here.page.total_count)
        assert {here.page.rows[ref].state for ref in here.page.shown_refs} == {"ERROR"}


async def test_the_keys_stand_on_one_page_of_help(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.press("question_mark")
        await here.until(lambda: here.shows(Reader))
        reader = here.app.screen
        assert isinstance(reader, Reader)
        lines = ["".join(part for part, _ in line) for line in reader.pages.lines]
        seen = lines[: reader.pages.size.height]
        assert max(map(cell_len, seen)) < 80
        for head in ("the row", "the list", "places", "the console"):
            assert any(head in line for line in seen)
        assert any("verbs of gpu-node" in line for line in seen)
        assert len([line for line in lines if "tab" in line and "1…9" in line]) == 1
        assert not any("profile in tab" in line for line in lines)
