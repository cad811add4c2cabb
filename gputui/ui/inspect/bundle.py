"""`:bundle`: a folder to hand over, without secrets: the fleet, what changed, what was done, the journal, versions."""

from __future__ import annotations

import asyncio
import io
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from gputui import __version__
from gputui.core.csv_text import write_csv
from gputui.core.dumps import write_folder
from gputui.core.gpu_findings import Verdict
from gputui.core.records import Found, column_ids, record
from gputui.core.redaction import redacted
from gputui.engine.audit import AuditEntry
from gputui.engine.cloud import Feed
from gputui.engine.history.history import HistoryError
from gputui.engine.history.records import Span
from gputui.engine.history.timeline import Entry, Unwatched, grouped, unwatched
from gputui.engine.store import Store
from gputui.ui.inspect.history import operation_lines

if TYPE_CHECKING:
    from gputui.ui.host import Host

DAY = 86_400.0
_PARTS = ("textual", "httpx", "pydantic", "asyncssh")


async def write_bundle(host: Host) -> None:
    """Write the folder, and say where it is."""
    store = host.store
    now = store.clock.now()
    timeline = await _timeline(store, now)
    journal = await _journal(store, now)
    found = _machines(store)
    operations = ["".join(text for text, _ in line) for line in operation_lines(store.operations.everything(), now)]
    texts = {
        "README.md": _about(store, now),
        "timeline.md": timeline,
        "operations.txt": "\n".join(operations) + "\n",
        "gpus.md": _gpus(store),
        "audit.jsonl": journal,
    }
    try:
        path = await asyncio.to_thread(partial(_written, host.dumps, texts, found, now))
    except OSError as error:
        host.notify(f"not saved: {error.strerror or error}", severity="error", markup=False)
    else:
        host.notify(f"saved: {path}", markup=False, timeout=10)


def _written(dumps: Path, texts: Mapping[str, str], found: Sequence[Found], now: float) -> Path:
    """Write everything with secrets masked. Raises OSError."""
    whole = {**texts, "fleet.csv": _fleet(found)}
    return write_folder(dumps, "bundle", {name: redacted(text) for name, text in whole.items()}, now)


def _machines(store: Store) -> list[Found]:
    found: list[Found] = []
    for ref in store.fleet.rows:
        row, view, cloud = store.find(ref), store.view(ref), store.clouds.get(ref.profile)
        if row is not None and view is not None and cloud is not None:
            taken_at = cloud.snapshot(Feed(view.name)).taken_at
            found.append(Found(cloud.provider.name, view, row, taken_at or store.clock.now()))
    return found


def _fleet(found: Sequence[Found]) -> str:
    out = io.StringIO()
    views = {id(each.view): each.view for each in found}
    write_csv(map(record, found), column_ids([*views.values()]), out)
    return out.getvalue()


async def _timeline(store: Store, now: float) -> str:
    span = Span(now - DAY)
    try:
        changes, watched = await store.history.changes(span), await store.history.watched(span)
    except HistoryError as error:
        return f"# What changed\n\nhistory cannot be read: {error}\n"
    gaps = unwatched(watched, list(store.tabs), span.since, now)
    things: Iterable[Entry | Unwatched] = sorted([*grouped(changes), *gaps], key=_at, reverse=True)
    lines = [_line(thing) for thing in things] or ["nothing"]
    return "\n".join(["# What changed in the last 24 hours", "", *lines, ""])


def _at(thing: Entry | Unwatched) -> float:
    return thing.ended if isinstance(thing, Unwatched) else thing.newest.at


def _line(thing: Entry | Unwatched) -> str:
    if isinstance(thing, Unwatched):
        return f"- {_clock(thing.begun)} to {_clock(thing.ended)} {thing.profile or 'all profiles'}: not watched"
    change = thing.newest
    if thing.machines > 1:
        names = ", ".join(sorted(one.name for one in thing.changes))
        return f"- {_clock(change.at)} {change.ref.profile}: {change.text}: {names}"
    what = ", ".join(one.text for one in thing.changes)
    return f"- {_clock(change.at)} {change.ref.profile} {change.name}: {what}"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


async def _journal(store: Store, now: float) -> str:
    entries: Sequence[AuditEntry] = ()
    with suppress(OSError):
        entries = await store.journal.entries()
    lately = [entry for entry in entries if entry.at.timestamp() >= now - DAY]
    return "".join(f"{json.dumps(entry.record, ensure_ascii=True)}\n" for entry in lately)


def _gpus(store: Store) -> str:
    """The verdicts on machines' GPUs that were taken in this session, the worst first."""
    taken = sorted(store.gpu_verdicts.everything(), key=lambda one: (one.verdict.health.rank, one.ref))
    lines = [f"- {_clock(one.at)} {one.ref.profile} {one.name}: {_judged(one.verdict)}" for one in taken]
    return "\n".join(["# GPU verdicts of this session", "", *(lines or ["none was taken"]), ""])


def _judged(verdict: Verdict) -> str:
    return f"{verdict.health.word}: {verdict.words or 'no findings'}"


def _about(store: Store, now: float) -> str:
    lines = [
        f"# gputui bundle of {_clock(now)}",
        "",
        "Secrets are masked. Times are UTC unless they say otherwise.",
        "",
    ]
    for name, tab in store.tabs.items():
        bad, degraded = store.faults(name)
        state = store.state(name)
        trouble = f", {state.problem}" if state.problem else ""
        counts = f"{len(store.machines(name))} machines, {bad} bad, {degraded} degraded"
        lines.append(f"- {name} ({tab.provider}): {counts}{trouble}")
    parts = [f"gputui {__version__}", f"Python {platform.python_version()}", *map(_version, _PARTS)]
    return "\n".join([*lines, "", ", ".join(parts), ""])


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} unknown"
