"""Files that are obeyed (configuration, secrets, certificates, host keys): only if nobody else can write them."""

from __future__ import annotations

import errno
import os
import pwd
import shlex
import stat
from pathlib import Path

_MOST_LINKS = 40
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER = os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class NotTrusted(PermissionError):
    """Somebody else could have written a file; `strerror` says why and names the command that fixes it."""


def check_trusted(path: Path) -> None:
    """Raise as `open_trusted` does, for a file that a library opens by name."""
    os.close(open_trusted(path))


def open_trusted(path: Path) -> int:
    """Open a regular file for reading; the caller closes the descriptor.

    It, its folder, and each symbolic link on the way with that link's folder must be owned by the user or root and
    writable by nobody else. The check is made on what was opened, so swapping the file in between has no effect. A
    folder that others may write is accepted if it is sticky (/tmp): nobody can replace or rename other users' files in
    it.

    Raises OSError, NotTrusted among them.
    """
    for _ in range(_MOST_LINKS):
        folder = os.open(path.parent, _FOLDER)
        try:
            _judge_folder(path.parent, os.fstat(folder))
            found = _open_or_follow(path, folder)
        finally:
            os.close(folder)
        if isinstance(found, int):
            return found
        path = found
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _open_or_follow(path: Path, folder: int) -> int | Path:
    """The open file, or the target if there is a link in its place."""
    status = os.stat(path.name or ".", dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        _judge_owner(path, status)
        return path.parent / os.readlink(path.name, dir_fd=folder)
    # Without O_NONBLOCK a FIFO would block startup until somebody writes to it.
    file = os.open(path.name or ".", _OPEN, dir_fd=folder)
    try:
        _judge_file(path, os.fstat(file))
    except BaseException:
        os.close(file)
        raise
    return file


def _judge_file(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    _judge_owner(path, status)
    if status.st_mode & OTHERS_WRITE:
        mode = "600" if status.st_uid == os.geteuid() else "go-w"
        raise refusal(
            path, f"others may write {path} (mode {status.st_mode & 0o7777:04o}): {command('chmod', mode, path)}"
        )


def _judge_folder(path: Path, status: os.stat_result) -> None:
    _judge_owner(path, status)
    if status.st_mode & OTHERS_WRITE and not status.st_mode & stat.S_ISVTX:
        mode = f"mode {status.st_mode & 0o7777:04o}"
        raise refusal(path, f"others may write its folder {path} ({mode}): {command('chmod', 'go-w', path)}")


def _judge_owner(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        raise refusal(path, f"{path} belongs to another user ({user_name(status.st_uid)}): {take_over(path)}")


def refusal(path: Path, words: str) -> NotTrusted:
    """An error that shows `words` wherever the system's own message (`strerror`) would be shown."""
    return NotTrusted(errno.EPERM, words, str(path))


def take_over(path: Path) -> str:
    """The command that makes `path` the user's own; for a link, the link itself."""
    return command("chown", "-h", user_name(os.geteuid()), path)


def command(*words: str | Path) -> str:
    """A command line that can be pasted into a shell."""
    return shlex.join(str(word) for word in words)


def user_name(number: int) -> str:
    """The name of a user; the number if it has no name, as in a container."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
