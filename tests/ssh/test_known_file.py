"""A known_hosts file is read again only where it has grown, and then as if it had been read whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import gputui.ssh.trust.hosts
from gputui.core.problem import Failed
from gputui.ssh.trust.known import HostFile
from gputui.ssh.user_files import read_user_file
from tests.ssh.test_host_keys import KEY, OTHER

PATH = Path("/nowhere/known_hosts")
FIRST, SECOND, HASHED = f"gpu {KEY}\n", f"cpu {OTHER}\n", f"*.lab {OTHER}\n"


def told(file: HostFile, name: str) -> list[tuple[int, str]]:
    return [(line.number, str(line.key())) for line in file.about([name])]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FIRST, FIRST + SECOND),
        (FIRST, FIRST + HASHED + SECOND),
        ("", FIRST),
        (FIRST, FIRST),
        (FIRST, SECOND),
        (FIRST + SECOND, FIRST),
        (FIRST.rstrip("\n"), FIRST + SECOND),
        (FIRST[:-4], FIRST + SECOND),
        (FIRST, SECOND + FIRST),
        (FIRST, "# edited\n" + FIRST),
        (HASHED, HASHED + FIRST),
    ],
)
def test_what_was_read_before_changes_nothing_of_what_it_says(before: str, after: str) -> None:
    earlier = HostFile.of(PATH, before.encode())
    for name in ("gpu", "cpu", "x.lab"):
        earlier.about([name])  # what was looked up stays with the old one
    whole, again = HostFile.of(PATH, after.encode()), HostFile.of(PATH, after.encode(), earlier)
    for name in ("gpu", "cpu", "x.lab", "nobody"):
        assert told(again, name) == told(whole, name)
    assert (again.lines, again.data) == (whole.lines, whole.data)


def test_only_what_is_new_is_read_where_it_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[str, int]] = []
    parse = gputui.ssh.trust.hosts.parse

    def noted(path: Path, text: str, first: int = 1) -> object:
        read.append((text, first))
        return parse(path, text, first)

    monkeypatch.setattr("gputui.ssh.trust.known.parse", noted)
    earlier = HostFile.of(PATH, FIRST.encode())
    HostFile.of(PATH, (FIRST + SECOND).encode(), earlier)
    HostFile.of(PATH, (SECOND + FIRST).encode(), earlier)
    assert read == [(FIRST, 1), (SECOND, 2), (SECOND + FIRST, 1)]


def test_names_are_found_whatever_their_case() -> None:
    assert told(HostFile.of(PATH, f"GPU,Other {KEY}\n".encode()), "gpu") == [(1, str(KEY))]


def test_a_file_that_is_too_large_is_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.ssh.user_files.LONGEST_FILE", 10)
    path = tmp_path / "known_hosts"
    path.write_bytes(b"x" * 10)
    assert read_user_file(path) == b"x" * 10
    path.write_bytes(b"x" * 11)
    with pytest.raises(Failed, match="too large"):
        read_user_file(path)


def test_the_null_device_is_no_file_of_keys() -> None:
    """How people say in ~/.ssh/config that they keep none: no reason to refuse a host."""
    assert read_user_file(Path("/dev/null")) == b""
