"""`l`: the kernel logs of the watched machines in one, by time: an incident begins with who fell first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from gputui.core.cells import health_tone
from gputui.core.gpu_verdicts import count
from gputui.core.kernel_log import KernelEvent, LogKind, Readable
from gputui.ui.widgets.reader import Reader
from gputui.ui.widgets.styles import Line

if TYPE_CHECKING:
    from gputui.ssh.gpus.watch import WatchedMachine
    from gputui.ui.host import Host

_WITHOUT_NAMES = 3


def show_kernel_logs(host: Host, watched: Iterable[WatchedMachine]) -> None:
    """Open what is known of the kernel logs now."""
    host.push_screen(Reader("kernel logs of these machines, the latest first", log_lines(list(watched))))


def log_lines(watched: list[WatchedMachine]) -> Iterator[Line]:
    """Yield a line for each event, the latest first, then whose logs could not be read, and whose hold nothing."""
    told = [(event, one.machine.name) for one in watched if one.reading is not None for event in one.reading.log.events]
    width = max((len(name) for _, name in told), default=0)
    for event, name in sorted(told, key=lambda pair: pair[0].at, reverse=True):
        yield (
            (f" {datetime.fromtimestamp(event.at):%m-%d %H:%M:%S}  ", "dim"),
            (f"{name:<{width}}  ", "strong"),
            (f"{_what(event)}  ", health_tone(event.xid.health) if event.kind is LogKind.XID else "dim"),
            (event.text, ""),
        )
    yield ()
    yield from _others(watched)


def _what(event: KernelEvent) -> str:
    if event.kind is LogKind.XID:
        return f"Xid {event.number} at {event.bus}, {event.xid.what}"
    return f"{event.kind.value} {event.number}" if event.number else event.kind.value


def _others(watched: list[WatchedMachine]) -> Iterator[Line]:
    quiet = [one for one in watched if _readable(one) is Readable.YES and one.reading and not one.reading.log.events]
    unread = [one.machine.name for one in watched if _readable(one) is Readable.NO]
    waiting = [one.machine.name for one in watched if _readable(one) is Readable.NOT_YET]
    if quiet:
        yield ((f" nothing since they started: {count(len(quiet), 'machine')}", "dim"),)
    if unread:
        yield ((f" could not be read (needs root, or the group adm): {_names(unread)}", "unknown"),)
    if waiting:
        yield ((f" not read yet: {_names(waiting)}", "dim"),)


def _readable(one: WatchedMachine) -> Readable:
    return one.reading.log.readable if one.reading is not None else Readable.NOT_YET


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _WITHOUT_NAMES} more" if len(names) > _WITHOUT_NAMES else ""
    return ", ".join(names[:_WITHOUT_NAMES]) + more
