"""Promise 2 in the list: while something is asked no key counts, and no row is meant that has just come there."""

from __future__ import annotations

from pathlib import Path

import pytest

import gputui.ui.list.page
from gputui.core.actions import Risk
from gputui.core.rows import Ref
from tests.pilot.consoles import Wish, console
from tests.pilot.every_hand import Hand
from tests.promises.toy_console import toy_console


@pytest.mark.parametrize("key", ["X", "a", "exclamation_mark"])
async def test_while_something_is_asked_no_other_key_of_the_list_counts(tmp_path: Path, key: str) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        await here.choose(next(row.name for row in here.page.rows.values() if row.state == "RUNNING"))
        here.page.asking = True
        await hand.press(key)
        assert here.app.screen is here.app.console_screen
        here.page.asking = False
        await hand.press(key)
        await here.until(lambda: here.app.screen is not here.app.console_screen)


async def test_nor_do_the_menu_and_the_run_by_whatever_way_they_are_asked_for(tmp_path: Path) -> None:
    """Past the keys: what holds those back is not in between."""
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        page = here.page
        for identity in ("row.actions", "row.run"):
            page.asking = True
            page.action_invoke(identity)
            await here.pilot.pause()
            assert here.app.screen is here.app.console_screen
            page.asking = False
            page.action_invoke(identity)
            await here.until(lambda: here.app.screen is not here.app.console_screen)
            await here.press("escape")
            await here.until(lambda: here.app.screen is here.app.console_screen and not page.asking)


@pytest.mark.parametrize(("seconds", "meant"), [(0.6, False), (0.8, True)])
async def test_a_row_that_has_just_come_under_the_cursor_is_meant_after_700_ms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, meant: bool
) -> None:
    now = [100.0]
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.until(lambda: here.page.cursor_ref)
        monkeypatch.setattr(gputui.ui.list.page, "monotonic", lambda: now[0])
        page = here.page
        page._slid_at = now[0] - seconds
        assert not page._state.selection.held
        assert page.row_meant() is meant


async def test_marked_rows_are_meant_whatever_has_come_under_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.until(lambda: len(here.page.shown_refs) > 1)
        page = here.page
        page.set_marks([page.shown_refs[1]])
        monkeypatch.setattr(gputui.ui.list.page, "monotonic", lambda: 100.0)
        page._slid_at = 100.0
        assert not page._state.selection.held
        assert page.row_meant()


@pytest.mark.parametrize("key", ["its own", "a", "s", "m"])
async def test_no_key_is_about_a_row_that_has_just_come_under_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        await here.until(lambda: here.page.cursor_ref)
        if key == "its own":  # of a change that nothing else stands against
            key = next(one.key for one in here.page.offers() if one.key and not one.off and one.risk > Risk.LOOKS)
        monkeypatch.setattr(gputui.ui.list.page, "monotonic", lambda: here.page._slid_at)
        here.page._slid_at = 100.0
        await hand.press(key)
        words = "another row has just come first: look again"
        await here.until(lambda: words in {notice.message for notice in here.app._notifications})
        assert not here.page.asking
        assert here.app.screen is here.app.console_screen


async def test_a_reading_that_puts_another_row_first_is_noticed_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verb is for every state, the list is free, and nobody has chosen a row."""
    async with toy_console(tmp_path) as here:
        await here.press("1")
        await here.read("a")
        assert here.page.cursor_ref == Ref("a", "nodes", "a0")
        monkeypatch.setattr(gputui.ui.list.page, "monotonic", lambda: 1000.0)
        here.toys["a"].set("a3", "ERROR")
        await here.read("a")
        await here.until(lambda: here.page.cursor_ref == Ref("a", "nodes", "a3"))
        await here.press("ctrl+d")
        words = "another row has just come first: look again"
        await here.until(lambda: words in {notice.message for notice in here.app._notifications})
        assert here.app.screen is here.app.console_screen
        await here.press("ctrl+d")  # it has been said: now it is meant
        await here.dialog()


async def test_a_key_that_means_two_verbs_in_two_lists_does_neither(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "datenfab"))) as here:
        hand = Hand(here, "")
        await here.until(lambda: here.store.machines("samsung") and here.store.machines("datenfab"))
        page = here.page
        page._keymap = {"scp.nodes.lock": "Z", "datenfab.instances.stop": "Z"}
        nodes, instances = here.store.machines("samsung"), here.store.machines("datenfab")
        await here.until(lambda: page.total_count == len(nodes) + len(instances))
        page.set_marks([next(iter(nodes)), next(iter(instances))])
        await hand.press("Z")
        words = "Z means Power off in datenfab and Lock in samsung: the menu (a) has each by its name"
        await here.until(lambda: words in {notice.message for notice in here.app._notifications})
        assert not page.asking
        stop = next(one for one in page.offers() if one.label == "Stop/Power off")
        assert (stop.key, [key for key, _ in stop.clashes]) == ("X", ["Z"])
