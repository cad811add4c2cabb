"""The measurements of the console, each a function from a world to figures."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.clouds import Clouds, World, serving
from tests.bench.console import BACK, QUIT, REFRESH, all_rows, bare_app, chosen, chosen_line, console, watched_console
from tests.bench.figures import Figure, cpu_figure, median, percentile
from tests.bench.pieces import Pieces
from tests.bench.processes import cpu_seconds, memory_mib
from tests.bench.recording import Recording

ONE_CLOUD = ("scp",)
QUIET = 0.4
NEVER = 3600
ROUND = 5.2
KEY_GAP = 0.11
STEP, QUIET_STEPS, RESTING, LONGEST = 0.4, 4, 0.05, 60.0
MOST_MOVES = 40
FIRST_ROW = r"▌ +\w"
"""What the first frame has and the outline before it has not: a row, from the second start on a cached one."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often and how long things are measured."""

    rounds: int
    window: float
    turns: int
    settle: float = 3.0

    @classmethod
    def quick(cls) -> Effort:
        """A few minutes in all."""
        return cls(rounds=3, window=12.0, turns=2)

    @classmethod
    def full(cls) -> Effort:
        """As long as it takes to be believed."""
        return cls(rounds=7, window=40.0, turns=6)


@dataclass(slots=True)
class Start:
    """Milliseconds and bytes of some starts and ends."""

    first_byte: list[float] = field(default_factory=list)
    frame: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    frame_bytes: list[float] = field(default_factory=list)
    rows_bytes: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    exit: list[float] = field(default_factory=list)


def starts(machines: int, effort: Effort) -> Iterator[Figure]:
    """First byte, first frame, all rows, bytes, memory and exit, in turns with the bare app."""
    ours, bare, alone = Start(), Start(), list[float]()
    with serving(World(machines, ONE_CLOUD)) as clouds:
        for number in range(effort.rounds + 1):
            kept = (ours, bare) if number else (Start(), Start())  # the first round only warms the disk up
            with bare_app(clouds.folder) as running:
                _started(running, kept[1], "node-0", "node-0", effort.settle)
                kept[1].exit.append(1000 * running.leave("q"))
            with console(clouds) as running:
                _started(running, kept[0], FIRST_ROW, all_rows(machines), effort.settle)
                kept[0].exit.append(1000 * running.leave(QUIT))
            alone.append(1000 * clouds.nodes(machines)[0])
    world = f"{machines:,} nodes"
    yield Figure("first byte", world, median(ours.first_byte), "ms", 25, f"bare {median(bare.first_byte):.0f} ms")
    frame = median(mine / other for mine, other in zip(ours.frame, bare.frame, strict=True))
    yield Figure("first frame", world, frame, "× bare", 1.1, f"bare {median(bare.frame):.0f} ms")
    beyond = median(mine - other for mine, other in zip(ours.rows, ours.frame, strict=True)) - median(alone)
    words = f"the cloud alone {median(alone):.0f} ms; all rows {median(ours.rows):.0f} ms after the start"
    yield Figure("all rows: after the first frame, beyond the cloud's own time", world, beyond, "ms", 500, words)
    yield Figure("exit", world, median(ours.exit), "ms", 60, f"bare {median(bare.exit):.0f} ms")
    yield Figure("start bytes, first frame", world, median(ours.frame_bytes), "bytes", 7000,
                 f"bare {median(bare.rows_bytes):,.0f}")  # fmt: skip
    yield Figure("start bytes, until all rows are there", world, median(ours.rows_bytes), "bytes", None)
    budget = 80.0 if machines <= 1200 else 80.0 + (machines - 1200) * 3 / 1024
    yield Figure("memory, peak", world, median(ours.memory), "MiB", budget, f"bare {median(bare.memory):.0f} MiB")


def _started(running: Recording, kept: Start, frame: str, rows: str, settle: float) -> None:
    shown = running.wait_for(frame)
    kept.frame_bytes.append(running.bytes_since(0) - running.bytes_since(shown + 0.05))
    ready = running.wait_for(rows, already=True)
    running.read_until_quiet(QUIET)
    kept.first_byte.append(1000 * (running.chunks[0].at - running.started))
    kept.frame.append(1000 * (shown - running.started))
    kept.rows.append(1000 * (ready - running.started))
    kept.rows_bytes.append(running.bytes_since(0))
    running.read(settle)
    kept.memory.append(memory_mib(running.pid))


# What is pressed and what it costs at most, what leads back and what that costs.
STEPS: tuple[tuple[str, str, float, str, float], ...] = (
    ("cursor move", "j", 361, "k", 361),
    ("page down", "\x06", 4000, "\x02", 4000),
    ("another view", "\t", 5000, "\x1b[Z", 5000),
    ("another tab", "0", 5000, "1", 5000),
    ("palette", ":", 12000, BACK, 5000),
    ("details", "d", 6000, BACK, 4000),
    ("menu", "a", 6000, BACK, 4000),
    ("dialog", "X", 6000, BACK, 4000),
    ("help", "?", 6000, BACK, 4000),
)


def written(machines: int, effort: Effort) -> Iterator[Figure]:
    """Bytes for what a person does, and for what the cloud does."""
    world = f"{machines:,} nodes"
    with serving(World(machines, ONE_CLOUD)) as clouds, console(clouds) as running:
        running.wait_for(all_rows(machines))
        yield Figure("nothing changed, the fleet", world, _quiet_bytes(running, effort), "bytes", 0)
        running.send("1")
        _on_a_running_node(running)
        yield Figure("nothing changed, a profile", world, _quiet_bytes(running, effort), "bytes", 0)
        yield Figure("one cell changed", world, _cell_bytes(running, clouds, machines), "bytes", 150)
        for name, keys, budget, back, budget_back in STEPS:
            there, again = list[float](), list[float]()
            for number in range(effort.turns + 1):
                pair = _pressed(running, keys), _pressed(running, back)
                if number:  # what is read or built once is not in the figure
                    there.append(pair[0])
                    again.append(pair[1])
            yield Figure(name, world, median(there), "bytes", budget)
            yield Figure(f"{name}, back", world, median(again), "bytes", budget_back)


def _on_a_running_node(running: Recording) -> None:
    """The cursor on a node that runs: it can be stopped, so there is a dialog to open."""
    running.read_until_quiet(QUIET)
    for _ in range(MOST_MOVES):
        if "RUNNING" in chosen_line(running.look()):
            return
        running.send("j")
        running.read(KEY_GAP)
    raise AssertionError(f"no running node within {MOST_MOVES} rows:\n{running.text}")


def _quiet_bytes(running: Recording, effort: Effort) -> float:
    running.read(effort.settle)
    since = time.monotonic()
    running.read(effort.window)
    return running.bytes_since(since)


def _cell_bytes(running: Recording, clouds: Clouds, machines: int) -> float:
    """From the change until it has been seen and its highlight is over; half of a change and its way back."""
    rows = json.loads(clouds.nodes(machines)[1])["gpu_nodes"]
    node = next(row for row in rows if row["gpu_node_name"] == "gpu-node-005")
    since = time.monotonic()
    for locked in (True, False):
        clouds.set_lock(node["id"], locked=locked)
        running.read(REFRESH * 2)
    return running.bytes_since(since) / 2


def _pressed(running: Recording, keys: str) -> float:
    running.read(0.6)
    at = running.send(keys)
    running.read_until_quiet(QUIET)
    return running.bytes_since(at)


def at_rest(world: World, effort: Effort, budget: float | None, words: str) -> Iterator[Figure]:
    """CPU of a console that nobody touches."""
    with serving(world) as clouds, console(clouds) as running:
        running.wait_for("gputui")
        running.read((3 if world.only else 10) * effort.settle)  # what the seed has under way in four clouds ends first
        cpu, since = cpu_seconds(running.pid), time.monotonic()
        running.read(effort.window)
        used = cpu_seconds(running.pid) - cpu
        share = 100 * used / (time.monotonic() - since)
        where = "five clouds" if not world.only else "one cloud"
        yield Figure(f"CPU at rest, {words}", f"{world.machines:,} nodes, {where}", share, "% of a core", budget)


def refreshes(machines: int, changed: float, effort: Effort, budget: float) -> Iterator[Figure]:
    """CPU of one refresh that somebody asks for, from the key until the console rests again."""
    with serving(World(machines, ONE_CLOUD, changed=changed)) as clouds, console(clouds, refresh=NEVER) as running:
        running.wait_for(all_rows(machines))
        running.send("1")
        _cpu_until_rest(running)
        resting = _cpu_during(running, ROUND) / ROUND
        taken: list[float] = []
        for number in range(effort.turns + 1):
            running.send("r")
            used, seconds = _cpu_until_rest(running)
            running.read(ROUND - seconds)  # so that the next part of the nodes has changed
            if number:
                taken.append(used - resting * seconds)
        body = clouds.nodes(machines)[1]
    used, parsing = 1000 * median(taken), 1000 * median(_parsing(body) for _ in range(5))
    words = f"{changed:g} % changed" if changed else "nothing changed"
    beside = f"json.loads of the same {len(body) / 1e6:.1f} MB: {parsing:.0f} ms, {used / parsing:.1f} ×"
    yield Figure(f"CPU of one refresh, {words}", f"{machines:,} nodes", used, "ms", budget, beside)


def _cpu_until_rest(running: Recording) -> tuple[float, float]:
    """CPU and seconds until the process has done next to nothing for a while; the while is in both."""
    before, begun, quiet = cpu_seconds(running.pid), time.monotonic(), 0
    while quiet < QUIET_STEPS and time.monotonic() - begun < LONGEST:
        quiet = quiet + 1 if _cpu_during(running, STEP) < STEP * RESTING else 0
    return cpu_seconds(running.pid) - before, time.monotonic() - begun


def _cpu_during(running: Recording, seconds: float) -> float:
    before = cpu_seconds(running.pid)
    running.read(seconds)
    return cpu_seconds(running.pid) - before


def _parsing(body: bytes) -> float:
    before = time.process_time()
    json.loads(body)
    return time.process_time() - before


def pieces(world: World, effort: Effort, budget: float, note: Callable[[str], None]) -> Iterator[Figure]:
    """The longest pieces on the loop, and the collector's longest pause, at the start and afterwards."""
    with tempfile.TemporaryDirectory(prefix="gputui-bench-") as folder, serving(world) as clouds:
        report = Path(folder) / "report.json"
        with watched_console(clouds, report, stacks=True) as running:
            running.wait_for("gputui")
            running.read(3 * effort.settle)
            since = time.monotonic()
            running.read(effort.window)
            running.send("1")
            running.read(effort.window)
            until = time.monotonic()
            running.leave(QUIT)
        found = Pieces.read(report)
    later, start = found.within(since, until), found.within(0, since)
    where = f"{world.machines:,} nodes, {'five clouds' if not world.only else 'one cloud'}, 1 % changed"
    yield cpu_figure("longest piece on the loop, running", where, later.longest, budget)
    yield cpu_figure("longest piece on the loop, start", where, start.longest, None)
    yield cpu_figure("collector, longest pause, running", where, later.longest_pause, budget)
    yield cpu_figure("collector, longest pause, start", where, start.longest_pause, None)
    note(f"## {where}, running\n\n" + "\n".join(later.findings(0.03)))
    note(f"## {where}, start\n\n" + "\n".join(start.findings(0.03)))


def keys(machines: int, effort: Effort) -> Iterator[Figure]:
    """From a key to the frame in which the cursor is on another row, while rows are read and change.

    Beside it the bare app, whose table of thirty rows nothing changes: its first byte after a key is the cursor.
    """
    with serving(World(machines, ONE_CLOUD, changed=1)) as clouds:
        with bare_app(clouds.folder) as running:
            running.wait_for("node-0")
            pressed = _moved(running, effort)
            bare = [min((chunk.at for chunk in running.chunks if chunk.at > at), default=at) - at for at in pressed]
        with console(clouds) as running:
            running.wait_for(all_rows(machines))
            running.send("1")
            running.read(effort.settle)
            pressed = _moved(running, effort)
            taken = delays(running.replay(), pressed)
    world = f"{machines:,} nodes, 1 % changed"
    beside = f"bare app, 30 rows {1000 * median(bare):.1f}"
    yield Figure("key → paint, median", world, 1000 * median(taken), "ms", 4, beside)
    beside = f"bare app, 30 rows {1000 * percentile(bare, 95):.1f}; longest of {len(taken)} {1000 * max(taken):.0f}"
    yield Figure("key → paint, 95th percentile", world, 1000 * percentile(taken, 95), "ms", 20, beside)


def _moved(running: Recording, effort: Effort) -> list[float]:
    """The cursor down and up again and again; gives when each key was pressed."""
    pressed: list[float] = []
    for number in range(2 * effort.turns):
        for _ in range(20):
            pressed.append(running.send(("\x1b[B", "\x1b[A")[number % 2]))
            running.read(KEY_GAP)
    running.read(1.0)
    return pressed


def delays(shown: Iterator[tuple[float, str]], pressed: list[float]) -> list[float]:
    """Seconds from each key to the screen that shows it: that on which the cursor is on another row than before."""
    taken: list[float] = []
    waiting: list[float] = []
    coming, row = list(pressed), ""
    for at, screen in shown:
        while coming and coming[0] <= at:
            waiting.append(coming.pop(0))
        now = chosen(screen)
        if waiting and now != row:
            taken += [at - key for key in waiting]
            waiting = []
        row = now
    return taken
