"""The journal: no line is lost, cut or mixed, whoever writes beside us; read back, it tells what is unfinished."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gputui.core.request import SendStatus
from gputui.engine.audit import entries
from gputui.engine.journal import Journal
from gputui.engine.journal_lines import append_line, read_records
from gputui.engine.unfinished import unfinished

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def line(n: int, at: datetime = AT, **more: Any) -> bytes:
    return (
        json.dumps({"at": at.isoformat(timespec="milliseconds"), "n": n, **more}, separators=(",", ":")).encode()
        + b"\n"
    )


def write_many(path: Path, first: int, count: int) -> None:
    for n in range(first, first + count):
        append_line(path, line(n), AT + timedelta(microseconds=n), largest=2000)


def test_two_consoles_that_set_aside_and_append_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state" / "audit.jsonl"
    writers = [
        multiprocessing.get_context("spawn").Process(target=write_many, args=(path, at, 150)) for at in (0, 1000, 2000)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    found = [record["n"] for record in read_records(path)]
    assert sorted(found) == [*range(150), *range(1000, 1150), *range(2000, 2150)]
    parts = list(path.parent.glob("audit-*.jsonl"))
    assert len(parts) > 5
    assert all(stat.S_IMODE(part.stat().st_mode) == 0o600 for part in [path, *parts])
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_parts_are_read_in_the_order_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for n in range(200):
        append_line(path, line(n), AT + timedelta(minutes=n), largest=1000)
    assert [record["n"] for record in read_records(path)] == list(range(200))


@pytest.mark.parametrize(("room", "parts"), [(1, 0), (0, 1), (-1, 1)])
def test_a_journal_that_has_reached_its_size_is_set_aside(tmp_path: Path, room: int, parts: int) -> None:
    path = tmp_path / "audit.jsonl"
    append_line(path, line(1), AT)
    append_line(path, line(2), AT, largest=path.stat().st_size + room)
    assert len(list(tmp_path.glob("audit-*.jsonl"))) == parts
    assert [record["n"] for record in read_records(path)] == [1, 2]


def test_a_line_is_written_under_a_lock_that_no_other_console_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, done = tmp_path / "audit.jsonl", list[str]()
    lock, write = fcntl.flock, os.write

    def locked(file: int, how: int) -> None:
        done.append("lock" if how == fcntl.LOCK_EX else f"lock {how}")
        lock(file, how)

    def written(file: int, data: Any) -> int:
        other = os.open(path, os.O_RDWR)
        try:
            with pytest.raises(BlockingIOError):
                lock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(other)
        done.append("write")
        return write(file, data)

    monkeypatch.setattr("gputui.engine.journal_lines.fcntl.flock", locked)
    monkeypatch.setattr("gputui.engine.journal_lines.os.write", written)
    append_line(path, line(1), AT)
    assert done == ["lock", "write"]


def test_parts_that_are_set_aside_in_the_same_moment_do_not_overwrite_each_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for n in range(50):
        append_line(path, line(n), AT, largest=300)
    assert len(list(tmp_path.glob("audit-*.jsonl"))) > 3
    assert sorted(record["n"] for record in read_records(path)) == list(range(50))


def test_what_is_before_a_moment_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for n in range(200):
        at = AT + timedelta(minutes=n)
        append_line(path, line(n, at), at, largest=1000)
    assert [record["n"] for record in read_records(path, AT + timedelta(minutes=150))] == list(range(150, 200))


def test_a_line_cut_off_by_a_crash_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(line(1) + b'{"at":"2026-11-21T03:0')
    append_line(path, line(2), AT)
    assert [record["n"] for record in read_records(path)] == [1, 2]


def test_a_journal_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(line(1))
    path.chmod(0o644)
    append_line(path, line(2), AT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_is_on_disk_before_it_counts_and_so_is_the_name_of_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    synced: list[int] = []
    held: list[bytes] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        held.append(path.read_bytes())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    append_line(path, line(1), AT)
    file, folder = path.stat().st_ino, tmp_path.stat().st_ino
    assert (synced, held[0]) == ([file, folder], line(1))
    synced.clear()
    append_line(path, line(2), AT)
    assert (synced, held[-1]) == ([file], line(1) + line(2))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Somebody else's link must not make us write into their file, or ours."""
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        append_line(tmp_path / "audit.jsonl", line(1), AT)


def intent(entry: str, *, makes: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "at": AT.isoformat(),
        "id": entry,
        "phase": "intent",
        "who": "w",
        "profile": "p",
        "view": "nodes",
        "verb": "stop",
        "targets": [] if makes else [{"id": "1", "name": "one"}, {"id": "2", "name": "two"}],
        "makes": list(makes),
        **more,
    }


def outcome(entry: str, word: str) -> dict[str, Any]:
    return {"at": AT.isoformat(), "id": entry, "phase": "outcome", "outcome": word, "status": 202}


def settled(entry: str, id: str, name: str, end: str = "confirmed") -> dict[str, Any]:
    return {"at": AT.isoformat(), "id": entry, "phase": "settled", "target": {"id": id, "name": name}, "end": end}


def test_no_two_changes_have_the_same_id_whichever_console_begins_them(tmp_path: Path) -> None:
    """In the same millisecond, too: where a home is shared, process ids repeat."""
    consoles = [Journal(tmp_path / "audit.jsonl", "w", lambda: 1.0) for _ in range(3)]
    entries_ = [console.new_entry() for console in consoles for _ in range(4)]
    assert len(set(entries_)) == 12
    for console in consoles:
        console.aclose()


def test_what_was_accepted_and_not_settled_is_unfinished() -> None:
    (found,) = unfinished([intent("a"), outcome("a", "accepted"), settled("a", "1", "one")])
    assert (found.send_status, found.targets, found.view) == (SendStatus.ACCEPTED, (("2", "two"),), "nodes")


def test_without_an_outcome_it_may_have_happened() -> None:
    """The console was killed between sending and writing."""
    (found,) = unfinished([intent("a")])
    assert found.send_status is SendStatus.UNKNOWN


@pytest.mark.parametrize("word", ["refused", "not sent"])
def test_what_was_not_done_is_not_followed(word: str) -> None:
    assert unfinished([intent("a"), outcome("a", word)]) == []


def test_what_is_being_made_is_looked_for_by_its_name_until_it_is_settled() -> None:
    records = [intent("a", makes=("new-1", "new-2"), before=["old"]), outcome("a", "accepted")]
    (found,) = unfinished(records)
    assert (found.targets, found.before) == ((("", "new-1"), ("", "new-2")), frozenset({"old"}))
    (found,) = unfinished([*records, settled("a", "77", "new-1")])
    assert found.targets == (("", "new-2"),)


@pytest.mark.parametrize(
    ("later", "told"), [("accepted", False), ("unknown", False), ("", False), ("refused", True), ("not sent", True)]
)
def test_a_bad_end_is_told_unless_more_was_sent_to_its_target_later(later: str, told: bool) -> None:
    bad = {**settled("a", "1", "one", "failed: ERROR"), "bad": True}
    records = [intent("a"), outcome("a", "accepted"), bad, settled("a", "2", "two"), intent("b")]
    found = unfinished([*records, outcome("b", later)] if later else records)
    assert [end.id for one in found for end in one.unseen] == ["1"] * told
    assert [one.entry for one in found] == (["a"] if told else ["b"])


def test_records_that_make_no_sense_are_passed_over() -> None:
    senseless: list[dict[str, Any]] = [
        {},
        {"phase": "intent", "id": "x"},
        {"phase": "settled", "id": "y", "target": "z"},
        {**intent("b"), "at": "yesterday"},
        {**intent("c"), "targets": 7},
    ]
    assert [one.entry for one in unfinished([*senseless, intent("a")])] == ["a"]
    assert [entry.id for entry in entries([*senseless, intent("a")])] == ["a"]


def test_an_entry_tells_the_whole_story_of_a_change() -> None:
    (entry,) = entries([intent("a"), outcome("a", "accepted"), settled("a", "1", "one"), settled("a", "2", "two")])
    assert (entry.outcome, entry.status, entry.end) == ("accepted", 202, "confirmed")
    (entry,) = entries([intent("a"), outcome("a", "accepted"), settled("a", "1", "one", "contradicted")])
    assert entry.end == "one: contradicted"
    (entry,) = entries([intent("a")])
    assert entry.record["outcome"] == "unknown"


def test_what_clouds_called_their_things_cannot_speak_to_the_terminal() -> None:
    (entry,) = entries([intent("a", targets=[{"id": "1", "name": "gpu\x1b[2J"}])])
    assert "\x1b" not in entry.targets[0]
