"""`s`: from a row to a full-screen SSH session and back, with the console intact behind it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gputui.core.actions import Risk
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import SshTarget
from gputui.core.rows import Ref
from gputui.engine.deck import Deck
from gputui.ssh.options import SshOptions, SshPlaces
from gputui.ui.dialogs import Dialog, Question
from gputui.ui.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ssh.hosts import HostKeyQuestion
    from gputui.ui.app import ConsoleApp

    Ask = Callable[[HostKeyQuestion], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Shells:
    """What SSH needs from the configuration: each profile's ssh table and where SSH finds its files."""

    places: SshPlaces
    tables: dict[str, Mapping[str, Any]] = field(default_factory=dict)


async def open_session(app: ConsoleApp, deck: Deck, ref: Ref) -> None:
    """Connect with the console still drawn (the host key may have to be asked about), then hand the terminal over.

    One at a time: a key pressed twice in haste must not put two shells on one terminal.
    """
    if app.connecting:
        return
    app.connecting = True
    try:
        await _open(app, deck, ref)
    finally:
        app.connecting = False


async def _open(app: ConsoleApp, deck: Deck, ref: Ref) -> None:
    target = _target(deck, ref)
    if isinstance(target, str):
        app.notify(f"SSH: {target}", severity="warning", markup=False)
        return
    row = deck.find(ref)
    name = row.name if row else ref.id
    declined = False

    async def ask(question: HostKeyQuestion) -> bool:
        nonlocal declined
        declined = not await app.push_screen_wait(Dialog(_host_key(question)))
        return not declined

    app.notify(f"connecting to {name}…", markup=False, timeout=3)
    try:
        ending = await _session(app, f"{name} in {ref.profile}", target, app.shells.tables.get(ref.profile, {}), ask)
    except Failed as failed:
        _say(app, name, failed.problem, lasting=failed.problem.cause is Cause.REFUSED and not declined)
        return
    app.notify(f"{name}: {ending}", markup=False, timeout=5)


def _say(app: ConsoleApp, name: str, problem: Problem, *, lasting: bool) -> None:
    """Why there is no session: in passing, but a host key that must not be trusted stays until it has been read."""
    app.clear_notifications()  # `connecting…` is over, and what was said of earlier sessions would lie on top
    if lasting:
        app.push_screen(Reader(f"no session on {name}", plain("", str(problem), "", problem.remedy)))
        return
    words = "\n".join(part for part in (f"{name}: {problem}", problem.remedy) if part)
    app.notify(words, severity="error", markup=False, timeout=15)


def _target(deck: Deck, ref: Ref) -> SshTarget | str:
    cloud, row = deck.clouds.get(ref.profile), deck.find(ref)
    view = cloud.provider.view(ref.view) if cloud else None
    if row is None or view is None:
        return "that row is gone"
    if row.item is None:
        return f"{row.name} is unreadable"
    return view.ssh(row.item) if view.ssh is not None else f"{view.title.lower()} have no SSH"


async def _session(app: ConsoleApp, machine: str, target: SshTarget, table: Mapping[str, Any], ask: Ask) -> str:
    from gputui.ssh.address import resolve
    from gputui.ssh.connect import connect
    from gputui.ssh.session import Session
    from gputui.ssh.terminal import Terminal

    options = SshOptions.of(table)
    address = resolve(target, options)
    if isinstance(address, Problem):
        raise Failed(address)
    connection = await connect(address, options, places=app.shells.places, ask=ask)
    try:
        app.paused = True
        with app.suspend():
            sys.stderr.write(f"\r\n{machine}, {address}: ctrl+] opens the menu\r\n")
            sys.stderr.flush()
            ending = await Session(connection).run(Terminal(sys.__stdin__.fileno(), sys.__stderr__.fileno()))  # type: ignore[union-attr]
    finally:
        app.paused = False
        await connection.close()
        app.console_screen.resumed()
    return ending.reason


def _host_key(asked: HostKeyQuestion) -> Question:
    lines = (
        "This machine has not been met before.",
        f"{asked.kind}  {asked.fingerprint}",
        "If you can, compare the fingerprint before you go on. It is remembered from then on.",
    )
    return Question(f"Trust the host key of {asked.host}:{asked.port}?", lines, Risk.DISRUPTS, "trust it")
