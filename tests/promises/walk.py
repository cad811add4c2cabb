"""The random walk: seeded input into the real console for minutes, and whatever a console must never do, noticed.

`python -m tests.promises.walk --seed N --minutes M` walks, `--replay FILE` takes the steps of a walk that failed once
more, `--shrink` with it looks for the few of them that matter. Exit code 1: something was found.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.heard import hear_signals
from tests.promises.inputs import KINDS, Step, steps
from tests.promises.walker import HANG_SECONDS, LAST, Walk


def walk(inputs: Iterable[Step], seconds: float, *, hang: float = HANG_SECONDS, most: int = sys.maxsize) -> Walk:
    """Take these steps for so long, in a folder of its own that goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="walk-"))
    try:
        taken = Walk(folder, hang=hang)
        taken.take(inputs, time.monotonic() + seconds, most)
        return taken
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def shrunk(inputs: Sequence[Step], kind: str) -> Sequence[Step]:
    """Fewer of these steps after which a finding of that kind is still made: parts are left out while that goes."""
    best, part = list(inputs), max(1, len(inputs) // 2)
    while part:
        for at in range(len(best) - part, -1, -part):
            fewer = best[:at] + best[at + part :]
            if any(finding.kind == kind for finding in walk(fewer, 3600, most=1).report.findings):
                best = fewer
                print(f"{len(best)} steps", file=sys.stderr, flush=True)
        part //= 2
    return best


def written(inputs: Iterable[Step], path: Path) -> Path:
    """Steps as a file of lines."""
    path.write_text("".join(f"{json.dumps(step.plain())}\n" for step in inputs))
    return path


def read(path: Path) -> Iterator[Step]:
    """The steps of such a file."""
    return (Step(*json.loads(line)) for line in path.read_text().splitlines())


def main(argv: Sequence[str] | None = None) -> int:
    """Walk, replay or shrink."""
    parser = argparse.ArgumentParser("tests.promises.walk", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--without", default="", help=f"kinds of input to leave out: {','.join(KINDS)}")
    parser.add_argument("--unpressed", default="", help="keys to leave out")
    parser.add_argument("--most", type=int, default=sys.maxsize, help="findings after which to stop")
    parser.add_argument("--replay", type=Path, help="a file of steps")
    parser.add_argument("--shrink", action="store_true", help="with --replay: to fewer steps")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()), help="where steps are written")
    asked = parser.parse_args(argv)
    hear_signals()
    inputs = read(asked.replay) if asked.replay else steps(asked.seed, asked.without.split(","), asked.unpressed)
    taken = walk(inputs, 60 * asked.minutes, most=asked.most)
    print(f"seed {asked.seed}: {taken.report}")
    if not taken.report.findings:
        return 0
    print(f"\nthe last {LAST} inputs:", *(step.plain() for step in taken.last), sep="\n  ")
    path = written(taken.taken, asked.out / f"walk-{asked.seed}.jsonl")
    if asked.shrink:
        path = written(shrunk(taken.taken, taken.report.findings[0].kind), asked.out / f"walk-{asked.seed}-short.jsonl")
    print(f"\nagain: python -m tests.promises.walk --replay {path}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
