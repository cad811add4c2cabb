"""The lines of the journal on disk: appended whole and for sure, set aside when large, read back tolerantly."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from gputui.core.own_files import open_own, open_reading

LARGEST = 8 * 1024 * 1024
"""Bytes after which the journal is set aside under the moment's name and a new one begun. Nothing is ever deleted."""
_STAMP = "%Y%m%dT%H%M%S%fZ"
_BEGINNING = b'{"at":"'


def append_line(path: Path, line: bytes, at: datetime, *, largest: int = LARGEST) -> None:
    """Append one whole line under a lock, so that two consoles never lose or mix lines, and force it to disk.

    Raises OSError where that cannot be done. `at` names the part that a journal grown too large becomes.
    """
    while not _appended(path, line, at, largest):
        pass  # the journal was set aside, by us or by another console while we waited for the lock


def _appended(path: Path, line: bytes, at: datetime, largest: int) -> bool:
    descriptor = open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        now = os.fstat(descriptor)
        if not _is(path, now):
            return False
        if now.st_size >= largest:
            path.rename(_free_part(path, at))
            return False
        if now.st_size and os.pread(descriptor, 1, now.st_size - 1) != b"\n":
            line = b"\n" + line  # a crash has cut the last line off: it must not spoil this one
        _write_all(descriptor, line)
        os.fsync(descriptor)
        if not now.st_size:
            _sync_folder(path.parent)
        return True
    finally:
        os.close(descriptor)


def _is(path: Path, opened: os.stat_result) -> bool:
    try:
        named = path.lstat()
    except FileNotFoundError:
        return False
    return (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)


def _free_part(path: Path, at: datetime) -> Path:
    stem = f"{path.stem}-{at:{_STAMP}}"
    names = (path.with_name(f"{stem}{f'-{again}' if again else ''}{path.suffix}") for again in range(1000))
    return next(name for name in names if not name.exists())


def _write_all(descriptor: int, line: bytes) -> None:
    view = memoryview(line)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    """A new file is only there for sure once its folder is written too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_records(path: Path, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """The records of the journal and of the parts set aside, oldest first. Raises OSError where it cannot be read.

    Those before `since` (UTC) are left out without being looked at: a journal may have become long. A line that is no
    record, because a crash has cut it off, is passed over.
    """
    first = f"{path.stem}-{since:{_STAMP}}" if since else ""
    parts = [part for part in sorted(path.parent.glob(f"{path.stem}-*{path.suffix}")) if part.name >= first]
    for part in [*parts, path]:
        try:
            with os.fdopen(open_reading(part), "rb") as lines:
                yield from _records(lines, since.isoformat(timespec="milliseconds").encode() if since else b"")
        except FileNotFoundError:
            continue


def _records(lines: Iterator[bytes], since: bytes) -> Iterator[dict[str, Any]]:
    for line in lines:
        if since and line.startswith(_BEGINNING) and line[len(_BEGINNING) :] < since:
            continue
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record
