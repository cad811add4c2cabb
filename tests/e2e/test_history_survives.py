"""History under writers that are killed at random, and on a disk that takes no more."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from gputui.engine.history.database import opened_to_read, opened_to_write
from gputui.engine.history.reading import changes
from gputui.engine.history.records import Span

WRITERS, KILLS = 4, 8
WRITER = """
import sys, time
from pathlib import Path
from gputui.engine.history.records import Facts, ListReading
from gputui.engine.history.sqlite import SqliteHistory

history = SqliteHistory(Path(sys.argv[1]), time.time)
before = {}
for number in range(1_000_000):
    at = time.time()
    state = str(int(at * 20))  # what every writer reads at that moment
    rows = [Facts(str(machine), f"node-{machine}", state, "ok") for machine in range(5)]
    history.note(ListReading("p", "nodes", at, 5.0, rows, all_of_it=not number))
    time.sleep(0.01)
    if number == 30:
        print("writing", flush=True)
"""
FULL = """
import resource, signal, sys, time
from pathlib import Path
from gputui.engine.history import sqlite
from gputui.engine.history.records import Facts, ListReading

sqlite.AGAIN_SECONDS = 0.05
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
history = sqlite.SqliteHistory(Path(sys.argv[1]), time.time)

def note(state):
    rows = [Facts(str(number), f"node-{number}", state, "ok") for number in range(1000)]
    history.note(ListReading("p", "nodes", time.time(), 5.0, rows))

def until(true):
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, history.trouble
        time.sleep(0.01)

note("RUNNING")
until(lambda: not history._waiting)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
for turn in range(50):
    note(f"S{turn}")
until(lambda: history.trouble)
print(history.trouble, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
until(lambda: not history.trouble and not history._waiting)
history.aclose()
"""


def _started(program: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)


def _sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_writers_killed_at_random_lose_nothing_but_their_last_second(tmp_path: Path) -> None:
    path, chance = tmp_path / "state" / "history.db", random.Random(7)
    opened_to_write(path)[0].close()
    begun = time.time()
    running = [_started(WRITER, path) for _ in range(WRITERS)]
    killed = begun
    try:
        for _ in range(KILLS):
            victim = running.pop(chance.randrange(len(running)))
            assert victim.stdout is not None
            assert victim.stdout.readline() == "writing\n"
            victim.kill()
            victim.wait()
            killed = time.time()
            running.append(_started(WRITER, path))
    finally:
        for one in running:
            one.kill()
            one.wait()
            assert one.stdout is not None
            one.stdout.close()
    _sound(path)
    with closing(opened_to_read(path)) as database:
        found = list(reversed(changes(database, Span(0, most=1_000_000))))
    by_machine: dict[str, list[tuple[str, str]]] = {}
    for change in found:
        by_machine.setdefault(change.ref.id, []).append((change.before, change.after))
    assert len(by_machine) == 5
    for told in by_machine.values():
        assert all(earlier[1] == later[0] for earlier, later in pairwise(told))
    assert found[-1].at > killed - 2.5
    assert not list(path.parent.glob("*.corrupt-*"))


def test_a_full_disk_costs_history_until_there_is_room_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history.db"
    with _started(FULL, path) as running:
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert str(path) in said
    _sound(path)
    with closing(opened_to_read(path)) as database:
        assert changes(database, Span(0, most=1))[0].after == "S49"
