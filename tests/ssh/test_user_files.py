"""Files of the user's that OpenSSH reads too: whatever lies in their place, the file is named and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gputui.core.problem import Cause, Failed
from gputui.ssh.user_files import read_user_file


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def _file_as_folder(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


IN_PLACE: list[tuple[str, Callable[[Path], object], str]] = [
    ("a directory", Path.mkdir, "is a directory"),
    ("a pipe", os.mkfifo, "is not a regular file"),
    ("a link to itself", _link_to_itself, "leads back to itself"),
    ("a file for its folder", _file_as_folder, "/ssh is not a directory"),
    ("UTF-16", lambda path: path.write_bytes("gpu ssh-ed25519 AAAA\n".encode("utf-16")), "is UTF-16 text"),
    ("UTF-16 of the other kind", lambda path: path.write_bytes(b"\xfe\xff\0g\0p\0u"), "is UTF-16 text"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "ssh"
    folder.mkdir()
    return folder / "file"


@pytest.mark.parametrize(("make", "told"), [case[1:] for case in IN_PLACE], ids=[case[0] for case in IN_PLACE])
def test_what_cannot_be_read_is_named_with_what_to_do(make: Callable[[Path], object], told: str, path: Path) -> None:
    make(path)
    with pytest.raises(Failed) as failed:
        read_user_file(path)
    problem = failed.value.problem
    assert problem.cause is Cause.CONFIG
    assert problem.text.startswith(f"{path} ") and told in problem.text
    assert str(path.parent) in problem.remedy
    assert "network" not in problem.remedy


def test_without_permission_that_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(at: Path) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(at))

    monkeypatch.setattr("gputui.ssh.user_files.open_trusted", denied)  # root may read everything
    with pytest.raises(Failed, match="Permission denied") as failed:
        read_user_file(path)
    assert failed.value.problem.remedy == f"you need read permission: ls -ld {path.parent} {path}"


def test_no_file_and_the_null_device_are_empty(path: Path) -> None:
    assert read_user_file(path) == read_user_file(Path("/dev/null")) == b""
    path.symlink_to("/dev/null")
    assert read_user_file(path) == b""
    path.unlink()
    path.symlink_to("nowhere")
    assert read_user_file(path) == b""


def test_a_byte_order_mark_is_no_part_of_the_first_line(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfHost gpu\n")
    assert read_user_file(path) == b"Host gpu\n"
