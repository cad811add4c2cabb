"""The dialog for passwords and codes in every window: the inputs and the keys are in sight, a long banner scrolls."""

from __future__ import annotations

import pytest
from textual.containers import Vertical
from textual.widgets import Input

from gputui.ssh.prompter import Prompt
from gputui.ui.ssh.prompts import Prompts
from tests.clocks import until
from tests.pilot.consoles import laid_out
from tests.pilot.plain_app import PlainApp
from tests.pilot.table_app import screen_lines

BANNER = [f"line {number} of it" for number in range(60)]


@pytest.mark.parametrize("size", [(40, 10), (60, 15), (80, 24), (200, 50)])
@pytest.mark.parametrize("told", [BANNER[:1], BANNER], ids=["short", "long"])
async def test_title_inputs_and_keys_are_in_sight(size: tuple[int, int], told: list[str]) -> None:
    app = PlainApp()
    prompts = Prompt("Password:", echo=False), Prompt("Verification code:", echo=True)
    dialog = Prompts("Log in to gpu-node-014", told, prompts, "gives the login up")
    async with app.run_test(size=size) as pilot:
        app.push_screen(dialog)
        await until(lambda: laid_out(dialog))
        await pilot.pause()
        shown = "\n".join(screen_lines(app))
        for words in ("Log in to gpu-node-014", "line 0 of", "Password:", "Verification code:", "enter  send", "esc  "):
            assert words in shown
        inner = dialog.query_one(Vertical).content_region
        assert all(inner.contains_region(field.region) for field in dialog.query(Input))
        scrolls = len(told) > 1
        assert ("read on" in str(dialog.query_one(Vertical).border_subtitle)) is scrolls
        await pilot.press(*["pagedown"] * 60 * scrolls)
        await pilot.pause()
        assert f"line {len(told) - 1} of" in "\n".join(screen_lines(app))
