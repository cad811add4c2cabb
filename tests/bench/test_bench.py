"""The bench runs at all: on a small world, as short as can be, and nothing in it is held against a clock."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.clouds import World
from tests.bench.console import all_rows, chosen, chosen_line
from tests.bench.figures import Figure, facts, percentile, table
from tests.bench.measures import Effort, delays, pieces
from tests.bench.pieces import Pause, Piece, Pieces
from tests.bench.recording import Recording

SHORTEST = Effort(rounds=1, window=0.2, turns=1, settle=0.1)
SCREEN = " gputui\n   NAME      STATE\n   node-1    OK\n ▌ node-2    RUNNING  8\n"


def test_a_watched_console_is_started_measured_and_left() -> None:
    notes: list[str] = []
    found = list(pieces(World(0, ("scp",)), SHORTEST, 16, notes.append))
    assert [figure.name.split(",")[0] for figure in found] == [
        "longest piece on the loop",
        "longest piece on the loop",
        "collector",
        "collector",
    ]
    assert found[1].value > 0
    assert len(notes) == 2


def test_what_a_program_writes_is_recorded_with_its_time_and_questions_are_answered(tmp_path: Path) -> None:
    ask = (
        "import sys, tty; tty.setraw(0); print(end='ready \\x1b[?2026$p', flush=True);"
        " print(sys.stdin.read(11)[3:], end='', flush=True); sys.stdin.read(1)"
    )
    with Recording([sys.executable, "-c", ask], {}) as running:
        assert running.started < running.wait_for("ready") <= running.wait_for("026;2")
        assert running.leave("q") >= 0
    assert running.ended
    assert running.bytes_since(0) == sum(len(chunk.data) for chunk in running.chunks)


def test_a_key_is_seen_once_the_cursor_is_elsewhere_however_many_were_waiting() -> None:
    moved = SCREEN.replace("   node-1", " ▌ node-1").replace(" ▌ node-2", "   node-2")
    shown = [(0.0, SCREEN), (1.2, SCREEN), (1.5, moved), (2.5, moved), (3.25, SCREEN)]
    assert delays(iter(shown), [1.0, 1.25, 3.0]) == [0.5, 0.25, 0.25]


def test_the_cursor_and_the_count_are_found_on_the_screen() -> None:
    import re

    assert (chosen(SCREEN), chosen("")) == ("node-2", "")
    assert "RUNNING" in chosen_line(SCREEN)
    assert re.search(all_rows(10_000), "10000 live")
    assert re.search(all_rows(10_000), "Nodes 10,000 · 10,000 live")
    assert not re.search(all_rows(10_000), "110000 live")


def test_a_figure_says_whether_its_budget_holds() -> None:
    figures = [Figure("exit", "200 nodes", 61, "ms", 60, "bare 200 ms"), Figure("bytes", "", 1234.4, "bytes")]
    lines = table(figures).splitlines()
    assert lines[2] == "| exit | 200 nodes | 61 ms | ≤ 60 | **no** | bare 200 ms |"
    assert lines[3] == "| bytes |  | 1,234 bytes |  |  |  |"
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0
    assert "commit" in facts()


def test_pieces_of_a_time_and_where_they_were() -> None:
    first, second = Piece(1.0, 0.02, 0.01, "early", ["a"]), Piece(2.0, 0.05, 0.04, "late", ["b", "c", "b"])
    found = Pieces([first, second], [Pause(1.5, 0.003, 0.002)])
    assert found.within(1.5, 3).longest == (40, 50)
    assert found.within(0, 1.6).longest == (10, 20)
    assert found.longest_pause == (2, 3)
    assert list(found.findings(0.02)) == ["40 ms CPU (50 ms) in late\n    2 × b\n    1 × c\n"]
