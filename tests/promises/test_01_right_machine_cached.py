"""Promise 1 before the first reading: nothing can be done to a row of an earlier console."""

from __future__ import annotations

from pathlib import Path

import pytest

from gputui.core.rows import Ref
from gputui.engine.cached.lists import UNREAD
from tests.clocks import until
from tests.pilot.test_command_words import entered, said
from tests.promises.second_console import first_console, second_console, toy


@pytest.mark.parametrize("key", ["X", "a", "d", "x", "s", "ctrl+d", "enter", "c"])
@pytest.mark.parametrize("connects", [True, False])
async def test_a_key_on_such_a_row_says_that_its_list_was_not_read(tmp_path: Path, key: str, connects: bool) -> None:
    later = await first_console(tmp_path)
    client = toy("a1")
    async with second_console(tmp_path, client, later, connects=connects) as here:
        await until(lambda: client.reads or not connects)
        assert here.page.choose(Ref("a", "nodes", "a3"))
        await here.press(key)
        await here.until(lambda: any(UNREAD in one.message for one in here.app._notifications))
        assert here.app.screen is here.app.console_screen
        assert not client.sent


@pytest.mark.parametrize("connects", [True, False])
async def test_a_command_on_such_a_row_says_so_too(tmp_path: Path, connects: bool) -> None:
    later = await first_console(tmp_path)
    async with second_console(tmp_path, toy("a1"), later, connects=connects) as here:
        assert here.page.choose(Ref("a", "nodes", "a3"))
        await entered(here, "compare")
        assert f"Compare: {UNREAD}" in said(here)
        assert here.app.screen is here.app.console_screen
