"""Reading a machine's kernel log: the journal if this user may, else dmesg; on opening all since boot, then the news.

Forms of the lines: NVIDIA's Xid documentation, open-gpu-kernel-modules, systemd (`-o short-unix`), util-linux (dmesg).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from gputui.core.kernel_log import KernelEvent, KernelLog, LogKind, Readable, joined
from gputui.core.text import clean, shorten
from gputui.ssh.gpus.question import MachineAnswer, Part

_MOST = 100
"""Lines of each of the two ways: far below the bound of an answer, however long they are."""
_LONGEST = 240
_WORTH = (
    "NVRM|SXid|Out of memory: Killed|oom-kill:|blocked for more than|soft lockup|Remounting filesystem read-only"
    "|timeout, reset controller|I/O error|health compromised|unrecoverable hardware error|Link is Down|link down"
)
_JOURNAL = re.compile(r"(?P<at>[0-9]{9,11}(?:\.[0-9]{1,9})?) \S{1,255} kernel: (?P<text>.*)")
_DMESG = re.compile(r"(?:<[0-9]{1,3}>)?\[ *(?P<at>[0-9]{1,10}\.[0-9]{1,9})\] (?P<text>.*)")
_XID = re.compile(
    r"NVRM: Xid \((?:PCI:)?(?P<bus>[0-9A-Fa-f:.]{4,20})(?: GPU-I:\w{1,8})?\): (?P<number>[0-9]{1,5})"
    r"(?:, pid=(?P<pid>'?[^,]{0,40}'?), name=(?P<name>[^,]{0,80}))?,? ?(?P<text>.*)"
)
_SXID = re.compile(r"SXid \((?:PCI:)?(?P<bus>[0-9A-Fa-f:.]{4,20})\): (?P<number>[0-9]{1,6}), (?P<text>.*)")
_FALLEN = re.compile(r"NVRM: GPU (?P<bus>[0-9A-Fa-f:.]{4,20}): GPU has fallen off the bus")
_KINDS: tuple[tuple[str, LogKind], ...] = (
    (r"Out of memory: Killed|oom-kill:", LogKind.OUT_OF_MEMORY),
    (r"blocked for more than|soft lockup", LogKind.HUNG_TASK),
    (r"Remounting filesystem read-only", LogKind.READ_ONLY),
    (r"timeout, reset controller|I/O error", LogKind.DISK),
    (r"health compromised|unrecoverable hardware error|Link is Down|link down", LogKind.LINK),
)


@dataclass(slots=True)
class LogReader:
    """What is known of one machine's kernel log, and by which of the two ways it can be read.

    `started` is when the machine started, epoch seconds: with another start, what was kept is of another life.
    """

    log: KernelLog = field(default_factory=KernelLog)
    by: Part | None = None
    started: float | None = None

    def questions(self) -> list[tuple[Part, str]]:
        """Return the parts to ask: both ways until one has worked, then only what is new."""
        worth = f'grep -E "{_WORTH}" | tail -n {_MOST}'
        asked = []
        if self.by in (None, Part.JOURNAL):
            since = f"--since @{int(self.log.events[-1].at)} " if self.log.events else ""
            journal = "{limit}journalctl -k -b -o short-unix --no-pager"
            probe = f"{journal} -n 1 2>&1; " if self.by is None else ""
            asked.append((Part.JOURNAL, f"{probe}{journal} {since}-n 20000 2>&1 | {worth}"))
        if self.by in (None, Part.DMESG):
            probe = "{limit}dmesg 2>&1 | tail -n 1; " if self.by is None else ""
            asked.append((Part.DMESG, f"{probe}{{limit}}dmesg 2>&1 | {worth}"))
        return asked

    def take(self, got: MachineAnswer, now: float, uptime: float | None) -> None:
        """Take the newest lines; `uptime` is the machine's, in seconds, by which dmesg counts."""
        if uptime is not None:
            self._start_at(now - uptime)
        zero = now if self.started is None else self.started
        for part, found in (
            (Part.JOURNAL, _lines_of(got.lines(Part.JOURNAL), _JOURNAL, 0.0)),
            (Part.DMESG, _lines_of(got.lines(Part.DMESG), _DMESG, zero)),
        ):
            lines = sorted(dict.fromkeys(found), key=itemgetter(0))
            if lines or (self.by is part and got.has(part)):
                self.by = part
                self.log = joined(self.log, events_in(lines), Readable.YES)
                return
        if got.has(Part.JOURNAL) or got.has(Part.DMESG):
            self.log = joined(self.log, (), Readable.NO)

    def _start_at(self, started: float) -> None:
        """Keep the start as it was first computed, so that a line keeps its time; forget all after a restart."""
        if self.started is not None and abs(started - self.started) < _SAME_START:
            return
        if self.started is not None:
            self.log, self.by = KernelLog(), None
        self.started = started


_SAME_START = 60.0


def _lines_of(lines: Iterable[str], form: re.Pattern[str], zero: float) -> Iterator[tuple[float, str]]:
    for line in lines:
        found = form.match(line)
        if found is not None:
            yield round(zero + float(found["at"]), 3), found["text"]


def events_in(lines: Iterable[tuple[float, str]]) -> Iterator[KernelEvent]:
    """Yield the events in the lines (epoch seconds, text); other lines are skipped."""
    for at, text in lines:
        event = _event(at, text)
        if event is not None:
            yield event


def _event(at: float, text: str) -> KernelEvent | None:
    if (found := _XID.search(text)) is not None:
        pid = (found["pid"] or "").strip("'")
        name = _clean(found["name"] or "")
        return KernelEvent(
            at,
            LogKind.XID,
            _clean(found["text"]),
            found["bus"],
            int(found["number"]),
            int(pid) if pid.isascii() and pid.isdigit() else None,
            "" if name.startswith("<") else name,
        )
    if (found := _FALLEN.search(text)) is not None:
        return KernelEvent(at, LogKind.XID, "GPU has fallen off the bus", found["bus"], 79)
    if (found := _SXID.search(text)) is not None:
        return KernelEvent(at, LogKind.SXID, _clean(found["text"]), found["bus"], int(found["number"]))
    kind = next((kind for pattern, kind in _KINDS if re.search(pattern, text)), None)
    return None if kind is None else KernelEvent(at, kind, _clean(text))


def _clean(text: str) -> str:
    return shorten(clean(text.strip()), _LONGEST)
