"""Promise 4: a change that a cloud took back is a warning, told at once and there until it has been looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from gputui.core.rows import Ref
from gputui.ui.inspect.history import show_operations
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console


def words(reader: Reader) -> str:
    return " ".join(" ".join(text for line in reader.pages.lines for text, _ in line).split())


async def taken_back(here: Console) -> Ref:
    """Stop a node; the cloud begins, and then has it run on."""
    await here.go("1")
    row = next(row for row in here.page.rows.values() if row.state == "RUNNING")
    ref = await here.choose(row.name)
    await here.press("X")
    await here.dialog()
    await here.press("y")
    await here.until(lambda: (one := here.store.operations.of(ref)) is not None and one.began)
    scp = here.clouds.world["scp"]  # type: ignore[union-attr]
    scp.enter(scp.nodes[ref.id], "RUNNING")  # type: ignore[attr-defined]
    await here.until(lambda: here.store.operations.warnings, 20)
    return ref


@pytest.mark.parametrize("seen_by", ["d", ":ops"])
async def test_it_is_told_marked_counted_and_first_until_it_is_looked_at(tmp_path: Path, seen_by: str) -> None:
    async with console(tmp_path, Wish(only=("scp",), notices=True)) as here:
        ref = await taken_back(here)
        await here.until(lambda: "rolled back, RUNNING" in here.page.rows[ref].cells[2].text)
        told = [notice for notice in here.app._notifications if "rolled back by the cloud" in notice.message]
        assert [notice.severity for notice in told] == ["error"]
        await here.until(lambda: "✖ 1 failed: :ops" in here.bar("views"))
        await here.press("tab", "0")
        await here.until(lambda: next(iter(here.page.rows), None) == ref)
        assert "✖ 1 failed: :ops" in here.bar("views")
        if seen_by == "d":
            assert here.page.choose(ref)
            await here.press("d")
        else:
            show_operations(here.app)
        await here.until(lambda: here.shows(Reader))
        assert isinstance(here.app.screen, Reader)
        reader = here.app.screen
        await here.until(lambda: "then rolled back by the cloud" in words(reader))
        await here.press("escape")
        await here.until(lambda: "failed" not in here.bar("views"))
        await here.until(lambda: "rolled back" not in here.page.rows[ref].cells[2].text)
