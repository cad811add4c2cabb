"""`s`: from a row to a full-screen SSH session and back, with the console intact behind it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from gputui.core.actions import Risk
from gputui.core.problem import Failed, Problem
from gputui.core.rows import Ref
from gputui.engine.deck import Deck
from gputui.ssh.person import Nobody
from gputui.ui.asking import Question
from gputui.ui.dialogs import Answer, Dialog
from gputui.ui.lending import lent
from gputui.ui.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ssh.connection import Connection
    from gputui.ssh.hosts import HostKeyQuestion
    from gputui.ssh.machine import Machine
    from gputui.ssh.terminal import Terminal
    from gputui.ui.app import ConsoleApp

NO_CONNECTION = 255
"""What OpenSSH exits with when it, and not the remote shell, has failed."""


class Attempt:
    """The one session on the one terminal, from the key pressed until it is over."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.given_up = False
        self.declined = False
        self._connecting: asyncio.Task[Connection] | None = None

    @property
    def under_way(self) -> bool:
        """Whether it is still being connected, and can be given up."""
        return self._connecting is not None

    def give_up(self) -> None:
        """Connect no further."""
        if self._connecting is not None:
            self.given_up = True
            self._connecting.cancel()

    async def connected(self, connecting: Coroutine[Any, Any, Connection]) -> Connection | None:
        """The connection; None where it was given up. Raises Failed."""
        self._connecting = asyncio.create_task(connecting, name="ssh")
        try:
            return await self._connecting
        except asyncio.CancelledError:
            if self.given_up:
                return None
            raise
        finally:
            self._connecting = None


async def open_session(app: ConsoleApp, deck: Deck, ref: Ref) -> None:
    """Connect with the console still drawn (the host key may have to be asked about), then hand the terminal over.

    One at a time: a key pressed twice in haste must not put two shells on one terminal.
    """
    if app.attempt is not None:
        words = f"SSH: one session at a time, {app.attempt.name} comes first (esc gives it up)"
        app.notify(words, severity="warning", markup=False)
        return
    row = deck.find(ref)
    app.attempt = attempt = Attempt(row.name if row else ref.id)
    try:
        words = await _open(app, ref, attempt)
    except Failed as failed:
        _say(app, attempt, failed.problem)
    else:
        app.clear_notifications()  # `connecting…` is over
        app.notify(f"{attempt.name}: {words}", markup=False, timeout=5)
    finally:
        app.attempt = None


def _say(app: ConsoleApp, attempt: Attempt, problem: Problem) -> None:
    """Why there is no session: in passing what is short, but what has a remedy stays until it has been read."""
    app.clear_notifications()
    if attempt.declined:
        app.notify(f"{attempt.name}: host key declined", severity="warning", markup=False)
    elif problem.remedy:
        app.push_screen(Reader(f"no session on {attempt.name}", plain("", str(problem), "", problem.remedy)))
    else:
        app.notify(f"{attempt.name}: {problem.text}", severity="warning", markup=False)


async def _open(app: ConsoleApp, ref: Ref, attempt: Attempt) -> str:
    """The whole of a session; what came of it, in words."""
    machine = app.reach.machine(ref)
    if machine.options.command:
        return await lent(app, lambda: _openssh(app, machine))
    app.notify(f"connecting to {attempt.name}… (esc gives it up)", markup=False, timeout=60)
    asker = Asker(app, attempt)
    async with AsyncExitStack() as leased:
        entering = leased.enter_async_context(app.reach.pool.lease(machine, asker))
        connection = await attempt.connected(entering)
        if connection is None:
            return "given up"
        return await lent(app, lambda: _session(app, machine, connection))


class Asker(Nobody):
    """The person at the console: every question is a dialog."""

    def __init__(self, app: ConsoleApp, attempt: Attempt) -> None:
        self._app = app
        self._attempt = attempt

    async def trusts(self, question: HostKeyQuestion) -> bool:
        """First contact: the fingerprint, and a deliberate yes."""
        self._attempt.declined = await self._app.push_screen_wait(Dialog(_host_key(question))) is not Answer.YES
        return not self._attempt.declined


async def _session(app: ConsoleApp, machine: Machine, connection: Connection) -> str:
    """Our own session."""
    from gputui.ssh.session import Session

    _tell(line for line in (*connection.banner, connection.notice) if line)
    _tell([f"{machine}: ctrl+] opens the menu"])
    ending = await Session(connection).run(_terminal(app))
    return ending.reason


async def _openssh(app: ConsoleApp, machine: Machine) -> str:
    """The OpenSSH that the profile names. What it said when it failed would be gone with the console's return."""
    from gputui.ssh.handover import argv, hand_over
    from gputui.ssh.terminal import read_line

    options = machine.options
    _tell([f"{machine}: {options.command}"])
    terminal = _terminal(app)
    status = await hand_over(argv(machine.address, options, app.reach.places), terminal)
    if status == NO_CONNECTION:
        _tell(["enter goes back to the console"])
        await read_line(terminal.fd_in)
    return f"exit status {status}"


def _terminal(app: ConsoleApp) -> Terminal:
    from gputui.ssh.terminal import Terminal

    # __stdin__ and __stderr__ are there: the console would not have started without them.
    return Terminal(sys.__stdin__.fileno(), sys.__stderr__.fileno(), app.reach.term)  # type: ignore[union-attr]


def _tell(lines: Iterable[str]) -> None:
    """Lines for the terminal that is not ours at the moment; what a resize may have left below them goes."""
    sys.stderr.write("\x1b[J" + "".join(f"\r\n{line}" for line in lines) + "\r\n")
    sys.stderr.flush()


def _host_key(asked: HostKeyQuestion) -> Question:
    lines = (
        "This machine has not been met before.",
        f"{asked.kind}  {asked.fingerprint}",
        "If you can, compare the fingerprint before you go on. It is remembered from then on.",
    )
    return Question(f"Trust the host key of {asked.host}:{asked.port}?", lines, Risk.DISRUPTS, "trust it")
