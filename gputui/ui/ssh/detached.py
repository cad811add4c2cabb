"""The sessions that were left on a machine, and which of them `s` leads back into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Literal

from gputui.core.actions import Choice
from gputui.core.problem import Failed
from gputui.core.rows import Ref
from gputui.ssh.session_result import lasted
from gputui.ui.widgets.chooser import Chooser

if TYPE_CHECKING:
    from gputui.ssh.shells.sessions import SessionEntry
    from gputui.ui.host import Host
    from gputui.ui.ssh_service import SshService


class Another(Enum):
    """A session beside those that were left."""

    SESSION = "another"


ANOTHER: Literal[Another.SESSION] = Another.SESSION


def detached_on(ssh: SshService, ref: Ref) -> list[SessionEntry]:
    """Return the live sessions on the machine behind a row, the one left last first.

    Not those at an address that it no longer has; the row of a machine that has none now still leads to them.
    """
    try:
        now = ssh.machine(ref).place
    except Failed:
        now = None
    live = (entry for entry in ssh.entries if entry.ending is None and entry.machine.ref == ref)
    return sorted((entry for entry in live if now in (None, entry.machine.place)), key=lambda one: -(one.left_at or 0))


async def choose_session(host: Host, left: list[SessionEntry]) -> SessionEntry | Another | None:
    """Ask for one of several sessions, or another one; None for neither. Must run in a worker."""
    title = f"Back into which session on {left[0].machine.name}?"
    chosen = await host.push_screen_wait(Chooser(title, list(choices_of(left, host.ssh.sessions.away))))
    if chosen is None:
        return None
    return left[int(chosen.value)] if chosen.value else ANOTHER


def choices_of(left: Sequence[SessionEntry], away: Callable[[SessionEntry], float | None]) -> Iterator[Choice]:
    """Yield each session by its number, with its last line, and another one last; `away` gives seconds."""
    for at, entry in enumerate(left):
        yield Choice(str(at), f"left {lasted(away(entry) or 0)} ago", entry.session.last_line)
    yield Choice("", "another session")
