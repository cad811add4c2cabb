"""`ctrl+s`: the table and the screen in files of their own, for their owner only, and no secret in them."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

from rich.segment import Segment
from rich.style import Style

from gputui.core.secret import STARS, Secret
from gputui.ui.shell.saving import _drawn
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.test_copying import said
from tests.snapshot.pictures import words


async def saved(here: Console, count: int) -> dict[str, str]:
    """What lies in the dumps folder after ctrl+s, by the ending; the newest `count` files."""
    folder = here.app.dumps
    before = set(folder.iterdir()) if folder.exists() else set()
    await here.press("ctrl+s")
    await here.until(lambda: folder.exists() and len(set(folder.iterdir()) - before) == count)
    new = set(folder.iterdir()) - before
    await here.until(lambda: any(str(path) in said(here) for path in new))
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in new)
    return {path.suffix: path.read_text() for path in new}


async def test_a_list_is_saved_as_get_writes_it_and_as_it_is_seen(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"))) as here:
        await here.until(lambda: set(here.store.clouds) == set(here.store.tabs))
        await here.go("1")
        await here.press("slash", *"error", "enter")
        texts = await saved(here, 2)
        rows = list(csv.DictReader(io.StringIO(texts[".csv"])))
        shown = [here.page.rows[ref] for ref in here.page.shown_refs]
        assert [row["name"] for row in rows] == [row.name for row in shown]
        assert rows[0]["profile"] == "samsung" and rows[0]["state"] == "ERROR" and rows[0]["gpu_count"] == "8"
        assert list(rows[0])[:8] == ["profile", "provider", "view", "id", "name", "state", "health", "observed_at"]
        assert "https://" not in texts[".svg"].replace("https://www.textualize.io", "")
        assert shown[0].name in words(texts[".svg"]) and "/error" in words(texts[".svg"])
        await here.press("ctrl+u", "0")
        await here.until(lambda: here.page.view is None and here.page.total_count > 64)
        rows = list(csv.DictReader(io.StringIO((await saved(here, 2))[".csv"])))
        assert len(rows) == here.page.shown_count
        assert {row["profile"] for row in rows} == {"samsung", "nsml"}
        await here.press("d")
        await here.until(lambda: here.shows(Reader))
        assert list(await saved(here, 1)) == [".svg"]
        await here.press("q", "1")
        await here.until(lambda: here.app.screen is here.app.console_screen and here.page.view is not None)
        await here.choose("gpu-node-014")
        await here.press("X")
        await here.dialog()
        picture = words((await saved(here, 1))[".svg"])
        assert "Stop gpu-node-014" in picture
        assert isinstance(here.app.screen, Dialog)


def test_a_secret_on_the_screen_is_masked_in_its_picture() -> None:
    secret = Secret("sesame-77aa-open")
    line = [Segment(" a note with "), Segment(secret.reveal()[:6], Style(bold=True)), Segment(secret.reveal()[6:])]
    picture = words(_drawn([line, [Segment("and nothing else")]], 60))
    assert secret.reveal() not in picture
    assert f"a note with {STARS}" in picture
    assert "and nothing else" in picture
