"""`gputui audit`: what was changed, by whom and with what end, for people and for scripts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gputui import cli


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
