"""The cursor before anybody has moved it: on the first line, and no key acts on what only just came there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

from gputui.core.health import Health
from gputui.core.rows import Ref
from gputui.ui.list import page as page_module
from gputui.ui.widgets.dialogs import Dialog
from tests.pilot.consoles import Console, Wish, console


async def stopped(here: Console) -> None:
    """The nodes of the first tab, and nothing that would change them by itself."""
    await here.go("1")
    for cloud in here.store.clouds.values():
        await cloud.aclose()


async def another_comes_first(here: Console) -> tuple[Ref, Ref]:
    """The first row, and the one that has just come before it."""
    page = here.page
    old, *_, new = page.shown_refs
    rows = dict(page.rows)
    worst = replace(rows.pop(new), health=Health.BAD)

    def newest() -> None:
        page.show({new: worst, **rows})

    with patch.object(page, "_show_newest", newest):
        page.reload()
    return old, new


async def test_the_fleet_fills_under_a_cursor_that_stays_on_the_first_line(tmp_path: Path) -> None:
    async with console(tmp_path, Wish()) as here:
        for name in here.store.tabs:
            await here.until(partial(here.store.machines, name))
        expected = sum(len(here.store.machines(name)) for name in here.store.tabs)
        await here.until(lambda: here.page.total_count == expected)
        assert here.page.cursor_ref == here.page.shown_refs[0]
        await here.press("j")
        chosen = here.page.cursor_ref
        assert chosen == here.page.shown_refs[1]


async def test_what_comes_first_gets_the_resting_cursor_but_no_key_meant_for_another(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await stopped(here)
        for key in ("X", "s"):
            page = here.page
            page._state.selection._held = False  # as before the first key
            old, new = await another_comes_first(here)
            assert page.cursor_ref == new != old
            await here.press(key)
            await here.pilot.pause()
            assert not isinstance(here.app.screen, Dialog)
            assert "look again" in " ".join(note.message for note in here.app._notifications)
            here.app.clear_notifications()
        assert not here.changes("scp")


async def test_a_row_that_was_chosen_is_acted_on_wherever_it_goes(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await stopped(here)
        running = next(row for row in here.page.rows.values() if row.state == "RUNNING" and not row.raw["lock_enabled"])  # type: ignore[index,call-overload]
        here.page.choose(running.ref)
        await another_comes_first(here)
        assert here.page.cursor_ref == running.ref
        await here.press("X")
        assert running.name in (await here.dialog()).question.title


async def test_what_has_stood_there_for_a_while_is_meant(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await stopped(here)
        with patch.object(page_module, "SEEN_SECONDS", 0.0):
            _, new = await another_comes_first(here)
            await here.press("X")
            assert here.page.rows[new].name in (await here.dialog()).question.title
