"""The journal's own thread and the ids of its entries: nothing is lost at the end, nothing is called alike."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import datetime
from pathlib import Path

import pytest

from gputui.core.problem import Cause, Problem
from gputui.core.request import Outcome, Request, SendStatus
from gputui.engine import journal as module
from gputui.engine.journal import Intention, Journal
from tests.clocks import until

INTENTION = Intention("p", "nodes", "stop", (), Request("POST", "/stop"))


async def test_leaving_waits_for_the_line_that_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, written = threading.Event(), list[bytes]()

    def slowly(path: Path, line: bytes, at: datetime) -> None:
        assert threading.current_thread() is not threading.main_thread()
        assert free.wait(20)
        written.append(line)

    monkeypatch.setattr(module, "append_line", slowly)
    journal = Journal(tmp_path / "audit.jsonl", "tester", lambda: 0.0)
    writing = journal.intend(journal.new_entry(), INTENTION)
    task = asyncio.create_task(writing)
    await until(lambda: journal._thread._threads)
    leaving = threading.Thread(target=journal.aclose)
    leaving.start()
    leaving.join(0.05)
    assert leaving.is_alive()
    free.set()
    leaving.join(20)
    assert len(written) == 1
    await task


def test_consoles_that_share_a_home_name_their_entries_by_their_own_mark(tmp_path: Path) -> None:
    one, other = (Journal(tmp_path / "audit.jsonl", "tester", lambda: 1.0, mark=mark) for mark in ("aaaa", "bbbb"))
    assert [one.new_entry(), one.new_entry(), other.new_entry()] == ["3e8-aaaa-1", "3e8-aaaa-2", "3e8-bbbb-1"]
    unmarked = {Journal(tmp_path / "audit.jsonl", "tester", lambda: 1.0).new_entry() for _ in range(8)}
    assert len(unmarked) == 8


async def test_each_record_is_a_line_of_ascii_that_tells_what_came_of_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state" / "audit.jsonl", "tester", lambda: 0.0, mark="m")
    lost = Outcome(SendStatus.UNKNOWN, None, "", Problem(Cause.NETWORK, "the line was cut — né"))
    fine = Outcome(SendStatus.ACCEPTED, 202, "req-1")
    entries = [journal.new_entry() for _ in range(2)]
    for entry, outcome in zip(entries, (lost, fine), strict=True):
        await journal.close_entry(entry, INTENTION, outcome)
    await journal.settle(entries[0], "p", "stop", {"id": "a", "name": "á"}, "taken back", bad=True)
    await journal.settle(entries[1], "p", "stop", {"id": "b", "name": "b"}, "confirmed")
    await journal.saw(entries[0], "p", "stop", {"id": "a", "name": "á"})
    data = journal.path.read_bytes()
    assert data.isascii()
    assert data.endswith(b"\n")
    first, second, bad, good, seen = (json.loads(line) for line in data.splitlines())
    assert (first["problem"], first["outcome"], first["status"]) == (str(lost.problem), "unknown", None)
    assert (second["problem"], second["status"], second["request_id"]) == (None, 202, "req-1")
    assert (bad["bad"], bad["end"], bad["target"]["name"]) == (True, "taken back", "á")
    assert "bad" not in good
    assert (seen["phase"], seen["who"], seen["id"]) == ("seen", "tester", entries[0])
    assert {record["at"] for record in (first, second, bad, good, seen)} == {"1970-01-01T00:00:00.000+00:00"}
    journal.aclose()
