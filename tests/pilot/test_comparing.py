"""`=` on two marked rows: what differs, through the keys; secrets stay masked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gputui.core.comparing import Difference
from gputui.core.secret import STARS
from gputui.ui.inspect.comparing import Comparison
from gputui.ui.inspect.comparing import sections as sections_of
from tests.pilot.consoles import Wish, console


async def test_two_marked_rows_are_compared_and_nothing_else_is(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        rows = here.page.rows.values()
        good, bad = (next(row for row in rows if row.state == state) for state in ("RUNNING", "ERROR"))
        await here.press("equals_sign")
        await here.until(lambda: any("two marked rows" in one.message for one in here.app._notifications))
        here.page.set_marks((good.ref, bad.ref))
        await here.press("equals_sign")
        await here.until(lambda: here.shows(Comparison))
        assert isinstance(here.app.screen, Comparison)
        lines = ["".join(text for text, _ in line) for line in here.app.screen.pages.lines]
        at = next(at for at, line in enumerate(lines) if line.split() == ["state"])
        assert {line.split()[-1] for line in lines[at + 1 : at + 3]} == {"RUNNING", "ERROR"}
        await here.pilot.resize_terminal(160, 24)
        await here.until(
            lambda: any(
                "RUNNING" in text and "ERROR" in text
                for text in ("".join(part for part, _ in line) for line in here.app.screen.pages.lines)  # type: ignore[attr-defined]
            )
        )


async def test_secrets_are_compared_masked(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",))) as here:
        await here.go("1", view="instances")
        one, other = list(here.page.rows.values())[:2]
        view = here.store.view(one.ref)
        assert view is not None
        assert view.secrets
        secret = sorted(view.secrets)[0]
        one, other = (replace(row, source={secret: text, "a": text}) for row, text in ((one, "hunter2"), (other, "")))
        (_, _), (_, fields) = sections_of(here.app, one, other)
        assert fields == [Difference(secret, STARS, ""), Difference("a", "hunter2", "")]
