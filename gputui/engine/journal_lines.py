"""The lines of the journal on disk: appended whole and synced, rotated when large, read tolerantly."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from gputui.core.own_files import open_own, open_reading

LARGEST = 8 * 1024 * 1024
"""Bytes at which the journal is renamed, with a timestamp, and a new one begun. Nothing is ever deleted."""
LONGEST_LINE, _SHORT = 4 * 1024 * 1024, 64
"""The most bytes that a record may have, and those kept of a longer line."""
_STAMP = "%Y%m%dT%H%M%S%fZ"
_BEGINNING = b'{"at":"'


def append_line(path: Path, line: bytes, at: datetime, *, largest: int = LARGEST) -> None:
    """Append one whole line under a lock, so that two consoles never lose or mix lines, and sync it to disk.

    Raises OSError if that fails. `at` is the time by which a journal that has grown too large is renamed.
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
    """A new file is durable only once its folder is synced too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_records(
    path: Path, since: datetime | None = None, unread: Callable[[Path, int], None] = lambda path, line: None
) -> Iterator[dict[str, Any]]:
    """The records of the journal and of its older parts, oldest first. Raises OSError if it cannot be read.

    Those before `since` (UTC) are skipped without being parsed, as a journal may be long. A line that is no record, cut
    off by a crash or written by somebody else, is skipped, and `unread` is called with its file and line.
    """
    first = f"{path.stem}-{since:{_STAMP}}" if since else ""
    parts = [part for part in sorted(path.parent.glob(f"{path.stem}-*{path.suffix}")) if part.name >= first]
    for part in [*parts, path]:
        try:
            with os.fdopen(open_reading(part), "rb") as lines:
                after = since.isoformat(timespec="milliseconds").encode() if since else b""
                yield from _records(lines, after, partial(unread, part))
        except FileNotFoundError:
            continue


def _records(lines: BinaryIO, since: bytes, unread: Callable[[int], None]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_bounded(lines), 1):
        if since and line.startswith(_BEGINNING) and line[len(_BEGINNING) :] < since:
            continue
        record = _record(line)
        if record is not None:
            yield record
        elif line.strip():
            unread(number)


def _bounded(lines: BinaryIO) -> Iterator[bytes]:
    """Line by line; of a line longer than any record only its beginning, which is no record."""
    while line := lines.readline(LONGEST_LINE):
        while not line.endswith(b"\n") and (rest := lines.readline(LONGEST_LINE)):
            line = line[:_SHORT] + rest[-1:]
        yield line


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")
