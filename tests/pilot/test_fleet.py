"""The fleet: what is ill, why and since when, before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from gputui.core.cells import AT_LEAST, moment
from gputui.core.rows import Ref
from gputui.engine.fleet import FLEET_COLUMNS
from gputui.engine.history.history import NoHistory
from gputui.engine.history.records import MachinePast, Remembered
from gputui.engine.journal import Journal
from gputui.engine.store import Store, Tab
from tests.clocks import ManualClock, until
from tests.promises.toy_console import TOY, VIEW, toy_console
from tests.toy import PROVIDER, Machine, ToyClient

WHY = "exit code 137: killed (SIGKILL): out of memory likely"
SINCE = next(at for at, column in enumerate(FLEET_COLUMNS) if column.id == "since")
ILL = replace(TOY, views=(replace(VIEW, reasons=lambda one: (WHY,) if one.state == "ERROR" else ()),))


async def test_what_fell_last_comes_first_and_says_why_and_since_when(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=ILL, size=(80, 24)) as here:
        await here.read()
        for toy, machine in (("a", "a2"), ("b", "b5"), ("a", "a4")):
            here.toys[toy].set(machine, "ERROR")
            here.time.advance(30.0)
            await here.read()
            await here.until(lambda machine=machine: here.page.shown_refs[0].id == machine)
        assert [ref.id for ref in here.page.shown_refs[:4]] == ["a4", "b5", "a2", "a0"]
        await here.pilot.pause()
        drawn = ["".join(piece.text for piece in line.pieces) for line in here.page._standing]
        lines = [line for line in drawn if "bad" in line]
        assert "out of memory likely" in lines[0]
        assert ["30s" in line for line in lines] == [False, True, False]
        assert all(name in line for name, line in zip(("a-4", "b-5", "a-2"), lines, strict=True))


class Past(NoHistory):
    """A history that remembers one machine."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def remembered(self, profile: str, view: str) -> Mapping[str, Remembered]:
        self.asked.append((profile, view))
        return {"a2": Remembered("ERROR", "bad", 900_000.0, MachinePast(health_since=900_000.0), 950_000.0)}


async def test_since_when_comes_from_history_asked_once_for_each_list(tmp_path: Path) -> None:
    time, past = ManualClock(), Past()
    store = Store(
        [Tab("a", "toy")], journal=Journal(tmp_path / "audit.jsonl", "tester", time.now), clock=time, rng=Random(1)
    )
    store.remember(past)
    toy = ToyClient({f"a{n}": Machine(f"a{n}", f"a-{n}", "ERROR") for n in range(4)})
    store.connect("a", PROVIDER, toy)
    shown = store.fleet.rows
    try:
        ref = Ref("a", "nodes", "a2")
        await until(lambda: ref in shown and shown[ref].cells[SINCE] == moment(datetime.fromtimestamp(900_000.0, UTC)))
        assert store.fleet.order.refs[0] == ref, "what is known to have fallen comes before what always was so"
        assert shown[Ref("a", "nodes", "a1")].cells[SINCE].text == AT_LEAST
        reads = toy.reads
        store.clouds["a"].refresh()
        await until(lambda: toy.reads > reads)
        assert past.asked == [("a", "nodes")]
    finally:
        await store.aclose()
