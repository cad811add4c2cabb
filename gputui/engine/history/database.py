"""Opens the history's SQLite file: private, of our version, set aside if it is corrupt."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from gputui.core.own_files import open_own

BUSY_SECONDS = 5.0
VERSION = 1
_PRIMARY = 0xFF
"""The part of SQLite's error code that tells the kind; the rest says where."""
_MIGRATIONS = (
    (
        "CREATE TABLE machine (id INTEGER PRIMARY KEY, profile TEXT NOT NULL, view TEXT NOT NULL, ref TEXT NOT NULL,"
        " name TEXT NOT NULL, state TEXT NOT NULL, health TEXT NOT NULL, address TEXT NOT NULL,"
        " other_address TEXT NOT NULL, lock TEXT NOT NULL, owner TEXT NOT NULL, seen_at REAL NOT NULL,"
        " state_since REAL, health_since REAL, last_well REAL, gone INTEGER NOT NULL DEFAULT 0,"
        " UNIQUE (profile, view, ref))",
        "CREATE TABLE change (id INTEGER PRIMARY KEY, at REAL NOT NULL, machine INTEGER NOT NULL, what TEXT NOT NULL,"
        " before TEXT NOT NULL, after TEXT NOT NULL, health TEXT NOT NULL, health_before TEXT NOT NULL,"
        " not_before REAL, key TEXT NOT NULL DEFAULT '')",
        "CREATE INDEX change_at ON change (at)",
        "CREATE INDEX change_machine ON change (machine, at)",
        "CREATE UNIQUE INDEX change_key ON change (key, machine, after) WHERE key <> ''",
        "CREATE TABLE watched (id INTEGER PRIMARY KEY, profile TEXT NOT NULL, view TEXT NOT NULL, begun REAL NOT NULL,"
        " ended REAL NOT NULL)",
        "CREATE INDEX watched_ended ON watched (profile, view, ended)",
    ),
)
"""The statements that lead from each version to the next; VERSION is their number."""


class NewerVersion(Exception):
    """The file was written by a newer gputui: it is neither read nor changed."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was written by a newer gputui")


def opened_to_write(path: Path, *, suspect: bool = False) -> tuple[sqlite3.Connection, Path | None]:
    """A connection for writing, and where a corrupt file was moved to. Raises OSError, sqlite3.Error, NewerVersion.

    Several processes may open it at once: who finds it corrupt moves it aside under a lock, and the others get the new
    one. Opening reads little of a file; a `suspect` one, in which damage was met, is looked through.
    """
    with _alone(path):
        try:
            return _sound(_written(path)) if suspect else _written(path), None
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
        aside = _set_aside(path)
        return _written(path), aside


def opened_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing. Raises sqlite3.Error, NewerVersion, FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(path)
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    try:
        if _version(database, path) < VERSION:
            raise FileNotFoundError(path)  # it is just being made, or of an older version until somebody writes
    except BaseException:
        database.close()
        raise
    return database


def file_number(path: Path) -> int | None:
    """Which file a path names now; None without one."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether an error means that the file itself is damaged, and not that it is locked, full or out of reach."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = open_own(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT)
    with os.fdopen(lock, "r+b"):
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _written(path: Path) -> sqlite3.Connection:
    os.close(open_own(path, os.O_RDWR | os.O_CREAT))
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _version(database, path)
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA journal_size_limit = 4194304")
        _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _sound(database: sqlite3.Connection) -> sqlite3.Connection:
    """The connection itself. Raises sqlite3.DatabaseError, with the connection closed, if its file is damaged."""
    try:
        if database.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            damaged = sqlite3.DatabaseError("database disk image is malformed")
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged
    except BaseException:
        database.close()
        raise
    return database


def _version(database: sqlite3.Connection, path: Path) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerVersion(path)
    return version


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    if _version(database, path) == VERSION:
        return
    with transaction(database):
        for number in range(_version(database, path), VERSION):
            for statement in _MIGRATIONS[number]:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; waits for other writers. Raises sqlite3.Error."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.corrupt-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}")
    path.rename(aside)
    for more in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + more).rename(aside.with_name(aside.name + more))
    return aside


def size(database: sqlite3.Connection) -> int:
    """Bytes of the file that are in use."""
    with closing(database.cursor()) as cursor:
        pages, free, each = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in _SIZES)
    return int((pages - free) * each)


_SIZES = ("page_count", "freelist_count", "page_size")
