"""Writes files safely: regular, owned by the user, 0600, reached through no link, in a folder of ours (0700)."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gputui.core.trusted_files import OTHERS_WRITE, command, refusal, take_over, user_name

_SAFE = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
"""A link, a FIFO without a reader or a terminal gets no further than the check of the opened file."""
_OPEN_TO_OTHERS = 0o077


def own_folder(path: Path) -> Path:
    """Make `path` and its missing parents 0700; make an existing folder private too. Raises OSError.

    Another user's folder is refused, and so is one shared by everybody (sticky, as /tmp is): making it private would
    take it from the others. The folder itself may be a symbolic link of the user's or root's: state is kept on other
    disks that way, and what counts is who owns the folder it leads to.
    """
    os.close(_folder(path))
    return path


def new_folder(path: Path) -> Path:
    """Make a folder of our own (0700) that was not there before. Raises OSError: FileExistsError if it was."""
    own_folder(path.parent)
    path.mkdir(mode=0o700)
    return path


def _folder(path: Path) -> int:
    _make(path)
    link = path.lstat()
    if stat.S_ISLNK(link.st_mode) and link.st_uid not in (os.geteuid(), 0):
        raise refusal(path, f"{path} is a link of another user's ({user_name(link.st_uid)}): {take_over(path)}")
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        status = os.fstat(folder)
        if status.st_uid != os.geteuid():
            raise _strangers(path, status)
        if status.st_mode & stat.S_ISVTX and status.st_mode & OTHERS_WRITE:
            own = command("mkdir", path / "gputui")
            raise refusal(path, f"{path} is shared with others (sticky): {own}, and use that")
        if stat.S_IMODE(status.st_mode) & _OPEN_TO_OTHERS:
            os.fchmod(folder, 0o700)
    except BaseException:
        os.close(folder)
        raise
    return folder


def _make(path: Path) -> None:
    missing = []
    step = path
    while not step.exists():
        if step.is_symlink():
            raise refusal(path, f"{step} is a symbolic link that leads nowhere: {command('rm', step)}")
        missing.append(step)
        step = step.parent
    if not step.is_dir():
        raise refusal(path, f"{step} is not a folder: {command('mv', step, f'{step}.old')}")
    for step in reversed(missing):
        step.mkdir(mode=0o700, exist_ok=True)  # two consoles may start at once


@contextlib.contextmanager
def _in_folder(path: Path) -> Iterator[int]:
    folder = _folder(path.parent)
    try:
        yield folder
    finally:
        os.close(folder)


def open_own(path: Path, flags: int) -> int:
    """Open a file in a folder of our own, made if it is missing. Raises OSError.

    Its mode becomes 0600. A link, a FIFO, a device and another user's file are refused, with the command that fixes it.
    """
    with _in_folder(path) as folder:
        return _judged(path, flags, folder)


def open_named(path: Path, flags: int) -> int:
    """The same for a file that the user named, in any folder, which is left unchanged. Raises OSError."""
    file = _judged(path, flags, None)
    if os.fstat(file).st_nlink > 1:
        os.close(file)
        raise refusal(path, f"{path} is also another file (a hard link): {command('rm', path)}")
    return file


def open_reading(path: Path) -> int:
    """Open for reading a file that a console wrote, also another user's: a regular file, not a link. Raises OSError."""
    return _judged(path, os.O_RDONLY, None, anybodys=True)


def _judged(path: Path, flags: int, folder: int | None, *, anybodys: bool = False) -> int:
    try:
        file = os.open(path if folder is None else path.name, flags | _SAFE, 0o600, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise refusal(path, f"{path} is a symbolic link, which is not followed: {command('rm', path)}") from None
        if error.errno in (errno.ENXIO, errno.EISDIR):
            raise _odd(path) from None
        raise
    try:
        _judge(path, file, anybodys)
    except BaseException:
        os.close(file)
        raise
    return file


def _judge(path: Path, file: int, anybodys: bool) -> None:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        raise _odd(path)
    if status.st_uid != os.geteuid():
        if anybodys:
            return
        raise _strangers(path, status)
    if stat.S_IMODE(status.st_mode) & _OPEN_TO_OTHERS:
        os.fchmod(file, 0o600)


def _odd(path: Path) -> OSError:
    return refusal(path, f"{path} is not a regular file: {command('mv', path, f'{path}.old')}")


def _strangers(path: Path, status: os.stat_result) -> OSError:
    return refusal(path, f"{path} belongs to another user ({user_name(status.st_uid)}): {take_over(path)}")


def create(path: Path, text: str) -> None:
    """Write a new file and sync it to disk. Raises OSError: FileExistsError if the name is taken."""
    file = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as writer:
        writer.write(text)
        writer.flush()
        os.fsync(file)


def replace_own(path: Path, data: bytes) -> None:
    """Replace `path` by a file of our own, atomically. Raises OSError."""
    own_folder(path.parent)
    replace_whole(path, data)


def replace_whole(path: Path, data: bytes, like: os.stat_result | None = None, keep: str = "") -> None:
    """Replace `path` by a new file, synced to disk, atomically; in a folder that may be anybody's.

    It gets mode and owner of `like` (0600 without). With `keep` the old file stays beside it under that name. Raises
    OSError.
    """
    file, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(file, "wb") as new:
            new.write(data)
            if like is not None:
                _as_before(file, like)
            new.flush()
            os.fsync(file)
        if keep:
            path.with_name(keep).unlink(missing_ok=True)
            path.with_name(keep).hardlink_to(path)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _as_before(file: int, like: os.stat_result) -> None:
    os.fchmod(file, stat.S_IMODE(like.st_mode))
    if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):
            os.fchown(file, like.st_uid, like.st_gid)
