"""Drilling down where a row has several kinds of children: it is asked which, by keys or with the mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

import gputui.ui.widgets.timed_dialog
from gputui.core.rows import Ref
from gputui.ui.list.location import Location
from gputui.ui.widgets.chooser import Chooser
from tests.pilot.consoles import Console, Wish, console

SCP = Wish(only=("scp",))


async def asked(here: Console) -> tuple[Ref, Chooser]:
    """Enter on a pool: the question which of its children are meant, open long enough to be answered."""
    await here.go("1", view="pools")
    await here.until(lambda: here.page.cursor_ref)
    ref = here.page.cursor_ref
    assert ref is not None
    await here.press("enter")
    await here.until(lambda: here.shows(Chooser))
    chooser = here.app.screen
    assert isinstance(chooser, Chooser)
    await here.until(lambda: chooser.ripe)
    return ref, chooser


def place(here: Console) -> Location:
    return here.app.console_screen.trail.here


@pytest.mark.parametrize(("keys", "view"), [(("enter",), "nodes"), (("down", "enter"), "fabrics")])
async def test_one_of_several_kinds_is_chosen_by_keys(tmp_path: Path, keys: tuple[str, ...], view: str) -> None:
    async with console(tmp_path, SCP) as here:
        pool, chooser = await asked(here)
        options = chooser.query_one(OptionList).options
        assert [str(option.prompt) for option in options] == ["Nodes", "Fabrics"]
        await here.press(*keys)
        await here.until(lambda: place(here) == Location("samsung", view, pool))
        await here.until(lambda: here.page.total_count)
        await here.press("escape")
        await here.until(lambda: place(here) == Location("samsung", "pools"))
        assert here.page.cursor_ref == pool


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_who_chooses_none_stays_where_they_are(tmp_path: Path, key: str) -> None:
    async with console(tmp_path, SCP) as here:
        pool, _ = await asked(here)
        await here.press(key)
        await here.until(lambda: here.app.screen is here.app.console_screen)
        assert place(here) == Location("samsung", "pools")
        assert here.page.cursor_ref == pool


async def test_an_enter_pressed_twice_in_haste_chooses_nothing_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", 60.0)  # however slow this machine is
    async with console(tmp_path, SCP) as here:
        await here.go("1", view="pools")
        await here.until(lambda: here.page.cursor_ref)
        await here.press("enter", "enter")
        await here.until(lambda: here.shows(Chooser))
        await here.pilot.pause()
        assert isinstance(here.app.screen, Chooser)
        assert place(here) == Location("samsung", "pools")


async def test_one_is_chosen_with_the_mouse(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        pool, chooser = await asked(here)
        await here.pilot.click(chooser.query_one(OptionList), offset=(4, chooser.query_one(OptionList).gutter.top + 1))
        await here.until(lambda: place(here) == Location("samsung", "fabrics", pool))


async def test_a_row_with_one_kind_asks_nothing_and_one_without_shows_its_details(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1", view="fabrics")
        await here.until(lambda: here.page.cursor_ref)
        fabric = here.page.cursor_ref
        await here.press("enter")
        await here.until(lambda: place(here) == Location("samsung", "nodes", fabric))
        await here.until(lambda: here.page.total_count)
        await here.press("enter")
        await here.until(lambda: here.app.screen is not here.app.console_screen)
        assert "Details of" in here.app.screen._title  # type: ignore[attr-defined]


async def test_only_the_rows_that_belong_to_it_are_shown_below_a_row(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1", view="fabrics")
        await here.until(lambda: here.page.total_count > 1 and here.page.cursor_ref)
        fabric = here.page.cursor_ref
        assert fabric is not None
        name = here.page.rows[fabric].name
        await here.press("enter")
        await here.until(lambda: place(here) == Location("samsung", "nodes", fabric))
        await here.until(lambda: here.page.total_count)
        column = [column.title for column in here.page.columns].index("FABRIC")
        nodes = here.store.machines("samsung").values()
        belong = {row.name for row in nodes if row.cells[column].text == name}
        assert set(here.rows()) == belong
        assert 0 < len(belong) < len(nodes)


async def test_below_a_row_that_is_gone_stands_nothing_and_never_the_whole_list(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1", view="fabrics")
        await here.until(lambda: here.page.cursor_ref)
        fabric = here.page.cursor_ref
        assert fabric is not None
        await here.press("enter")
        await here.until(lambda: place(here) == Location("samsung", "nodes", fabric))
        await here.until(lambda: here.page.total_count)
        await here.press("asterisk")
        here.store.clouds["samsung"].lay_over("fabrics", {}, [fabric], here.store.clock.now())
        assert here.store.find(fabric) is None
        await here.until(lambda: not here.page.total_count)
        assert here.store.machines("samsung")
        assert not here.page.targets().refs


async def test_the_way_back_to_what_is_read_below_a_row_that_is_gone_shows_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml",), every=60)) as here:
        await here.go("1", view="runs")
        await here.until(lambda: here.page.cursor_ref)
        run = here.page.cursor_ref
        assert run is not None
        await here.press("enter")
        await here.until(lambda: place(here) == Location("nsml", "nodes", run))
        await here.until(lambda: here.page.total_count)
        await here.press("left_square_bracket")
        await here.until(lambda: place(here) == Location("nsml", "runs"))
        cloud = here.store.clouds["nsml"]
        cloud.lay_over("runs", {}, [run], here.store.clock.now())
        assert here.store.find(run) is None
        await here.press("right_square_bracket")
        await here.until(lambda: place(here) == Location("nsml", "nodes", run))
        await here.until(lambda: "no longer listed" in here.bar("banner"))
        assert not here.page.total_count
        await here.press("minus")
        await here.until(lambda: place(here) == Location("nsml", "runs"))
