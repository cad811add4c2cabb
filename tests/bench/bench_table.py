"""How long the table takes to bring a snapshot of many rows to the screen: run by hand, prints one line a case.

python -m tests.bench.bench_table [ROWS]
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from gputui.config.profiles import DEFAULT_THEME
from gputui.core.cells import EMPTY, Cell, Column, number, words
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table.live_table import LiveTable
from gputui.ui.terminal.themes import textual_theme
from tests.bench.pieces import Piece, Pieces
from tests.bench.watched import Watch
from tests.pilot.table_app import shipped_theme

COLUMNS = [Column[object](f"COLUMN{index}", lambda _: EMPTY) for index in range(10)]
ROUNDS = 15


class BenchApp(App[None]):
    """Nothing but the table."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(textual_theme(shipped_theme()))
        self.theme = DEFAULT_THEME

    def compose(self) -> ComposeResult:
        yield LiveTable(COLUMNS, now=time.time)


def row(index: int) -> Row:
    texts = [words(f"node-{index:06d}"), words(("H100", "A100")[index % 2]), words(f"10.0.{index >> 8}.{index & 255}")]
    numbers = [number((index * 37 + column) % 1000) for column in range(7)]
    return Row(Ref("bench", "nodes", f"id-{index:08d}"), f"node-{index}", "RUNNING", Health.OK, (*texts, *numbers))


def fresh(known: Row) -> Row:
    """An equal row of new objects, as reading it again gives."""
    cells = tuple(Cell(cell.text[:1] + cell.text[1:], cell.value, cell.tone) for cell in known.cells)
    return replace(known, ref=Ref(known.ref.profile, known.ref.view, known.ref.id[:1] + known.ref.id[1:]), cells=cells)


def changed(rows: dict[Ref, Row], rng: random.Random) -> dict[Ref, Row]:
    """One row in a hundred with other numbers, the rest the same objects."""
    after = dict(rows)
    for ref in rng.sample(list(rows), max(1, len(rows) // 100)):
        cells = (*rows[ref].cells[:5], number(rng.randrange(1000)), *rows[ref].cells[6:])
        after[ref] = replace(rows[ref], cells=cells)
    return after


async def measure(pilot: Pilot[None], name: str, act: Callable[[], None]) -> None:
    """The median time of `act` with the painting it causes."""
    taken, blocked = [], []
    for _ in range(ROUNDS):
        await pilot.pause()
        began = time.perf_counter()
        act()
        blocked.append(time.perf_counter() - began)
        await pilot.pause()
        taken.append(time.perf_counter() - began)
    loop = [value * 1000 for value in blocked]
    print(
        f"{name:36} blocks {statistics.median(loop):7.2f} ms (worst {max(loop):7.2f})"
        f"   to painted {statistics.median(taken) * 1000:7.2f} ms"
    )


def sorted_by_name(count: int) -> tuple[float, float]:
    """The loop's longest piece while so many rows are sorted by name and one in 100 changes: CPU and all, in ms."""
    return asyncio.run(_sorted_by_name(count))


async def _sorted_by_name(count: int) -> tuple[float, float]:
    rng = random.Random(7)
    rows = {made.ref: made for made in map(row, range(count))}
    app = BenchApp()
    async with app.run_test(size=(120, 36)) as pilot:
        table = app.query_one(LiveTable)
        table.show(rows)
        await pilot.pause()
        after = changed(rows, rng)
        gc.collect()
        gc.freeze()
        with Watch().installed() as watch:
            table.sort_by(0)
            await pilot.pause()
            table.show(after)
            await pilot.pause()
    return Pieces([Piece(*piece) for piece in watch.pieces], ()).longest


async def main(count: int) -> None:
    """All cases on one table."""
    rng = random.Random(7)
    rows = {made.ref: made for made in map(row, range(count))}
    app = BenchApp()
    async with app.run_test(size=(120, 36)) as pilot:
        table = app.query_one(LiveTable)
        table.focus()

        async def snapshots(name: str, make: Callable[[], dict[Ref, Row]]) -> None:
            made = iter([make() for _ in range(ROUNDS)])
            gc.collect()
            gc.freeze()  # as the console does: what is being made here must not be paid for below
            await measure(pilot, name, lambda: table.show(next(made)))

        def all_fresh() -> dict[Ref, Row]:
            return {new.ref: new for new in map(fresh, changed(rows, rng).values())}

        await measure(pilot, "nothing", lambda: None)
        await snapshots("all rows new", lambda: {new.ref: new for new in map(fresh, rows.values())})
        table.show(rows)
        await snapshots("nothing changed", lambda: rows)
        await snapshots("1 % changed, the rest reused", lambda: changed(rows, rng))
        await snapshots("1 % changed, all fresh", all_fresh)
        table.action_last()
        await snapshots("all fresh, cursor on the last row", all_fresh)
        await snapshots("a row leaves", lambda: dict(list(rows.items())[: -rng.randrange(1, 50)]))
        table.action_first()
        for column in (0, 5):
            table.sort_by(column)
            await snapshots(f"1 % changed, sorted by column {column}", lambda: changed(rows, rng))
        await snapshots("all fresh, sorted by column 5", all_fresh)
        table.set_filter(lambda shown: "7" in shown.name)
        await snapshots("1 % changed, sorted and filtered", lambda: changed(rows, rng))
        await measure(pilot, "cursor down", lambda: table.action_step(1))
        await measure(pilot, "page down", lambda: table.action_page(1))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
