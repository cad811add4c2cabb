"""`o` and `w`: order and columns of a view, through the keys, and over a restart."""

from __future__ import annotations

import json
from pathlib import Path

from gputui.ui.list.column_menu import ColumnMenu
from gputui.ui.table.order import Sort
from tests.pilot.consoles import Console, Wish, console

SCP = Wish(only=("scp",))


async def menu(here: Console) -> ColumnMenu:
    await here.press("o")
    await here.until(lambda: here.shows(ColumnMenu))
    assert isinstance(here.app.screen, ColumnMenu)
    return here.app.screen


def lines(menu: ColumnMenu) -> list[str]:
    return [text.plain for text in menu.texts()]


async def to_line(here: Console, open_menu: ColumnMenu, word: str) -> None:
    wanted = next(at for at, line in enumerate(lines(open_menu)) if word in line.split())
    while (at := open_menu.list.highlighted or 0) != wanted:
        await here.press("j" if at < wanted else "k")


def titles(here: Console) -> list[str]:
    page = here.page
    return [page.columns[slot.column].title for slot in page.layout_in_view.slots]


def column(here: Console, title: str) -> int:
    return next(at for at, one in enumerate(here.page.columns) if one.title == title)


async def test_o_sorts_by_any_column_and_marks_the_present_order(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        chosen = await here.choose("gpu-node-003")
        for reverse in (False, True):
            await to_line(here, await menu(here), "GPU")
            await here.press("enter")
            await here.until(lambda: not here.shows(ColumnMenu))
            assert here.page.sorting == Sort(column(here, "GPU"), reverse)
            assert here.page.cursor_ref == chosen
        assert any("largest first" in line and "GPU" in line for line in lines(await menu(here)))
        await to_line(here, here.app.screen, "worst")  # type: ignore[arg-type]
        await here.press("enter")
        ranks = [here.page.rows[ref].health.rank for ref in here.page.shown_refs]
        assert ranks == sorted(ranks)
        await to_line(here, await menu(here), "lists")
        await here.press("enter")
        assert here.page.sorting is None


async def test_columns_are_hidden_shown_and_moved(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        open_menu = await menu(here)
        await to_line(here, open_menu, "STATE")
        await here.press("space")
        await here.until(lambda: "STATE" not in titles(here))
        await here.press("space")
        await here.until(lambda: "STATE" in titles(here))
        await here.press("K")
        await here.until(lambda: titles(here)[:3] == ["NAME", "STATE", "HEALTH"])
        await here.press("K", "K")
        assert titles(here)[0] == "NAME"
        await to_line(here, open_menu, "NAME")
        await here.press("space")
        assert titles(here)[0] == "NAME"
        await here.press("0")
        await here.until(lambda: titles(here)[:3] == ["NAME", "HEALTH", "STATE"])


async def test_a_view_looks_as_it_did_after_a_restart(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        await here.press("w")
        open_menu = await menu(here)
        await to_line(here, open_menu, "STATE")
        await here.press("space", "escape", "shift+right", "shift+down")
        assert here.page.sorting == Sort(0, reverse=True)
    kept = json.loads((tmp_path / "state" / "views.json").read_text())["views"]
    assert kept["scp.nodes"]["hidden"] == ["state"]
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        assert here.page.sorting == Sort(0, reverse=True)
        assert here.page.wide
        assert here.page.column_view.choice.hidden == {column(here, "STATE")}
        await here.press("0")
        assert not here.page.wide
        assert here.page.sorting is None


async def test_the_menu_can_be_read_and_left_in_the_smallest_window(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(40, 10))) as here:
        await here.go("1")
        open_menu = await menu(here)
        assert open_menu.list.size.height >= 2
        await here.press("escape")
        await here.until(lambda: not here.shows(ColumnMenu))
