"""`t`: what changed lately, in every profile or of one row, with what many did together as one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.widgets import OptionList, Static

from gputui.engine.history.history import HistoryError, NoHistory
from gputui.engine.history.records import ObservedChange, Span
from gputui.ui.inspect.row import RowReader
from gputui.ui.inspect.timeline import Timeline
from gputui.ui.widgets.bars import Bar
from tests.pilot.consoles import Console, Wish, console

WISH = Wish(only=("scp",), size=(100, 24), general={"history_days": 30})


def lines(here: Console) -> list[str]:
    if not isinstance(here.app.screen, Timeline):
        return []
    found = here.app.screen.query_one(OptionList)
    return [str(found.get_option_at_index(at).prompt).strip() for at in range(found.option_count)]


def heading(here: Console) -> str:
    return str(here.app.screen.query_one("#live-title", Bar).text)


def warned(here: Console) -> str:
    return str(here.app.screen.query_one("#live-warnings", Static).render())


async def fallen(here: Console, count: int) -> list[Any]:
    """Machines that fell together, once history has them all."""
    await here.go("1")
    assert here.clouds is not None
    nodes = [one for one in here.clouds.world["scp"].nodes.values() if one.state == "RUNNING"][:count]  # type: ignore[attr-defined]
    await here.until(lambda: nodes[0].name in here.rows())
    for node in nodes:
        node.state = "ERROR"
    for _ in range(400):
        if len(await here.store.history.changes(Span(0))) >= count:
            return nodes
        await here.pilot.pause(0.05)
    raise AssertionError("history has them not")


async def test_what_many_did_together_is_one_line_that_opens(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        nodes = await fallen(here, 4)
        await here.press("t")
        await here.until(lambda: any("4 machines of samsung" in line for line in lines(here)))
        assert "RUNNING → ERROR (bad)" in lines(here)[0]
        assert "4 changes" in heading(here)
        assert any("not watched" in line for line in lines(here))  # before this console
        await here.press("enter")
        await here.until(lambda: len(lines(here)) >= 5)
        assert {line.split()[-5] for line in lines(here)[1:5]} == {node.name for node in nodes}, "below their heading"
        found = here.app.screen.query_one(OptionList)
        await here.press("G")
        await here.until(lambda: found.highlighted == found.option_count - 1)
        await here.press("g", "enter")
        await here.until(lambda: len(lines(here)) < 5)
        await here.press("slash", *"provider:scp gpu>=8")
        await here.until(lambda: "nothing here has a field gpu" in warned(here))
        await here.press(*["backspace"] * 7)
        await here.until(lambda: any("4 machines" in line for line in lines(here)) and not warned(here))
        await here.press("escape")
        await here.press("slash", *"nothing-like-it")
        await here.until(lambda: not any("machines" in line for line in lines(here)))
        assert "/nothing-like-it" in heading(here)
        await here.press("escape")
        await here.until(lambda: any("4 machines" in line for line in lines(here)))
        await here.press("escape")
        assert here.app.screen is here.app.console_screen


class Unreadable(NoHistory):
    """A history whose disk cannot be read, and takes nothing."""

    trouble = "/a/state/folder/with/a/long/name/history.db: database or disk is full"

    async def changes(self, span: Span) -> list[ObservedChange]:
        raise HistoryError("/a/state/folder/with/a/long/name/history.db: unable to open database file")


async def test_without_history_it_is_not_said_that_nothing_changed(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, size=(80, 24))) as here:
        await here.until(lambda: not isinstance(here.store.history, NoHistory))
        here.store.history = Unreadable()
        await here.press("t")
        await here.until(lambda: "nothing is known" in heading(here))
        said = str(here.app.screen.query_one("#live-warnings", Static).render())
        assert said.startswith("history cannot be read: /a/") and said.endswith("unable to open database file")
        await here.press("slash", *"age>")
        await here.until(lambda: "matched literally: age>" in str(here.app.screen.query_one("#live-warnings").render()))


async def test_the_timeline_of_one_row_from_its_details(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        nodes = await fallen(here, 2)
        await here.choose(nodes[1].name)
        await here.press("d")
        await here.until(lambda: here.shows(RowReader))
        await here.press("t")
        await here.until(lambda: any("RUNNING → ERROR" in line for line in lines(here)))
        assert heading(here).strip().startswith(f"{nodes[1].name}, the last 15 min: 1 change")
        await here.press("plus")
        await here.until(lambda: "the last 60 min" in heading(here))
        await here.press("q", "q")
        assert here.app.screen is here.app.console_screen


async def test_since_takes_a_span_or_a_time_and_says_what_it_cannot_read(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        await here.go("1")
        await here.press("colon", *"since 2h")
        await here.pilot.pause()
        await here.press("enter")
        await here.until(lambda: here.shows(Timeline))
        assert "the last 2 h" in heading(here)
        await here.press("escape")
        await here.press("colon", *"since soon")
        await here.pilot.pause()
        await here.press("enter")
        await here.until(lambda: any(":since soon" in note.message for note in here.app._notifications))
