"""`:audit`: the journal on the screen, newest first, and what is said where it cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console

SCP = Wish(only=("scp",), size=(120, 30))


async def journal(here: Console) -> None:
    """Ask for it as a person does."""
    await here.press("colon", *"audit")
    await here.pilot.pause()
    await here.press("enter")


async def text(here: Console) -> str:
    await here.until(lambda: here.shows(Reader))
    assert isinstance(here.app.screen, Reader)
    return "\n".join("".join(part for part, _ in line) for line in here.app.screen.pages.lines)


def notices(here: Console) -> str:
    """Their text: a long one is broken into lines."""
    return " ".join(" ".join(notice.message for notice in here.app._notifications).split())


async def lock(here: Console, name: str) -> None:
    await here.choose(name)
    await here.press("L")
    await here.dialog()
    await here.press("y")
    await here.until(lambda: here.row("samsung", name).raw["lock_enabled"])  # type: ignore[index,call-overload]
    await here.until(lambda: not here.page.asking)


async def test_what_was_done_stands_in_it_newest_first(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        free = [
            row.name
            for row in here.page.rows.values()
            if row.state == "RUNNING" and isinstance(row.raw, dict) and not row.raw["lock_enabled"]
        ]
        await lock(here, free[0])
        await lock(here, free[1])
        await journal(here)
        shown = await text(here)
        assert shown.index(free[1]) < shown.index(free[0])
        assert shown.count("tester  samsung  ") == 2
        assert "accepted" in shown
        await here.press("q")
        assert here.app.screen is here.app.console_screen


async def test_an_empty_one_says_so(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        await journal(here)
        assert "the journal is empty: nothing has been changed" in await text(here)


async def test_of_many_entries_the_newest_are_shown_and_where_the_others_are(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        path = here.store.journal.path
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(json.dumps(record(number)) + "\n" for number in range(503)))
        await journal(here)
        shown = await text(here)
        assert "stop gpu-502:" in shown
        assert "stop gpu-3:" in shown
        assert "stop gpu-2:" not in shown
        assert "and 3 older ones: gputui audit" in shown


def record(number: int) -> dict[str, object]:
    return {
        "at": f"2026-03-01T{number // 60:02}:{number % 60:02}:00.000+00:00",
        "id": str(number),
        "phase": "intent",
        "who": "ann",
        "host": "bastion",
        "profile": "samsung",
        "view": "nodes",
        "verb": "stop",
        "targets": [{"id": str(number), "name": f"gpu-{number}", "state": "RUNNING"}],
        "request": {"method": "POST", "path": "/stop"},
    }


@pytest.mark.parametrize("kind", ["a folder", "no right to read"])
async def test_one_that_cannot_be_read_is_said_and_the_console_goes_on(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, SCP) as here:
        await here.go("1")
        path = here.store.journal.path
        if kind == "a folder":
            path.mkdir(parents=True, mode=0o700)
        else:  # whoever runs the tests may be root, whom no mode stops

            async def refused() -> None:
                raise PermissionError(13, "Permission denied")

            monkeypatch.setattr(here.store.journal, "entries", refused)
        await journal(here)
        await here.until(lambda: "the journal cannot be read: " in notices(here))
        assert ("is not a regular file" if kind == "a folder" else "Permission denied") in notices(here)
        assert here.app.screen is here.app.console_screen
        await here.press("d")
        await here.until(lambda: here.app.screen is not here.app.console_screen)
