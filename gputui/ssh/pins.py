"""Remembering a host key: one more line in our own known_hosts file, safe beside other consoles."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.hosts import HostKey, KnownHosts, Verdict, host_names, parse


def pin(path: Path, host: str, port: int, key: HostKey) -> None:
    """Append the key under a lock, fsynced; nothing where it stands there already.

    Raises Failed where meanwhile another key was remembered for that host, OSError where the file cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = _open_locked(path)
    try:
        _append(file, path, host, port, key)
    finally:
        os.close(file)


def _append(file: int, path: Path, host: str, port: int, key: HostKey) -> None:
    text = _whole(file)
    verdict = KnownHosts(tuple(parse(path, text))).judge(host, port, key).verdict
    if verdict is Verdict.TRUSTED:
        return
    if verdict is not Verdict.UNKNOWN:
        raise Failed(Problem(Cause.REFUSED, f"{path} meanwhile holds another key for {host}", "connect again"))
    start = "" if not text or text.endswith("\n") else "\n"
    line = f"{start}{host_names(host, port)[0]} {key}\n".encode("ascii")
    # One write: a reader without the lock never sees half of it.
    if os.write(file, line) != len(line):
        raise OSError(f"{path} was not written whole")
    os.fsync(file)


def _open_locked(path: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            # `ssh-keygen -R` replaces the file: a lock on the old one guards nothing.
            if path.exists() and os.fstat(file).st_ino == path.stat().st_ino:
                os.fchmod(file, 0o600)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _whole(file: int) -> str:
    parts = []
    os.lseek(file, 0, os.SEEK_SET)
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts).decode("utf-8", "surrogateescape")
