"""A host key is remembered whole, on the disk, and in the file that counts, whatever others do to it meanwhile."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from gputui.core.problem import Failed
from gputui.ssh.trust import pins
from gputui.ssh.trust.pins import pin
from tests.ssh.test_host_keys import KEY, OTHER

LINE = f"gpu {KEY}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder / "known_hosts"


def kept(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def test_a_key_is_written_once(path: Path) -> None:
    pin(path, "gpu", 22, KEY)
    pin(path, "gpu", 22, KEY)
    assert path.read_text() == LINE


def test_another_key_that_was_remembered_meanwhile_is_no_first_contact(path: Path) -> None:
    pin(kept(path, f"cpu {OTHER}\n"), "gpu", 22, KEY)
    with pytest.raises(Failed, match="meanwhile holds another key"):
        pin(path, "gpu", 22, OTHER)
    assert path.read_text() == f"cpu {OTHER}\n{LINE}"


def test_behind_a_line_without_its_end_it_begins_a_new_one(path: Path) -> None:
    pin(kept(path, f"cpu {OTHER}"), "gpu", 22, KEY)
    assert path.read_text() == f"cpu {OTHER}\n{LINE}"


def test_a_line_that_was_not_written_whole_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
    with pytest.raises(OSError, match="was not written whole"):
        pin(path, "gpu", 22, KEY)


def test_it_is_on_the_disk_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.pread(file, 1000, 0)))
    pin(path, "gpu", 22, KEY)
    assert synced == [LINE.encode()]


@pytest.mark.parametrize("there", [True, False], ids=["replaced", "removed"])
def test_a_file_that_was_replaced_while_we_waited_for_it_is_not_the_one_that_is_written(
    path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """`ssh-keygen -R` puts another file in its place: a lock on the old one guards nothing."""
    kept(path, "")
    waited: list[int] = []

    def flock(file: int, how: int) -> Any:
        if not waited:
            path.unlink()
            if there:
                kept(path, f"cpu {OTHER}\n")
        waited.append(how)
        return fcntl.flock(file, how)

    monkeypatch.setattr(pins, "fcntl", _Locks(flock))
    pin(path, "gpu", 22, KEY)
    assert waited == [fcntl.LOCK_EX, fcntl.LOCK_EX]
    assert path.read_text() == (f"cpu {OTHER}\n{LINE}" if there else LINE)


class _Locks:
    """The module, with a lock that others are quicker to get."""

    LOCK_EX = fcntl.LOCK_EX

    def __init__(self, flock: Any) -> None:
        self.flock = flock


def test_no_file_stays_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(file: int, data: bytes) -> int:
        raise OSError("no room")

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(os, "write", broken)
    for _ in range(3):
        with pytest.raises(OSError, match="no room"):
            pin(path, "gpu", 22, KEY)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
