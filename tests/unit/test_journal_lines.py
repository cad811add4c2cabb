"""What stands in the journal is read back whole: from a moment on, past what is no record, told by its line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gputui.engine import journal_lines
from gputui.engine.journal_lines import append_line, read_records

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


def line(number: int, at: datetime = AT, **more: Any) -> bytes:
    record = {"at": at.isoformat(timespec="milliseconds"), "n": number, **more}
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def read(path: Path, since: datetime | None = None) -> tuple[list[int], list[tuple[str, int]]]:
    unread: list[tuple[str, int]] = []
    found = [record["n"] for record in read_records(path, since, lambda part, at: unread.append((part.name, at)))]
    return found, unread


@pytest.mark.parametrize(("millis", "found"), [(-1, [1, 2]), (0, [1, 2]), (1, [2])])
def test_from_a_moment_on_means_that_moment_too(path: Path, millis: int, found: list[int]) -> None:
    append_line(path, line(0, AT - timedelta(seconds=1)), AT)
    append_line(path, line(1), AT)
    append_line(path, line(2, AT + timedelta(seconds=1)), AT)
    assert read(path, AT + timedelta(milliseconds=millis)) == (found, [])
    assert read(path) == ([0, 1, 2], [])


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_part_that_was_set_aside_at_or_after_the_moment_may_hold_what_is_wanted(path: Path, seconds: int) -> None:
    append_line(path, line(1), AT)
    append_line(path, line(2, AT + timedelta(seconds=5)), AT, largest=1)
    assert len(list(path.parent.iterdir())) == 2
    since = AT + timedelta(seconds=seconds)
    assert read(path, since)[0] == ([1, 2] if seconds <= 0 else [2])


@pytest.mark.parametrize("odd", [b"torn", b'{"n":NaN}', b"[1]", b"3", b'"text"', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_record_is_told_by_its_line_and_costs_no_other(path: Path, odd: bytes) -> None:
    append_line(path, line(1), AT)
    append_line(path, odd + b"\n", AT)
    append_line(path, b" \n", AT)
    append_line(path, line(2), AT)
    assert read(path) == ([1, 2], [("audit.jsonl", 2)])


@pytest.mark.parametrize(("bound", "found"), [(200, [1, 2, 3]), (199, [1, 3]), (60, [1, 3]), (50, [1, 3])])
def test_a_line_longer_than_any_record_is_one_that_cannot_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch, bound: int, found: list[int]
) -> None:
    long = line(2, text="")
    long = line(2, text="x" * (200 - len(long)))
    assert len(long) == 200
    monkeypatch.setattr(journal_lines, "LONGEST_LINE", bound)
    for one in (line(1), long, line(3)):
        append_line(path, one, AT)
    assert read(path) == (found, [] if 2 in found else [("audit.jsonl", 2)])


def test_a_last_line_without_an_end_is_closed_before_the_next(path: Path) -> None:
    append_line(path, b'{"n":1', AT)
    append_line(path, line(2), AT)
    append_line(path, line(3), AT)
    assert read(path) == ([2, 3], [("audit.jsonl", 1)])
    assert path.read_bytes().count(b"\n") == 3


def test_a_journal_that_is_not_there_has_no_records(path: Path) -> None:
    assert read(path) == ([], [])


def test_a_journal_of_eight_mebibytes_is_set_aside_by_the_time_of_the_line(path: Path) -> None:
    append_line(path, line(1), AT)
    for size, parts in ((8 * 1024 * 1024 - 1, 0), (8 * 1024 * 1024, 1)):
        with path.open("r+b") as file:
            file.truncate(size)  # a hole, not that many bytes
        append_line(path, line(2), AT)
        assert len(list(path.parent.iterdir())) == parts + 1
    assert {part.name for part in path.parent.iterdir()} == {path.name, "audit-20261130T120000000000Z.jsonl"}


def test_parts_that_are_older_than_the_moment_are_not_read_at_all(path: Path) -> None:
    append_line(path, line(1), AT)
    for stamp in ("20261130T110000000000Z", "20261130T130000000000Z"):
        path.with_name(f"audit-{stamp}.jsonl").write_bytes(b"odd\n")
    assert read(path, AT) == ([1], [("audit-20261130T130000000000Z.jsonl", 1)])


def test_no_file_stays_open_behind_a_line(path: Path) -> None:
    append_line(path, line(1), AT)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(3):
        path.unlink()
        append_line(path, line(number), AT)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
