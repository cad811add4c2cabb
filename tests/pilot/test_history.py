"""What a console sees is in history: also for another console, later."""

from __future__ import annotations

import json
from pathlib import Path

from gputui.core.rows import Ref
from gputui.engine.history.records import ObservedChange, Span, What
from tests.pilot.consoles import Console, Wish, console

WISH = Wish(only=("scp",), general={"history_days": 30})


async def told(here: Console, span: Span, what: What) -> list[ObservedChange]:
    """The changes of that kind, once there are any."""
    found: list[ObservedChange] = []

    async def look() -> bool:
        found[:] = [change for change in await here.store.history.changes(span) if change.what is what]
        return bool(found)

    for _ in range(200):
        if await look():
            return found
        await here.pilot.pause(0.05)
    raise AssertionError("nothing was told")


async def test_a_change_and_an_operation_are_remembered_by_the_next_console(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        await here.go("1")
        assert here.clouds is not None
        node = next(node for node in here.clouds.world["scp"].nodes.values() if node.state == "RUNNING")  # type: ignore[attr-defined]
        await here.until(lambda: node.name in here.rows())
        node.state = "ERROR"
        ref = here.rows()[node.name].ref
        [change] = await told(here, Span(0, ref=ref), What.STATE)
        assert (change.before, change.after, change.health_before.word, change.health.word) == (
            "RUNNING",
            "ERROR",
            "ok",
            "bad",
        )
        stopped = next(row for row in here.rows().values() if row.state == "STOPPED")
        await here.choose(stopped.name)
        await here.press("S")
        await here.dialog()
        await here.press("y")
        found = await told(here, Span(0, ref=stopped.ref), What.OPERATION)
        assert {one.before for one in found} == {"Start"}
        entries = [json.loads(line) for line in (tmp_path / "state" / "audit.jsonl").read_text().splitlines()]
        assert found[-1].key == entries[0]["id"]
    async with console(tmp_path, WISH) as later:
        assert [one for one in await told(later, Span(0, ref=Ref(*ref)), What.STATE) if one.after == "ERROR"]
        assert len(await later.store.history.watched(Span(0))) == 1  # both consoles together


async def test_history_days_0_keeps_none(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        assert here.store.history.trouble == "no history is kept"
    assert not list((tmp_path / "state").glob("history*"))
