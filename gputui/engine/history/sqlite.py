"""A history in a SQLite file: written by one thread, in batches of half a second, read by another."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from typing import TypeVar

from gputui.core.rows import Ref
from gputui.engine.history import reading as answers
from gputui.engine.history.database import (
    NewerVersion,
    file_number,
    is_corrupt,
    opened_to_read,
    opened_to_write,
    transaction,
)
from gputui.engine.history.history import HistoryError
from gputui.engine.history.records import ListReading, MachinePast, ObservedChange, Remembered, Span, WatchedSpan
from gputui.engine.history.writing import Writing

T = TypeVar("T")
BATCH_SECONDS = 0.5
"""How long a note waits for others at most: what a killed process loses."""
AGAIN_SECONDS = 5.0
"""Seconds until a write that failed is tried again."""
PRUNE_SECONDS = 600.0
LAST_SECONDS = 0.3
"""How long closing waits for the last batch."""
MOST_WAITING = 20_000
"""Rows that wait for a disk that takes none; more are dropped, and `trouble` says so."""
_log = logging.getLogger(__name__)
Note = ListReading | ObservedChange


class SqliteHistory:
    """Keeps `days` of history in at most `megabytes`. Nothing is opened before the first note or question."""

    def __init__(self, path: Path, now: Callable[[], float], *, days: float = 30, megabytes: float = 200) -> None:
        self._path = path
        self._now = now
        self._days, self._bytes = days, int(megabytes * 1_000_000)
        self._notes: deque[Note] = deque()
        self._waiting = 0
        self._lost = 0
        self._changed = Condition()
        self._thread: Thread | None = None
        self._closing = False
        self._trouble = self._aside = ""
        self._begun = 0
        self._asked = ThreadPoolExecutor(1, thread_name_prefix="history-read")
        self._reader: sqlite3.Connection | None = None
        self._reads: int | None = None

    @property
    def trouble(self) -> str:
        """Why nothing is being kept, for a person; empty if all is well."""
        return self._trouble

    @property
    def aside(self) -> str:
        """Where a corrupt file was moved to; empty if there was none."""
        return self._aside

    @property
    def begun(self) -> int:
        """How often a file was given up while it was written."""
        return self._begun

    def note(self, reading: ListReading) -> None:
        """Remember what a reading shows."""
        self._add(reading, len(reading.rows) + len(reading.gone))

    def note_operation(self, change: ObservedChange) -> None:
        """Remember that an operation began or ended."""
        self._add(change, 1)

    def _add(self, note: Note, weight: int) -> None:
        with self._changed:
            if self._closing:
                return
            if self._waiting + weight > MOST_WAITING and self._notes and self._trouble:
                self._lost += weight
                return
            self._notes.append(note)
            self._waiting += weight
            if self._thread is None:
                self._thread = Thread(target=self._write_all, name="history", daemon=True)
                self._thread.start()
            self._changed.notify()

    async def changes(self, span: Span) -> Sequence[ObservedChange]:
        """The changes of a span, newest first. Raises HistoryError."""
        return await self._answer(lambda database: answers.changes(database, span), [])

    async def watched(self, span: Span) -> Sequence[WatchedSpan]:
        """When the lists were watched within a span. Raises HistoryError."""
        return await self._answer(lambda database: answers.watched(database, span), [])

    async def past(self, ref: Ref) -> MachinePast:
        """Since when a machine is as it is. Raises HistoryError."""
        return await self._answer(lambda database: answers.past(database, ref), MachinePast())

    async def remembered(self, profile: str, view: str) -> Mapping[str, Remembered]:
        """What is known of each machine of a list, by id. Raises HistoryError."""
        return await self._answer(lambda database: answers.remembered(database, profile, view), {})

    async def _answer(self, ask: Callable[[sqlite3.Connection], T], without: T) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._asked, self._read, ask, without)

    def _read(self, ask: Callable[[sqlite3.Connection], T], without: T) -> T:
        try:
            if (now := file_number(self._path)) != self._reads:
                self._leave()  # it was moved aside as corrupt, or away
            if self._reader is None:
                self._reader, self._reads = opened_to_read(self._path), now
            return ask(self._reader)
        except FileNotFoundError:
            return without
        except (sqlite3.Error, OSError, NewerVersion) as error:
            self._leave()
            raise HistoryError(_why(self._path, error)) from error

    def _leave(self) -> None:
        """Close the file that is read; the next question opens it anew."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def aclose(self) -> None:
        """Write what is left, within a bound; whatever hangs is left behind."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)
        self._asked.shutdown(wait=False, cancel_futures=True)

    def _write_all(self) -> None:
        """The thread: write batches until it is closed."""
        writer = _DatabaseWriter(self._path, self._now, self._days, self._bytes, self._opened)
        while batch := self._next():
            while not self._written(writer, batch):
                with self._changed:
                    if self._changed.wait_for(lambda: self._closing, AGAIN_SECONDS):
                        return
        writer.finish()

    def _next(self) -> list[Note]:
        """The next batch; empty once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._notes or self._closing)
            self._changed.wait_for(lambda: self._closing, BATCH_SECONDS)
            batch = list(self._notes)
            self._notes.clear()
            return batch

    def _written(self, writer: _DatabaseWriter, batch: list[Note]) -> bool:
        """Write a batch; return whether that is done with."""
        try:
            writer.write(batch)
        except (sqlite3.Error, OSError, NewerVersion) as error:
            self._say(_why(self._path, error))
            return False
        except Exception:  # noqa: BLE001 - logged: a batch that cannot be written is dropped, and history goes on
            _log.exception("history: a batch is not kept")
        with self._changed:
            self._waiting = sum(_weight(note) for note in self._notes)
            lost, self._lost = self._lost, 0
        self._say("")
        if lost:
            _log.warning("history: %d rows were not kept while nothing could be written", lost)
        return True

    def _opened(self, aside: Path | None, anew: bool) -> None:
        """Say where a corrupt file is; forget readings that say what is different from one that is gone."""
        if aside is not None:
            self._aside = str(aside)
            _log.warning("the history was corrupt: it was moved to %s, and a new one begun", aside)
        if anew:
            with self._changed:
                self._begun += 1
                self._notes = deque(_without_readings(self._notes))

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            _log.warning("history is not kept: %s", trouble)
        self._trouble = trouble


class _DatabaseWriter:
    """The writing connection, opened anew after it failed.

    `opened` is told where a corrupt file was moved to, and whether one was given up that this process had written.
    """

    def __init__(
        self,
        path: Path,
        now: Callable[[], float],
        days: float,
        most_bytes: int,
        opened: Callable[[Path | None, bool], None],
    ) -> None:
        self._path, self._now, self._days, self._bytes = path, now, days, most_bytes
        self._opened = opened
        self._database: sqlite3.Connection | None = None
        self._writing: Writing | None = None
        self._pruned_at = float("-inf")
        self._suspect = False

    def write(self, batch: list[Note]) -> None:
        """Write a batch, or what of it can stand in a file begun anew.

        Raises OSError, sqlite3.Error, NewerVersion; then nothing of it was written.
        """
        try:
            anew = self._suspect
            database, writing = self._open()
            if anew:
                batch[:] = _without_readings(batch)
            with transaction(database):
                for note in batch:
                    if isinstance(note, ListReading):
                        writing.note(note)
                    else:
                        writing.note_operation(note)
            if time.monotonic() - self._pruned_at > PRUNE_SECONDS:
                writing.prune(self._now(), self._days, self._bytes)
                self._pruned_at = time.monotonic()
        except sqlite3.Error as error:
            self._suspect = self._suspect or is_corrupt(error)
            if self._suspect or isinstance(error, sqlite3.ProgrammingError):
                self.close()
            raise

    def _open(self) -> tuple[sqlite3.Connection, Writing]:
        if self._database is None or self._writing is None:
            self._database, aside = opened_to_write(self._path, suspect=self._suspect)
            anew, self._suspect = self._suspect, False
            self._writing = Writing(self._database)
            if aside is not None or anew:
                self._opened(aside, anew)
        return self._database, self._writing

    def finish(self) -> None:
        """Note until when each list was watched, and close."""
        with suppress(sqlite3.Error):
            if self._database is not None and self._writing is not None:
                with transaction(self._database):
                    self._writing.finish()
        self.close()

    def close(self) -> None:
        """Close the connection; the next write opens it anew."""
        if self._database is not None:
            self._database.close()
        self._database = self._writing = None


def _without_readings(notes: Iterable[Note]) -> list[Note]:
    """Notes without those that tell only what was different from a file that is gone."""
    return [note for note in notes if not isinstance(note, ListReading)]


def _weight(note: Note) -> int:
    return len(note.rows) + len(note.gone) if isinstance(note, ListReading) else 1


def _why(path: Path, error: Exception) -> str:
    """The cause, for a person."""
    if isinstance(error, NewerVersion):
        return f"{error}: update this one, or move the file away"
    if isinstance(error, OSError) and error.strerror:
        return f"{path}: {error.strerror}"
    return f"{path}: {error}"
