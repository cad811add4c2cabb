"""The journal of changes: a line synced to disk before a request is sent, one after, and one at its end."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gputui.core.request import Outcome, Request
from gputui.core.rows import Row
from gputui.core.secret import Secret, masked
from gputui.core.text import Json
from gputui.engine.audit import AuditEntry, entries
from gputui.engine.journal_lines import append_line, read_records
from gputui.engine.unfinished import LONGEST, Unfinished, unfinished


@dataclass(frozen=True, slots=True)
class Intention:
    """A request about to be sent, as the journal records it.

    It holds enough for another console, started later, to follow it: `makes` are the names of what is being made,
    `before` the ids of rows with those names that existed already.
    """

    profile: str
    view: str
    verb: str
    rows: Sequence[Row]
    request: Request
    inputs: Mapping[str, Any] = field(default_factory=dict)
    makes: Sequence[str] = ()
    before: Sequence[str] = ()


class Journal:
    """Appends to audit.jsonl (0600). Writes run on their own thread, as a hung resolver may fill the shared pool.

    With `required`, a change that cannot be recorded must not be sent. `mark` makes its entry ids unique, because
    process ids repeat when several hosts or containers share a home directory.
    """

    def __init__(
        self, path: Path, who: str, now: Callable[[], float], *, required: bool = False, mark: str = ""
    ) -> None:
        self.path = path
        self.required = required
        self._who = who
        self._now = now
        self._host = socket.gethostname()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._mark = mark or os.urandom(4).hex()
        self._written = 0

    def new_entry(self) -> str:
        """An id for one change, unique among all consoles."""
        self._written += 1
        return f"{int(self._now() * 1000):x}-{self._mark}-{self._written:x}"

    async def intend(self, entry: str, intention: Intention) -> None:
        """Write and fsync what is about to be sent. Raises OSError if that fails."""
        told = intention
        await self._append(
            entry,
            "intent",
            {
                "who": self._who,
                "host": self._host,
                "profile": told.profile,
                "view": told.view,
                "verb": told.verb,
                "targets": [{"id": row.ref.id, "name": row.name, "state": row.state} for row in told.rows],
                "makes": list(told.makes),
                "before": list(told.before),
                "inputs": _without_secrets(told.inputs, told.request.secrets),
                "request": described(told.request),
            },
        )

    async def close_entry(self, entry: str, intention: Intention, outcome: Outcome) -> None:
        """Write the outcome of the entry's request."""
        await self._append(
            entry,
            "outcome",
            {
                "profile": intention.profile,
                "verb": intention.verb,
                "outcome": outcome.send_status.value,
                "status": outcome.status,
                "request_id": outcome.request_id,
                "problem": str(outcome.problem) if outcome.problem else None,
            },
        )

    async def settle(
        self, entry: str, profile: str, verb: str, target: Mapping[str, str], end: str, *, bad: bool = False
    ) -> None:
        """Write how the change of one target ended, as read from it; `bad` if a person must be told."""
        told = {"profile": profile, "verb": verb, "target": dict(target), "end": end}
        await self._append(entry, "settled", {**told, "bad": True} if bad else told)

    async def saw(self, entry: str, profile: str, verb: str, target: Mapping[str, str]) -> None:
        """Write that a person has seen the bad end of one target, so that no other console reports it."""
        await self._append(entry, "seen", {"who": self._who, "profile": profile, "verb": verb, "target": dict(target)})

    async def _append(self, entry: str, phase: str, rest: dict[str, Any]) -> None:
        at = datetime.fromtimestamp(self._now(), UTC)
        record = {"at": at.isoformat(timespec="milliseconds"), "id": entry, "phase": phase, **rest}
        line = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        await asyncio.get_running_loop().run_in_executor(self._thread, append_line, self.path, line, at)

    async def unfinished(self) -> list[Unfinished]:
        """The changes whose end is not recorded. Raises OSError if the journal cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._unfinished)

    async def entries(self, since: datetime | None = None) -> list[AuditEntry]:
        """The recorded changes, oldest first; all, or those since then. Raises OSError if it cannot be read."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: entries(read_records(self.path, since)))

    def _unfinished(self) -> list[Unfinished]:
        since = datetime.fromtimestamp(self._now() - LONGEST, UTC)
        return unfinished(read_records(self.path, since))

    def aclose(self) -> None:
        """Let the last line be written and end the thread."""
        self._thread.shutdown(wait=True)


def described(request: Request) -> Json:
    """A request as journal and dialogs may show it: secrets masked."""
    body = masked(request.body, request.secrets)
    return {"method": request.method, "path": request.path, "query": dict(request.query), "body": body}


def _without_secrets(inputs: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not isinstance(value, Secret) and name not in names}
