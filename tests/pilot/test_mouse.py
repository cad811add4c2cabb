"""`--mouse`: tabs, views, titles, rows and the keys at the lower edge take clicks, each as its key would."""

from __future__ import annotations

from pathlib import Path

from gputui.ui.act.menu import Menu
from gputui.ui.list.page import Page
from gputui.ui.table.order import Sort
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console
from tests.promises.seen import screen_text


async def click(here: Console, text: str, line: int) -> None:
    """Click on the first letter of a text on that line of the screen, from the end with a negative one."""
    lines = screen_text(here.app).splitlines()
    at = line % len(lines)
    await click_at(here, lines[at].index(text), at)


async def click_at(here: Console, x: int, y: int) -> None:
    widget, region = here.app.screen.get_widget_at(x, y)
    await here.pilot.click(widget, offset=(x - region.x, y - region.y))
    await here.pilot.pause()


async def test_everything_that_leads_somewhere_takes_a_click(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"), size=(100, 24))) as here:
        trail = here.app.console_screen.trail
        await here.until(lambda: set(here.store.clouds) == set(here.store.tabs))
        await click(here, "samsung", 0)
        await here.until(lambda: trail.here.tab == "samsung" and here.page.total_count)
        await click(here, "Pools", 1)
        await here.until(lambda: trail.here.view == "pools" and here.page.total_count)
        await click(here, "Nodes", 1)
        await here.until(lambda: trail.here.view == "nodes")
        await titles(here)
        name = here.page.rows[here.page.shown_refs[3]].name
        await click(here, name, 6)
        assert here.page.cursor_ref is not None and here.page.rows[here.page.cursor_ref].name == name
        await click(here, "Actions", -1)
        await here.until(lambda: here.shows(Menu))
        await here.press("escape")
        await here.until(lambda: here.app.screen is here.app.console_screen and not here.page.asking)
        await click(here, "?", -1)
        await here.until(lambda: here.shows(Reader))
        await click(here, "back", -1)
        await here.until(lambda: here.app.screen is here.app.console_screen)
        await here.press("j")  # the list still has the keys
        assert here.page.shown_refs.index(here.page.cursor_ref) == 4
        await click(here, "Fleet", 0)
        await here.until(lambda: trail.here.tab == "")


async def titles(here: Console) -> None:
    """A title sorts: smallest first, largest first, as given; beside the titles a click does nothing."""
    page: Page = here.page
    state = [column.title for column in page.columns].index("STATE")
    for sort in (Sort(state), Sort(state, reverse=True), None):
        await click(here, "STATE", 2)
        assert page.sorting == sort
    await click_at(here, 0, 2)
    assert page.sorting is None


async def test_a_click_on_a_verb_asks_first(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        row = next(row for row in here.page.rows.values() if row.state == "RUNNING")
        await here.choose(row.name)
        await click(here, "Stop", -1)
        dialog = await here.dialog()
        assert isinstance(dialog, Dialog) and row.name in dialog.question.title
        assert not here.changes("scp")
