"""`s`: from a row to a full-screen SSH session and back to the console."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from gputui.core.actions import Risk
from gputui.core.problem import Failed
from gputui.core.rows import Ref
from gputui.engine.store import Store
from gputui.ssh.session_result import NOT_CONNECTED, EndReason, SessionResult
from gputui.ui.ssh.detached import ANOTHER, choose_session, detached_on
from gputui.ui.ssh.no_way_in import say_why_not
from gputui.ui.ssh.prompter import ConsolePrompter
from gputui.ui.ssh_service import SessionAttempt
from gputui.ui.terminal.suspend import suspend_for
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.question import Question

if TYPE_CHECKING:
    from gputui.ssh.machine import Machine
    from gputui.ssh.shells.sessions import SessionEntry
    from gputui.ssh.shells.terminal import Terminal
    from gputui.ui.host import Host


async def open_session(host: Host, store: Store, ref: Ref) -> None:
    """Open a session on a row while the console is still drawn (there may be questions), then show it.

    If it is lost, offer a new one: a new login, to which nothing of the old session is sent again.
    """
    await host.ssh.load()
    row = store.find(ref)
    name = row.name if row else ref.id
    while True:
        person = ConsolePrompter(host, name)
        ending = await _alone(host, name, person, lambda attempt: _open(host, ref, attempt, person))  # noqa: B023 - at once
        if ending is None or ending.how is not EndReason.LOST or not await _again(host, name, ending):
            return


async def enter_session(host: Host, store: Store, ref: Ref) -> None:
    """Lead back into the detached session on a row's machine, ask which if there are several, or open the first one."""
    left = detached_on(host.ssh, ref)
    chosen = await choose_session(host, left) if len(left) > 1 else next(iter(left), ANOTHER)
    if chosen is ANOTHER:
        await open_session(host, store, ref)
    elif chosen is not None:
        await show_again(host, store, chosen)


async def show_again(host: Host, store: Store, entry: SessionEntry) -> None:
    """Show a detached session; offer a new one if it was lost meanwhile."""
    machine, ending = entry.machine, entry.ending
    if ending is None:
        ending = await _alone(host, machine.name, None, lambda _: suspend_for(host, lambda: _shown(host, entry)))
    if ending is not None and ending.how is EndReason.LOST and await _again(host, machine.name, ending):
        await open_session(host, store, machine.ref)


async def _alone(
    host: Host,
    name: str,
    person: ConsolePrompter | None,
    work: Callable[[SessionAttempt], Awaitable[SessionResult | None]],
) -> SessionResult | None:
    """Run one at a time: a key pressed twice must not put two shells on one terminal. The result is reported."""
    if host.ssh.attempt is not None:
        words = f"SSH: one session at a time, {host.ssh.attempt.name} comes first (esc gives it up)"
        host.notify(words, severity="warning", markup=False)
        return None
    host.ssh.attempt = attempt = SessionAttempt(name)
    try:
        ending = await work(attempt)
    except Failed as failed:
        host.clear_notifications()
        say_why_not(host, "session", name, failed, person.declined if person is not None else "")
        return None
    finally:
        host.ssh.attempt = None
    host.clear_notifications()  # remove `connecting…`
    if ending is None:
        host.notify(f"{name}: given up", markup=False, timeout=5)
    elif ending.how is EndReason.DETACHED:
        host.notify(f"{name}: detached, it lives on (s leads back, :ssh opens another)", markup=False, timeout=5)
    elif ending.how is not EndReason.LOST:
        host.notify(f"{name}: {ending.reason}", markup=False, timeout=5)
    return ending


async def _again(host: Host, name: str, ending: SessionResult) -> bool:
    """Ask once whether to reconnect."""
    lines = (f"{ending.reason}.", "It is a new login. What was typed before is not sent again.")
    question = Question(f"Reconnect to {name}?", lines, Risk.REVERSIBLE, "reconnect")
    return await host.push_screen_wait(Dialog(question)) is Answer.YES


async def _open(host: Host, ref: Ref, attempt: SessionAttempt, person: ConsolePrompter) -> SessionResult | None:
    """Open a session and show it until it is detached or over; None if given up. Raises Failed."""
    machine = host.ssh.machine(ref)
    if machine.options.command:
        return await suspend_for(host, lambda: _openssh(host, machine))
    sessions = host.ssh.sessions
    if not host.ssh.pool.live(ref):
        host.notify(f"connecting to {attempt.name}… (esc gives it up)", markup=False, timeout=60)
    entry = await attempt.opened(sessions.open(machine, person, _terminal(host)))
    if entry is None:
        return None
    try:
        return await suspend_for(host, lambda: _begun(host, entry))
    except Failed:
        sessions.disconnect(entry)
        raise


async def _begun(host: Host, entry: SessionEntry) -> SessionResult:
    connection = entry.session.connection
    _tell((*connection.banner, *host.ssh.pool.memory.take_notices()))
    _tell([f"{entry}: ctrl+] opens the menu"])
    return await _shown(host, entry)


async def _shown(host: Host, entry: SessionEntry) -> SessionResult:
    return await host.ssh.sessions.show(entry, _terminal(host))


async def _openssh(host: Host, machine: Machine) -> SessionResult:
    """Run the OpenSSH of the profile, and pause after a failure, as redrawing the console would hide its message."""
    from gputui.ssh.shells.handover import argv, hand_over
    from gputui.ssh.shells.terminal import read_line

    options = machine.options
    _tell([f"{machine}: {options.command}"])
    terminal = _terminal(host)
    status = await hand_over(argv(machine.address, options, host.ssh.places), terminal)
    if status == NOT_CONNECTED:
        _tell(["enter goes back to the console"])
        await read_line(terminal.fd_in)
    return SessionResult(status, f"exit status {status}", 0)


def _terminal(host: Host) -> Terminal:
    from gputui.ssh.shells.terminal import Terminal

    # __stdin__ and __stderr__ exist: the console would not have started without them.
    fd_in, fd_out = sys.__stdin__.fileno(), sys.__stderr__.fileno()  # type: ignore[union-attr]
    return Terminal(fd_in, fd_out, host.ssh.term, host.terminal_attributes)


def _tell(lines: Iterable[str]) -> None:
    """Print lines on the terminal while the console is suspended; clears what a resize may have left below."""
    sys.stderr.write("\x1b[J" + "".join(f"\r\n{line}" for line in lines) + "\r\n")
    sys.stderr.flush()
