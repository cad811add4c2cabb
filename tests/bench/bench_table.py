"""How long the table takes to bring a snapshot of many rows to the screen: run by hand, prints a table.

python -m tests.bench.bench_table [ROWS]
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from gputui.config.profiles import DEFAULT_THEME
from gputui.core.cells import EMPTY, Cell, Column, number, words
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table.live_table import LiveTable
from gputui.ui.table.state import Place
from gputui.ui.terminal.themes import textual_theme
from tests.bench.figures import Figure, cpu_figure, median
from tests.bench.figures import table as table_of
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


def differing(rows: dict[Ref, Row], after: dict[Ref, Row], places: dict[Ref, Place]) -> dict[Ref, tuple[Row, Place]]:
    """The rows that are others afterwards, each with its place, as the store hands them on."""
    return {ref: (one, places[ref]) for ref, one in after.items() if one is not rows[ref]}


async def measure(pilot: Pilot[None], name: str, world: str, act: Callable[[], None]) -> Figure:
    """The median CPU with which `act` blocks the loop, beside the time until what it causes is painted."""
    taken, blocked = [], []
    for _ in range(ROUNDS):
        await pilot.pause()
        began, cpu = time.perf_counter(), time.thread_time()
        act()
        blocked.append(1000 * (time.thread_time() - cpu))
        await pilot.pause()
        taken.append(1000 * (time.perf_counter() - began))
    beside = f"worst {max(blocked):.1f} ms; to painted {median(taken):.1f} ms"
    return Figure(name, world, median(blocked), "ms CPU", None, beside)


def sorted_by_name(count: int) -> Iterator[Figure]:
    """The loop's longest piece while so many rows are sorted by name, and while one in 100 of them changes then."""
    return iter(asyncio.run(_sorted_by_name(count)))


async def _sorted_by_name(count: int) -> list[Figure]:
    rng = random.Random(7)
    made = [row(index) for index in range(count)]
    rng.shuffle(made)
    rows, places = {one.ref: one for one in made}, {one.ref: (at,) for at, one in enumerate(made)}
    app = BenchApp()
    async with app.run_test(size=(120, 36)) as pilot:
        table = app.query_one(LiveTable)
        table.show(rows, places=places)
        await pilot.pause()
        after = differing(rows, changed(rows, rng), places)
        gc.collect()
        gc.freeze()
        with Watch().installed() as sorting:
            table.sort_by(0)
            while table._state.arranging:
                await asyncio.sleep(0.001)
        with Watch().installed() as changing:
            await asyncio.sleep(0)
            table.change(after, ())
            await pilot.pause()
    world = f"{count:,} rows"
    found = [Pieces([Piece(*piece) for piece in watch.pieces], ()).longest for watch in (sorting, changing)]
    return [
        cpu_figure("sorted by name, longest piece", world, found[0], 30),
        cpu_figure("1 % changed while sorted by name, longest piece", world, found[1], None),
    ]


async def main(count: int) -> None:
    """All cases on one table."""
    rng = random.Random(7)
    rows = {made.ref: made for made in map(row, range(count))}
    places: dict[Ref, Place] = {ref: (at,) for at, ref in enumerate(rows)}
    found: list[Figure] = []
    app = BenchApp()
    async with app.run_test(size=(120, 36)) as pilot:
        table = app.query_one(LiveTable)
        table.focus()

        async def case(name: str, act: Callable[[], None]) -> None:
            found.append(await measure(pilot, name, f"{count:,} rows", act))

        async def lists(name: str, make: Callable[[], dict[Ref, Row]]) -> None:
            made = iter([make() for _ in range(ROUNDS)])
            gc.collect()
            gc.freeze()  # as the console does: what is being made here must not be paid for below
            await case(name, lambda: table.show(next(made), places=places))

        async def changes(name: str) -> None:
            made = iter([differing(rows, changed(rows, rng), places) for _ in range(ROUNDS)])
            gc.collect()
            gc.freeze()
            await case(name, lambda: table.change(next(made), ()))

        await case("nothing", lambda: None)
        await lists("a whole list, all rows new", lambda: {new.ref: new for new in map(fresh, rows.values())})
        await lists("a whole list, nothing changed", lambda: rows)
        await changes("1 % changed")
        table.action_last()
        await changes("1 % changed, cursor on the last row")
        table.action_first()
        for column in (0, 5):
            table.sort_by(column)
            table.finish_arranging()
            await changes(f"1 % changed, sorted by column {column}")
        table.set_filter(lambda shown: "7" in shown.name)
        table.finish_arranging()
        await changes("1 % changed, sorted and filtered")
        await case("cursor down", lambda: table.action_step(1))
        await case("page down", lambda: table.action_page(1))
    print(table_of(found))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
