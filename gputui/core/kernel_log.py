"""What a machine's kernel log tells about its GPUs, links, memory and disks, and what follows from it.

Sources: NVIDIA's Xid catalog and Fabric Manager guide, NVSentinel (repetition rules), gpud and Meta's gcm (which Xids
are no verdict on the hardware).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from gputui.core.gpu_findings import GpuFinding, Repair
from gputui.core.health import Health
from gputui.core.xids import Fault, Xid, xid


class LogKind(Enum):
    """What a line of the kernel log is about."""

    XID = "Xid"
    SXID = "SXid"
    OUT_OF_MEMORY = "out of memory"
    HUNG_TASK = "hung task"
    READ_ONLY = "read-only file system"
    DISK = "disk error"
    LINK = "network link"


@dataclass(frozen=True, slots=True)
class KernelEvent:
    """One line: `at` epoch seconds, the PCI address it names, its Xid's number; text, pid and name are clean."""

    at: float
    kind: LogKind
    text: str
    bus: str = ""
    number: int = 0
    pid: int | None = None
    name: str = ""

    @property
    def xid(self) -> Xid:
        """What is known about its number."""
        return xid(self.number)


class Readable(Enum):
    """Whether the kernel log could be read."""

    NOT_YET = "not read yet"
    YES = "read"
    NO = "could not be read"


@dataclass(frozen=True, slots=True)
class KernelLog:
    """The events since boot, oldest first, and whether the log could be read at all: none is another answer then."""

    events: tuple[KernelEvent, ...] = ()
    readable: Readable = Readable.NOT_YET


UNREAD_LOG = KernelLog()
"""The log of a machine that was not asked yet."""
KEPT = 400
"""Events kept of a machine."""
FOLLOWS_WITHIN = 10.0
"""Seconds within which an error of the same GPU is a follower of the one before it."""
REPEATED_WITHIN = 86400.0
"""Seconds within which a job's fault that comes again on one GPU becomes a suspicion of the GPU (NVSentinel)."""
_FATAL_TOO_OFTEN = 5
_ACTIONS_154 = {
    "none": (Health.OK, Repair.NONE),
    "gpu reset required": (Health.BAD, Repair.RESET),
    "node reboot required": (Health.BAD, Repair.REBOOT),
    "drain p2p": (Health.DEGRADED, Repair.APP),
    "drain and reset": (Health.DEGRADED, Repair.RESET),
}


def same_bus(one: str, other: str) -> bool:
    """Whether two PCI addresses are of one device: the domain has four digits or eight, the function may be missing."""
    return bool(one and other) and _tail(one) == _tail(other)


def _tail(bus: str) -> str:
    return bus.casefold().removesuffix(".0").partition(":")[2]


def causes(events: Sequence[KernelEvent]) -> Iterator[tuple[KernelEvent, int]]:
    """Yield each Xid that follows no other, with the number of those that follow it. Events are oldest first.

    The first one that is no follower is the cause: 43 and 45, and a second 79, come after what went wrong.
    """
    open_causes: dict[str, tuple[KernelEvent, int]] = {}
    for event in events:
        if event.kind is not LogKind.XID:
            continue
        before = open_causes.get(_tail(event.bus))
        if before is not None and event.at - before[0].at <= FOLLOWS_WITHIN and not _graver(event, before[0]):
            open_causes[_tail(event.bus)] = (before[0], before[1] + 1)
            continue
        if before is not None:
            yield before
        open_causes[_tail(event.bus)] = (event, 0)
    yield from open_causes.values()


def _graver(event: KernelEvent, cause: KernelEvent) -> bool:
    """Whether an error is no mere follower of another: only errors of the hardware outrank one that came before."""
    return event.xid.fault is not Fault.FOLLOWER and event.xid.health.rank < cause.xid.health.rank


_NEEDS = "needs root, or the group adm or systemd-journal"


def findings(log: KernelLog, titles: dict[str, str], now: float) -> Iterator[GpuFinding]:
    """Yield what follows from a machine's kernel log; `titles` are its GPUs' names by PCI address."""
    if log.readable is Readable.NO:
        words = "its kernel log could not be read: no word on Xids"
        yield GpuFinding(Health.OK, words, advice=_NEEDS, source="kernel log")
    asked = _asked(log.events)
    told: dict[tuple[str, int], list[tuple[KernelEvent, int]]] = {}
    for cause, followers in causes(log.events):
        told.setdefault((_tail(cause.bus), cause.number), []).append((cause, followers))
    for (bus, _), found in told.items():
        yield _xid_finding(found, _title(found[0][0].bus, titles), asked.get(bus), now)
    for event in log.events:
        if event.kind is LogKind.XID and event.number == 154 and asked.get(_tail(event.bus)) is event:
            yield from _asked_finding(event, _title(event.bus, titles))
    yield from _others(log.events, now)


def _asked(events: Iterable[KernelEvent]) -> dict[str, KernelEvent]:
    """The driver's last word on each GPU: 154 logs each change of what it asks to be done."""
    return {_tail(event.bus): event for event in events if event.kind is LogKind.XID and event.number == 154}


def _asked_for(event: KernelEvent) -> str:
    """The text in the last parentheses: `... changed from 0x0 (None) to 0x2 (Node Reboot Required)`."""
    return event.text.rpartition("(")[2].rpartition(")")[0].strip()


def _asked_finding(event: KernelEvent, title: str) -> Iterator[GpuFinding]:
    asked = _asked_for(event)
    health, action = _ACTIONS_154.get(asked.casefold(), (Health.BAD, Repair.REPORT))
    if health is not Health.OK:
        words = f"{title}: the driver asks for: {asked} (Xid 154)"
        yield GpuFinding(health, words, action, "", "kernel log", event.at)


def _title(bus: str, titles: dict[str, str]) -> str:
    return next(
        (title for other, title in titles.items() if same_bus(bus, other)), f"the GPU at {bus}" if bus else "a GPU"
    )


def _xid_finding(
    found: Sequence[tuple[KernelEvent, int]], title: str, asked: KernelEvent | None, now: float
) -> GpuFinding:
    first, followers = found[0]
    known = first.xid
    health, action, advice = known.health, known.action, known.advice
    lately = [event for event, _ in found if now - event.at <= REPEATED_WITHIN]
    times = "" if len(found) == 1 else f", {len(found)} times"
    behind = "" if not followers else f", {followers} more follow it"
    whose = f" in {first.name} ({first.pid})" if first.name and first.pid is not None else ""
    if known.fault is Fault.APP and first.number in (13, 31) and len(lately) > 1:
        health, advice = Health.DEGRADED, _TWICE
    elif len(lately) >= _FATAL_TOO_OFTEN and health is Health.BAD:
        action, advice = Repair.REPLACE, "five times within a day: to the provider, with the evidence"
    last = found[-1][0].at
    if asked is not None and asked.at >= last and _asked_for(asked).casefold() == "none":
        health, action, advice = Health.OK, Repair.NONE, "the driver has taken back what it asked for"
    elif not lately:
        health, times = Health.OK, f"{times}, {_OLD}"
    words = f"{title}: Xid {first.number}, {known.what}{whose}{times}{behind}"
    return GpuFinding(health, words, action, advice, "kernel log", last)


_TWICE = "twice within a day on one GPU: run its diagnostics (dcgmi diag), suspect the GPU"
_OLD = "more than a day ago"
"""What is that old may have been mended by a reset, which the log does not show: it is told, and decides nothing."""


_WHAT: dict[LogKind, tuple[Health, str, Repair, str]] = {
    LogKind.SXID: (Health.BAD, "NVSwitch error", Repair.RESET, "reset GPUs and switches together; in a VM: restart it"),
    LogKind.OUT_OF_MEMORY: (Health.OK, "the kernel killed a process: out of memory", Repair.APP, ""),
    LogKind.HUNG_TASK: (
        Health.DEGRADED,
        "a task hangs in the kernel",
        Repair.REBOOT,
        "look at its disk, network or driver",
    ),
    LogKind.READ_ONLY: (Health.BAD, "a file system went read-only", Repair.REBOOT, "its disk fails: report it"),
    LogKind.DISK: (Health.DEGRADED, "disk errors", Repair.REPORT, ""),
    LogKind.LINK: (
        Health.DEGRADED,
        "network link trouble",
        Repair.REPORT,
        "jobs over several machines hang or slow down",
    ),
}


def _others(events: Sequence[KernelEvent], now: float) -> Iterator[GpuFinding]:
    for kind, (health, words, action, advice) in _WHAT.items():
        found = [event for event in events if event.kind is kind]
        if kind is LogKind.SXID:
            found = [event for event in found if "non-fatal" not in event.text.casefold()]
        if found:
            last = found[-1]
            times = "" if len(found) == 1 else f" ({len(found)} times)"
            if now - last.at > REPEATED_WITHIN:
                health, times = Health.OK, f"{times}, {_OLD}"
            yield GpuFinding(health, f"{words}{times}: {last.text}", action, advice, "kernel log", last.at)


def joined(log: KernelLog, newer: Iterable[KernelEvent], readable: Readable) -> KernelLog:
    """Return the log with newer events; those that are known already are dropped (a second may be asked for twice)."""
    known = set(log.events)
    fresh = [event for event in newer if event not in known]
    if not fresh and readable is log.readable:
        return log
    return replace(log, events=(*log.events, *fresh)[-KEPT:], readable=readable)
