"""Remember a host key: append a line to our own known_hosts file, safely beside other consoles."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gputui.core.own_files import open_own
from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.trust.hosts import HostKey, KeyVerdict, host_names, owned
from gputui.ssh.trust.known import HostFile, KnownHosts


def pin(path: Path, host: str, port: int, key: HostKey, owner: str = "") -> None:
    """Append the key under a lock, with fsync, unless it is already there. `owner` is the key's instance.

    Raises Failed if another key was remembered for that host meanwhile, OSError if the file cannot be written.
    """
    file = open_locked(path)
    try:
        _append(file, path, host, port, key, owner)
    finally:
        os.close(file)


def _append(file: int, path: Path, host: str, port: int, key: HostKey, owner: str) -> None:
    data = whole(file)
    verdict = KnownHosts((HostFile.of(path, data),)).about(host, port, owner).judge(key).verdict
    if verdict is KeyVerdict.TRUSTED:
        return
    if verdict is not KeyVerdict.UNKNOWN:
        raise Failed(Problem(Cause.REFUSED, f"{path} meanwhile holds another key for {host}", "connect again"))
    start = "" if not data or data.endswith(b"\n") else "\n"
    words = f"{host_names(host, port)[0]} {key} {owned(owner)}".rstrip()
    line = f"{start}{words}\n".encode("ascii")
    # A single write: a reader without the lock never sees part of a line.
    if os.write(file, line) != len(line):
        raise OSError(f"{path} was not written whole")
    os.fsync(file)


def open_locked(path: Path, *, own: bool = True) -> int:
    """Open the file for appending and lock it. Our own file is created if missing, and kept private."""
    while True:
        flags = os.O_RDWR | os.O_APPEND
        file = open_own(path, flags | os.O_CREAT) if own else os.open(path, flags | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            # `ssh-keygen -R` replaces the file: a lock on the old one protects nothing.
            if path.exists() and os.fstat(file).st_ino == path.stat().st_ino:
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def whole(file: int) -> bytes:
    """Read the whole content of an open file."""
    parts = []
    os.lseek(file, 0, os.SEEK_SET)
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)
