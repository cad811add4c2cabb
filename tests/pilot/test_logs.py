"""`l`: a log opens at its end, shows the levels one wants, and says how many lines that are."""

from __future__ import annotations

from pathlib import Path

from gputui.sim.hostedai.models import LogLine
from gputui.ui.inspect.live_reader import LiveReader
from gputui.ui.widgets.bars import Bar
from tests.pilot.consoles import Wish, console


async def test_a_log_at_its_end_and_by_level(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("hostedai",), size=(80, 12))) as here:
        await here.go("1")
        assert here.clouds is not None
        node = next(iter(here.clouds.world["hostedai"].nodes.values()))  # type: ignore[attr-defined]
        now = here.store.clock.now()
        levels = ("info", "warning", "error")
        node.log[:] = [LogLine(at, now + at, levels[at % 3], f"line {at} happened") for at in range(90)]
        await here.choose(node.name)
        await here.press("l")
        await here.until(lambda: here.shows(LiveReader))
        reader = here.app.screen
        assert isinstance(reader, LiveReader)
        title = reader.query_one("#reader-title", Bar)
        await here.until(lambda: "90 lines" in str(title.text))
        await here.until(lambda: "line 89 " in reader.pages.render_line(reader.pages.size.height - 1).text)
        for told in ("60 of 90 lines: warnings and errors", "30 of 90 lines: errors", " 90 lines"):
            await here.press("v")
            await here.until(lambda told=told: told in str(title.text))  # type: ignore[misc]
        assert len(reader.pages.lines) == 90
