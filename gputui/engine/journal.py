"""The journal of changes: one line before a request leaves, on disk for sure, and one after."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gputui.core.request import Outcome, Request
from gputui.core.rows import Row
from gputui.core.text import Json, as_object

MASK = "***"


class Journal:
    """Appends to audit.jsonl (0600). Writes run on one thread of its own: a hung resolver may fill the common pool."""

    def __init__(self, path: Path, who: str, now: Callable[[], float]) -> None:
        self._path = path
        self._who = who
        self._now = now
        self._host = socket.gethostname()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._written = 0

    async def intend(self, profile: str, verb: str, rows: tuple[Row, ...], request: Request) -> str:
        """Write and fsync what is about to be sent; return the entry's id. Raises OSError where it cannot."""
        self._written += 1
        entry = f"{int(self._now() * 1000):x}-{os.getpid():x}-{self._written:x}"
        await self._append(
            {
                "at": self._stamp(),
                "id": entry,
                "phase": "intent",
                "who": self._who,
                "host": self._host,
                "profile": profile,
                "verb": verb,
                "targets": [
                    {"id": row.ref.id, "name": row.name, "view": row.ref.view, "state": row.state} for row in rows
                ],
                "request": described(request),
            }
        )
        return entry

    async def close_entry(self, entry: str, profile: str, verb: str, outcome: Outcome) -> None:
        """Write what came of the entry's request."""
        await self._append(
            {
                "at": self._stamp(),
                "id": entry,
                "phase": "outcome",
                "profile": profile,
                "verb": verb,
                "outcome": outcome.fate.value,
                "status": outcome.status,
                "request_id": outcome.request_id,
                "problem": str(outcome.problem) if outcome.problem else None,
            }
        )

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")

    async def _append(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, ensure_ascii=True, separators=(",", ":")) + "\n"
        await asyncio.get_running_loop().run_in_executor(self._thread, _append_line, self._path, line.encode())

    def aclose(self) -> None:
        """Let the last line be written and end the thread."""
        self._thread.shutdown(wait=True)


def _target(row: Row) -> Json:
    return {"id": row.ref.id, "name": row.name, "view": row.ref.view, "state": row.state}


def _append_line(path: Path, line: bytes) -> None:
    """Append one whole line under a lock, so that two consoles never lose or mix lines, and force it to disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        view = memoryview(line)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def described(request: Request) -> Json:
    """A request as journals and dialogs may show it: secrets masked."""
    body = request.body
    if request.secrets and isinstance(body, dict):
        body = _masked(body, request.secrets)
    return {"method": request.method, "path": request.path, "query": dict(request.query), "body": body}


def _masked(body: Json, names: frozenset[str]) -> Json:
    if isinstance(body, list):
        return [_masked(entry, names) for entry in body]
    if not isinstance(body, dict):
        return body
    return {key: MASK if key in names else _masked(value, names) for key, value in as_object(body).items()}
