"""Promise 6 before the first reading: rows of an earlier console say how old they are, and none looks fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.promises.second_console import first_console, second_console, toy
from tests.promises.seen import screen_text
from tests.promises.toy_console import ToyConsole


def tones(here: ToyConsole) -> set[str]:
    return {cell.tone for row in here.page.rows.values() for cell in (*row.own, row.cells[1])}


@pytest.mark.parametrize("connects", [True, False])
async def test_the_rows_of_an_earlier_console_are_there_before_any_answer(tmp_path: Path, connects: bool) -> None:
    later = await first_console(tmp_path)
    async with second_console(tmp_path, toy(), later, connects=connects) as here:
        assert {row.name: row.cells[1].text for row in here.page.rows.values()} == {
            "toy-a1": "✖ bad",
            "toy-a2": "? stale",
            "toy-a3": "? stale",
            "toy-a4": "? stale",
        }
        assert tones(here) == {"dim"}
        assert "as of 3m ago" in here.bar("banner")
        assert "live" not in screen_text(here.app)
