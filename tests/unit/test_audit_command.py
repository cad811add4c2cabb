"""`gputui audit`: what was changed, by whom and with what end, for people and for scripts."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gputui import cli
from gputui.commands.audit import moment
from gputui.engine.audit import entries
from gputui.engine.journal_lines import LONGEST_LINE, read_records
from gputui.engine.unfinished import unfinished


def records(entry: str, at: datetime, profile: str, outcome: str = "accepted") -> list[dict[str, Any]]:
    moment = at.isoformat(timespec="milliseconds")
    target = {"id": "1", "name": "gpu-1\x1b[2J"}
    return [
        {
            "at": moment,
            "id": entry,
            "phase": "intent",
            "who": "ann",
            "host": "bastion",
            "profile": profile,
            "view": "nodes",
            "verb": "stop",
            "targets": [{**target, "state": "RUNNING"}],
            "makes": [],
            "inputs": {},
            "request": {"method": "POST", "path": "/stop", "query": {}, "body": {"ids": ["1"]}},
        },
        {"at": moment, "id": entry, "phase": "outcome", "outcome": outcome, "status": 202, "request_id": "req-1"},
        {"at": moment, "id": entry, "phase": "settled", "target": target, "end": "confirmed"},
    ]


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GPUTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("GPUTUI_CONFIG_DIR", str(tmp_path / "config"))
    path = tmp_path / "state" / "audit.jsonl"
    path.parent.mkdir()
    now = datetime.now(UTC)
    told = [
        *records("a", now - timedelta(days=3), "prod"),
        *records("b", now - timedelta(minutes=5), "prod", "unknown"),
        *records("c", now - timedelta(minutes=1), "lab"),
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in told))
    return path


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(["audit", *argv])
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    return code, out, err


def test_a_table_of_one_line_a_change(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys)
    head, *lines = out.splitlines()
    assert code == 0
    assert head.split() == ["AT", "WHO", "PROFILE", "VERB", "TARGETS", "OUTCOME", "STATUS", "END"]
    assert len(lines) == 3
    assert "gpu-1" in lines[0] and lines[0].endswith("confirmed")
    assert "unknown" in lines[1]


def test_what_has_no_outcome_line_is_called_unknown(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The console ended before it could write one: it may have happened."""
    intent, *_ = records("d", datetime.now(UTC), "prod")
    journal.write_text(json.dumps(intent) + "\n")
    (line,) = said(capsys, "--no-headers")[1].splitlines()
    assert line.split()[-1] == "unknown"
    (record,) = json.loads(said(capsys, "-o", "json")[1])
    assert (record["outcome"], record["status"]) == ("unknown", None)


def test_json_has_the_whole_story(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "-o", "json")[1])
    assert [one["id"] for one in found] == ["a", "b", "c"]
    assert found[0]["request"]["body"] == {"ids": ["1"]}
    assert (found[0]["who"], found[0]["status"], found[0]["outcome"]) == ("ann", 202, "accepted")
    assert found[0]["at"].endswith("Z")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--since", "1h"], ["b", "c"]),
        (["--since", "2m"], ["c"]),
        (["--since", "1w"], ["a", "b", "c"]),
        (["-p", "lab"], ["c"]),
    ],
)
def test_narrowed(journal: Path, capsys: pytest.CaptureFixture[str], argv: list[str], expected: list[str]) -> None:
    found = [json.loads(line)["id"] for line in said(capsys, "-o", "jsonl", *argv)[1].splitlines()]
    assert found == expected


def test_narrowed_to_what_came_after_a_moment(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moment = datetime.now(UTC) - timedelta(days=1)
    found = [
        json.loads(line)["id"] for line in said(capsys, "-o", "jsonl", "--since", moment.isoformat())[1].splitlines()
    ]
    assert found == ["b", "c"]


def test_what_is_no_moment_is_said(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "--since", "yesterday")
    assert (code, out) == (2, "")
    assert "--since yesterday" in err


def test_no_journal_is_no_error(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal.unlink()
    assert said(capsys, "-o", "json")[:2] == (0, "[]\n")


def test_a_journal_that_cannot_be_read_is_said(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal.unlink()
    journal.mkdir()
    code, _, err = said(capsys)
    assert code == 2
    assert "cannot be read" in err


GARBAGE = (
    b"[" * 100_000,
    b'{"at":"2026-11-21T03:00:00+00:00","id":"d","phase":"intent","x":' + b'{"a":' * 100_000,
    b"\x00\xff\xfe binary",
    b"5",
    b"[]",
    b'"text"',
    b'{"id":"e","phase":"outcome","status":NaN}',
    b'{"id":"f","phase":"intent","n":' + b"9" * 5000 + b"}",
    b"x" * (LONGEST_LINE * 2 + 5),
    b'{"cut off',
)


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("form", ["table", "json", "jsonl"])
def test_a_line_that_is_no_record_is_said_and_left_out(
    journal: Path, capsys: pytest.CaptureFixture[str], garbage: bytes, form: str
) -> None:
    lines = journal.read_bytes().splitlines()
    journal.write_bytes(b"\n".join([*lines[:4], garbage, *lines[4:], b""]))
    code, out, err = said(capsys, "-o", form)
    assert code == 0
    assert f"{journal}: line 5: cannot be read and is left out" in err
    assert len(out.splitlines()) == {"table": 4, "json": 5, "jsonl": 3}[form]


WRONG: tuple[dict[str, Any], ...] = (
    {"targets": 7},
    {"targets": None},
    {"targets": [5]},
    {"targets": [{"id": "1"}]},
    {"at": "yesterday"},
    {"at": 5},
    {"at": None},
    {"makes": 5},
    {"who": None, "targets": {}, "profile": 5, "at": {}},
)


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_record_of_the_wrong_types_is_said_and_left_out(
    journal: Path, capsys: pytest.CaptureFixture[str], wrong: dict[str, Any], form: str
) -> None:
    intent = records("z", datetime.now(UTC), "prod")[0] | wrong
    journal.write_text(journal.read_text() + json.dumps(intent) + "\n")
    code, out, err = said(capsys, "-o", form, "--since", "2m")
    assert code == 0
    assert "1 of the journal's records make no sense and are left out" in err
    assert len(out.splitlines()) == {"table": 2, "json": 3}[form]


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:00"])
def test_moments_without_a_zone_and_at_the_ends_of_time_end_nothing(
    journal: Path, capsys: pytest.CaptureFixture[str], at: str
) -> None:
    intent = records("z", datetime.now(UTC), "prod")[0] | {"at": at}
    journal.write_text(journal.read_text() + json.dumps(intent) + "\n")
    for words in ((), ("--since", "1h"), ("-o", "json")):
        assert said(capsys, *words)[0] == 0


def test_a_nested_record_that_can_be_read_can_be_written(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    intent = json.dumps(records("z", datetime.now(UTC), "prod")[0])
    for depth in (10, 200, 900):
        nested = f'{intent[:-1]}, "inputs": {"[" * depth}{"]" * depth}}}'
        journal.write_text(f"{nested}\n")
        for form in ("table", "json", "jsonl"):
            assert said(capsys, "-o", form)[0] == 0


@pytest.mark.parametrize(
    "when", ["0001-01-01", "9999-12-31", "999999w", "0001-01-01T00:00:00+14:00", "2026-02-30", "1x"]
)
def test_since_a_moment_that_no_calendar_has_is_no_traceback(
    journal: Path, capsys: pytest.CaptureFixture[str], when: str
) -> None:
    code, _, err = said(capsys, "--since", when)
    assert code in (0, 2)
    assert (code == 2) == ("--since" in err)


def test_since_without_a_zone_is_local(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    local = (datetime.now() - timedelta(minutes=2)).isoformat()
    found = [json.loads(line)["id"] for line in said(capsys, "-o", "jsonl", "--since", local)[1].splitlines()]
    assert found == ["c"]


def test_a_profile_that_nobody_knows_is_said(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "-p", "prdo")
    assert (code, out) == (2, "")
    assert "neither the journal nor the configuration has a profile prdo" in err


def test_what_unfinished_changes_are_read_from_may_be_garbage(journal: Path) -> None:
    journal.write_bytes(
        journal.read_bytes() + b"\n".join([*GARBAGE[:4], *(json.dumps(one).encode() for one in WRONG), b""])
    )
    assert {one.entry for one in unfinished(read_records(journal))} == set()
    assert len(entries(read_records(journal))) == 3


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-11-21T03:00", 18), ("2026-11-21T03:00+09:00", 18), ("2026-11-21T18:00Z", 18)]
)
def test_a_time_without_a_zone_is_local(monkeypatch: pytest.MonkeyPatch, text: str, hour: int) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Seoul")
        time.tzset()
        found = moment(text, 0.0)
    time.tzset()
    assert (found.hour, found.utcoffset()) == (hour, timedelta(0))
