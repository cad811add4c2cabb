"""A question about all nodes in every window: whom it is about, what it interrupts and the way out are in sight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gputui.core.rows import Row
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.every_hand import Hand
from tests.pilot.table_app import screen_lines

SIZES = [(40, 10), (60, 15), (80, 24), (200, 50)]


def shown(here: Console) -> str:
    """The screen as one line, without frames, so that a text may be wrapped anywhere."""
    lines = (line.strip().strip("┃│").strip() for line in screen_lines(here.app))
    return " ".join(" ".join(line for line in lines if line).split())


async def test_in_every_window_all_that_matters_is_in_sight(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        running = [row for row in here.page.rows.values() if row.state == "RUNNING"]
        for rows in (running[:1], running[:5], running[:50]):
            here.page.set_marks(row.ref for row in rows)
            await hand.press("X")
            dialog = await here.dialog()
            for size in SIZES:
                await here.pilot.resize_terminal(*size)
                await here.pilot.pause()
                all_is_there(shown(here), rows)
                cancel = dialog.query_one("#cancel")
                assert dialog.focused is cancel and dialog.region.contains_region(cancel.region)
            await hand.back()
            await here.until(lambda: not here.page.asking)


def all_is_there(told: str, rows: Sequence[Row]) -> None:
    name, count = rows[0].name, len(rows)
    assert f"Stop {name if count == 1 else f'{count} marked rows'} in samsung?" in told
    assert (name if count == 1 else "gpu-node-[0") in told
    assert "Powers the node off: whatever runs on it ends now" in told
    assert ("y stop" if count == 1 else f"Type {count} ") in told
    assert "Cancel" in told
    assert "read on" in told or "POST /v1/gpu-nodes/stop" in told
