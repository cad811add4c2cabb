"""Measures gputui and prints the table of its budgets: python -m tests.bench [--quick] [--only PART]… [--write].

The console runs on a pty of 120×36 over embedded clouds in a process of their own, in turns with the framework alone.
Beside it: `python -m tests.bench.bench_table`, `bench_net`, `bench_sessions` and `bench_fan_out`, each for one thing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import measures
from tests.bench.bench_table import sorted_by_name
from tests.bench.clouds import World
from tests.bench.figures import Figure, facts, table
from tests.bench.measures import ONE_CLOUD, Effort

RESULTS = Path(__file__).with_name("RESULTS.md")
SIZES = (200, 1200, 10_000, 20_000)
MIDDLE, LARGE, HUGE = 1200, 10_000, 50_000
Note = Callable[[str], None]


def start(effort: Effort, sizes: list[int], note: Note) -> Iterator[Figure]:
    """Starts at all sizes, and what a row costs in memory."""
    peaks: dict[int, float] = {}
    for size in sizes:
        for figure in measures.starts(size, effort):
            if figure.name.startswith("memory"):
                peaks[size] = figure.value
            yield figure
    if len(peaks) > 1:
        least, most = min(peaks), max(peaks)
        each = 1024 * (peaks[most] - peaks[least]) / (most - least)
        yield Figure("memory, each row beyond", f"{least:,} to {most:,} nodes", each, "kB", 3)


def written(effort: Effort, sizes: list[int], note: Note) -> Iterator[Figure]:
    """Bytes, which do not depend on the size: where nodes that run stand on the first screen."""
    yield from measures.written(SIZES[0], effort)


def rest(effort: Effort, sizes: list[int], note: Note) -> Iterator[Figure]:
    """CPU while nobody touches anything."""
    middle, large = min(MIDDLE, max(sizes)), min(LARGE, max(sizes))
    yield from measures.at_rest(World(middle), effort, 1.5, "quiet")
    yield from measures.at_rest(World(middle, ONE_CLOUD), effort, 1.5, "quiet")
    yield from measures.at_rest(World(middle, changing=5), effort, 3, "5 % changing")
    yield from measures.at_rest(World(middle, ONE_CLOUD, changing=5), effort, 3, "5 % changing")
    yield from measures.at_rest(World(large, ONE_CLOUD), effort, 5, "quiet")


def refresh(effort: Effort, sizes: list[int], note: Note) -> Iterator[Figure]:
    """CPU of one reading."""
    large = min(LARGE, max(sizes))
    yield from measures.refreshes(large, 0, effort, 120)
    yield from measures.refreshes(large, 1, effort, 250)


def loop(effort: Effort, sizes: list[int], note: Note) -> Iterator[Figure]:
    """What holds the loop."""
    middle, large = min(MIDDLE, max(sizes)), min(LARGE, max(sizes))
    yield from measures.pieces(World(middle, changed=1), effort, 16, note)
    yield from measures.pieces(World(large, ONE_CLOUD, changed=1), effort, 30, note)


def keys(effort: Effort, sizes: list[int], note: Note) -> Iterator[Figure]:
    """How soon a key is seen."""
    yield from measures.keys(min(LARGE, max(sizes)), effort)


def rows(effort: Effort, sizes: list[int], note: Note) -> Iterator[Figure]:
    """The table alone, in this process."""
    count = HUGE if max(sizes) >= LARGE else max(sizes)
    yield from sorted_by_name(count)


PARTS = {part.__name__: part for part in (start, written, rest, refresh, loop, keys, rows)}


def main(words: list[str]) -> int:
    """Measure, print each figure as it is there, and the whole table at the end."""
    options = _parser().parse_args(words)
    effort = Effort.quick() if options.quick else Effort.full()
    sizes = options.sizes or list(SIZES[:3] if options.quick else SIZES)
    found: list[Figure] = []
    findings: list[str] = []
    for name in options.only or PARTS:
        for figure in PARTS[name](effort, sizes, findings.append):
            found.append(figure)
            print(" · ".join(filter(None, figure.cells)), file=sys.stderr, flush=True)
    text = f"# What gputui costs\n\n{facts()}\n\n{table(found)}\n"
    print(text)
    if options.write:
        RESULTS.write_text(text)
    if options.findings:
        options.findings.write_text("\n".join([facts(), *findings]))
    return 0 if all(figure.holds is not False for figure in found) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and sizes: some minutes")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=f"{', '.join(PARTS)}")
    parser.add_argument("--sizes", type=int, nargs="+", metavar="N", help=f"nodes ({SIZES})")
    parser.add_argument("--write", action="store_true", help=f"keep the table in {RESULTS.name}")
    parser.add_argument("--findings", type=Path, metavar="FILE", help="where the long pieces of the loop were")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
