"""A filter over all that is known of a row, what it does not hide, and where the cursor is meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.actions import Action, Risk, reaches
from gputui.core.cells import Column, words
from gputui.core.request import Request, path
from gputui.engine.marks import FRESH_SECONDS
from gputui.ui.act.menu import Menu
from gputui.ui.list.filter_line import FilterLine
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Wish, console
from tests.promises.seen import screen_text
from tests.promises.toy_console import TOY, VIEW, ToyConsole, toy_console
from tests.toy import STOP, Machine

START = Action[Machine](
    "start",
    "Start",
    Risk.REVERSIBLE,
    lambda machines, inputs: Request("POST", path("start", machines[0].id)),
    lambda machine: None if machine.state == "STOPPED" else f"state is {machine.state}",
    reaches(lambda machine: machine.state, ("RUNNING",)),
    key="S",
    opposite="stop",
)
OWNED = replace(
    VIEW,
    columns=(*VIEW.columns, Column("OWNER", lambda machine: words(f"owner-of-{machine.id}"), wide=True)),
    actions=(replace(STOP, opposite="start"), START, *VIEW.actions[1:]),
)
BOTH = replace(TOY, views=(OWNED,))


def notices(here: ToyConsole) -> str:
    return " | ".join(one.message for one in here.app._notifications)


async def filtered(here: ToyConsole, text: str) -> list[str]:
    """Filter the list, typed in one piece, and return the names of what is left."""
    await here.press("ctrl+u", "slash")
    line = here.app.console_screen.query_one(FilterLine)
    await here.until(lambda: line.has_focus)
    line.value = text
    await here.pilot.pause()
    await here.press("enter")
    await here.until(lambda: here.page.has_focus)
    return [here.page.rows[ref].name for ref in here.page.shown_refs]


async def stopped(here: ToyConsole, name: str) -> None:
    """Stop a machine of `a` from the list, as far as the cloud's yes."""
    toy = here.toys["a"]
    before = len(toy.sent)
    await here.press("X")
    await here.dialog()
    await here.press("y")
    await here.until(lambda: len(toy.sent) > before and not here.page.asking)
    await here.until(lambda: (found := here.store.operations.of(here.rows()[name].ref)) and not found.sending)


async def test_the_fleet_finds_a_row_by_cells_that_it_does_not_show(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=BOTH) as here:
        for place in ("0", "1"):
            await here.press(place)
            assert await filtered(here, "owner-of-a4") == ["a-4"]
        assert await filtered(here, "!owner-of-a4") == ["a-0", "a-1", "a-2", "a-3", "a-5"]
        assert await filtered(here, "/owner-of-a[45]$/") == [], "the id is the last of a row"
        assert await filtered(here, "/^a-[45]/") == ["a-4", "a-5"], "and its name the first"
        assert await filtered(here, "/a[45]$/") == ["a-4", "a-5"]


@pytest.mark.parametrize("place", ["0", "1"])
async def test_a_list_of_which_nothing_is_left_says_so(tmp_path: Path, place: str) -> None:
    async with toy_console(tmp_path) as here:
        await here.press(place)
        assert await filtered(here, "nothing-like-it") == []
        assert "nothing matches: ctrl+u clears the filter" in here.bar("banner")
        await here.press("ctrl+u")
        assert here.bar("banner") == ""
        await here.press("f")
        assert "no faults: f shows all rows" in here.bar("banner")


async def test_what_one_changes_stays_in_sight_and_under_the_cursor(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=BOTH) as here:
        await here.press("1")
        await filtered(here, "RUNNING")
        ref = await here.choose("a-3")
        await stopped(here, "a-3")
        for state in ("STOPPING", "STOPPED"):
            here.toys["a"].set("a3", state)
            await here.read("a")
            assert here.rows()["a-3"].state == state
            assert here.page.cursor_ref == ref
        await here.until(lambda: (found := here.store.operations.of(ref)) and not found.open)
        await here.pass_time(FRESH_SECONDS - 1)
        assert here.page.cursor_ref == ref
        await here.pass_time(1)
        assert ref not in here.page.shown_refs, "it is no news any more"
        assert here.page.cursor_ref is None
        await here.press("ctrl+u")
        assert here.page.cursor_ref == ref


async def test_a_key_about_a_row_is_answered_where_none_is_chosen(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=BOTH, notices=True) as here:
        for place in ("0", "1"):
            await here.press(place)
            await filtered(here, "nothing-like-it")
            for key in ("X", "d", "s", "m", "c", "space", "enter", *(("a",) if place == "0" else ())):
                here.app.clear_notifications()
                await here.press(key)
                await here.until(lambda: "no row" in notices(here))
                assert here.app.screen is here.app.console_screen
        await here.press("a")
        await here.until(lambda: here.shows(Menu))


async def test_the_first_row_that_comes_into_a_filter_without_hits_has_the_cursor(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.press("1")
        ref = await here.choose("a-2")
        await filtered(here, "wanted")
        toy = here.toys["a"]
        toy.machines["new"] = Machine("new", "wanted-1")
        await here.read("a")
        assert here.page.cursor_ref == here.rows()["wanted-1"].ref
        await here.press("d")
        await here.until(lambda: here.shows(Reader))
        await here.press("escape", "ctrl+u")
        assert here.page.cursor_ref == here.rows()["wanted-1"].ref, "d was about it"
        assert ref in here.page.rows


async def test_z_offers_the_opposite_of_the_last_change_on_the_newest_rows(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=BOTH, notices=True) as here:
        await here.press("1", "Z")
        await here.until(lambda: "nothing has been changed since the start" in notices(here))
        await here.choose("a-3")
        await stopped(here, "a-3")
        here.app.clear_notifications()
        await here.press("Z")
        await here.until(lambda: "Start: a-3: state is" in notices(here))
        here.toys["a"].set("a3", "STOPPED")
        await here.read("a")
        await here.press("0")
        await here.choose("b-1")
        await here.press("Z")
        dialog = await here.dialog()
        assert "Start a-3" in dialog.question.title
        await here.press("y")
        await here.until(lambda: here.toys["a"].sent[-1].path == "/start/a3")
        here.toys["a"].set("a3", "RUNNING")
        await here.read("a")
        await here.until(lambda: not here.page.asking)
        await here.press("Z")
        assert "Stop a-3" in (await here.dialog()).question.title
        await here.press("escape")
        await here.until(lambda: not isinstance(here.app.screen, Dialog))
        del here.toys["a"].machines["a3"]
        await here.read("a")
        await here.press("Z")
        await here.until(lambda: "a-3 is gone" in notices(here))


async def test_a_change_that_no_verb_takes_back_says_so(tmp_path: Path) -> None:
    async with toy_console(tmp_path, notices=True) as here:
        await here.press("1")
        await here.choose("a-3")
        await stopped(here, "a-3")
        await here.press("Z")
        await here.until(lambda: "Stop: no verb takes it back" in notices(here))


async def test_the_ends_of_the_history_leave_the_list_as_it_is(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        page = here.page
        await here.choose(next(row.name for row in list(page.rows.values())[3:]))
        left = page.leave_feed
        page.leave_feed = lambda: pytest.fail("the list was left")  # type: ignore[method-assign]
        await here.press("right_square_bracket", "right_square_bracket")
        page.leave_feed = left  # type: ignore[method-assign]
        assert here.page is page
        await here.press("left_square_bracket", "left_square_bracket")
        assert here.app.console_screen.trail.here.tab == ""


async def test_in_a_narrow_window_nothing_is_cut_without_a_sign(tmp_path: Path) -> None:
    """The filter's chip, the way into a drill-down and the details at 40 columns."""
    async with toy_console(tmp_path, size=(40, 10), provider=BOTH) as here:
        await here.press("1")
        await filtered(here, "a-3 a -nothing-that-has-this-very-long-text")
        top = screen_text(here.app).splitlines()[1]
        assert len(top.rstrip()) <= 40 and "/a-3 a -…" in top and top.rstrip().endswith("0/6 live")
        await here.press("ctrl+u")
        long = f"{'x' * 50}end"
        here.toys["a"].machines["long"] = Machine("long", long)
        await here.read("a")
        await here.choose(long)
        await here.press("d")
        await here.until(lambda: here.shows(Reader))
        seen = ""
        for _ in range(3):
            seen += "".join(screen_text(here.app).split())
            await here.press("pagedown")
        assert long in seen
        assert "…" in screen_text(here.app).splitlines()[0], "the title"
