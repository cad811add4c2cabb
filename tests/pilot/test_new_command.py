"""What a new command costs: an entry of the table. Its key, the key line, help and the command line follow from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.rows import Ref
from gputui.ui.command import Command, CommandContext, Run
from gputui.ui.commands import COMMAND_TABLE, by_name, on_rows
from gputui.ui.shell.help import help_lines
from gputui.ui.widgets.keys import Needs
from gputui.ui.widgets.reader import Reader, plain
from tests.pilot.consoles import Console, Wish, console
from tests.promises.seen import screen_text

WHOSE = "whose are they?"


async def whose(at: CommandContext) -> None:
    """As a command of its own file would be: it has the host and the rows."""
    names = [row.name for row in at.targets.rows]
    at.host.push_screen(Reader(WHOSE, plain(*names, at.words)))


def on_row(needs: Needs) -> Command:
    return on_rows("whose", "f9", "Whose", "who has it", needs, whose, hint=12, name="whose", about="who has them")


def wish(*more: Command, keymap: dict[str, str] | None = None) -> Wish:
    rows = (*COMMAND_TABLE.rows, *(one for one in more if one.group == "rows"))
    screen = (*COMMAND_TABLE.screen, *(one for one in more if one.group != "rows"))
    table = replace(COMMAND_TABLE, rows=rows, screen=screen)
    return Wish(only=("scp",), size=(200, 40), notices=True, commands=table, keymap=keymap or {})


async def says(here: Console, words: str) -> None:
    await here.until(lambda: words in screen_text(here.app))


async def back(here: Console) -> None:
    await here.press("escape")
    await here.until(lambda: here.app.screen is here.app.console_screen)


async def test_a_key_on_rows_is_bound_shown_helped_and_found_by_its_name(tmp_path: Path) -> None:
    async with console(tmp_path, wish(on_row(Needs.ROWS))) as here:
        await here.go("1")
        first, second, *_ = here.page.shown_refs
        await here.until(lambda: "f9 Whose" in here.bar("keys"))
        for refs in ((first, second), ()):
            here.page.set_marks(refs)
            names = [here.page.rows[ref].name for ref in refs or (here.page.cursor_ref,) if isinstance(ref, Ref)]
            for keys in (("f9",), (":", *"whose", "enter")):
                await here.press(*keys)
                for words in (WHOSE, *names):
                    await says(here, words)
                await back(here)
        await here.press("?")
        await says(here, "who has it")
        await back(here)


async def test_its_key_may_be_another_in_the_configuration(tmp_path: Path) -> None:
    async with console(tmp_path, wish(on_row(Needs.ROW), keymap={"row.whose": "f8"})) as here:
        await here.go("1")
        await here.until(lambda: "f8 Whose" in here.bar("keys"))
        await here.press("f8")
        await says(here, WHOSE)


async def test_a_view_of_the_console_is_an_entry_with_a_key_or_a_name(tmp_path: Path) -> None:
    with_key = Command("console.whose", "f9", "Whose", "who has it", "console", run=whose)
    async with console(tmp_path, wish(with_key, by_name("owners", "who has what", whose, words="NAME"))) as here:
        await here.press("f9")
        await says(here, WHOSE)
        await back(here)
        await here.press(":", *"owners", "space", *"kim", "enter")
        await says(here, "kim")


async def broken(at: CommandContext) -> None:
    raise KeyError("oops")


def broken_at_once(at: CommandContext) -> None:
    raise KeyError("oops")


@pytest.mark.parametrize(("run", "asks"), [(broken, True), (broken, False), (broken_at_once, True)])
async def test_while_it_asks_no_other_key_counts_and_a_bug_of_it_is_said(tmp_path: Path, run: Run, asks: bool) -> None:
    async with console(tmp_path, wish(replace(on_row(Needs.SHOWN), run=run, asks=asks))) as here:
        await here.go("1")
        here.page.action_invoke("row.whose")
        assert here.page.asking is asks
        await says(here, "bug of gputui: KeyError")
        assert not here.page.asking


def test_no_two_commands_have_one_id_or_one_name() -> None:
    for found in ([one.id for one in COMMAND_TABLE], [one.name for one in COMMAND_TABLE if one.name]):
        assert len(found) == len(set(found))


async def test_a_command_without_a_key_takes_one_of_the_configuration(tmp_path: Path) -> None:
    wanted = Wish(only=("scp",), keymap={"command.audit": "f8", "command.redraw": "f9"})
    async with console(tmp_path, wanted) as here:
        drawn = []
        here.app.action_redraw = lambda: drawn.append(True)  # type: ignore[method-assign]
        await here.press("f9")
        await here.until(lambda: drawn)
        await here.press("f8")
        await here.until(lambda: here.app.screen is not here.app.console_screen)
        shown = help_lines(here.store, None, here.app.keymap, 80, COMMAND_TABLE)
        assert any("f8" in text for line in shown for text, _ in line)
