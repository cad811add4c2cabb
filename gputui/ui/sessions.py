"""`s`: from a row to a full-screen SSH session and back, with the console intact behind it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gputui.core.actions import Risk
from gputui.core.problem import Failed, Problem
from gputui.core.provider import SshTarget
from gputui.core.rows import Ref
from gputui.engine.deck import Deck
from gputui.ssh.options import SshOptions, SshPlaces
from gputui.ui.dialogs import Dialog, Question

if TYPE_CHECKING:
    from gputui.ssh.hosts import HostKeyQuestion
    from gputui.ui.app import ConsoleApp


@dataclass(frozen=True, slots=True)
class Shells:
    """What SSH needs from the configuration: each profile's ssh table and where SSH finds its files."""

    places: SshPlaces
    tables: dict[str, Mapping[str, Any]] = field(default_factory=dict)


async def open_session(app: ConsoleApp, deck: Deck, ref: Ref) -> None:
    """Connect with the console still drawn (the host key may have to be asked about), then hand the terminal over."""
    target = _target(deck, ref)
    if isinstance(target, str):
        app.notify(f"SSH: {target}", severity="warning", markup=False)
        return
    row = deck.find(ref)
    name = row.name if row else ref.id
    app.notify(f"connecting to {name}…", markup=False, timeout=3)
    try:
        ending = await _session(app, f"{name} in {ref.profile}", target, app.shells.tables.get(ref.profile, {}))
    except Failed as failed:
        app.notify(_words(name, failed.problem), severity="error", markup=False, timeout=15)
        return
    app.notify(f"{name}: {ending}", markup=False, timeout=5)


def _target(deck: Deck, ref: Ref) -> SshTarget | str:
    cloud, row = deck.clouds.get(ref.profile), deck.find(ref)
    view = cloud.provider.view(ref.view) if cloud else None
    if row is None or view is None:
        return "that row is gone"
    if row.item is None:
        return f"{row.name} is unreadable"
    return view.ssh(row.item) if view.ssh is not None else f"{view.title.lower()} have no SSH"


async def _session(app: ConsoleApp, machine: str, target: SshTarget, table: Mapping[str, Any]) -> str:
    from gputui.ssh.address import resolve
    from gputui.ssh.connect import connect
    from gputui.ssh.session import Session
    from gputui.ssh.terminal import Terminal

    options = SshOptions.of(table)
    address = resolve(target, options)
    if isinstance(address, Problem):
        raise Failed(address)

    async def ask(question: HostKeyQuestion) -> bool:
        return await _asked(app, _host_key(question))

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


async def _asked(app: ConsoleApp, question: Question) -> bool:
    answer: bool = await app.push_screen_wait(Dialog(question))
    return answer


def _host_key(asked: HostKeyQuestion) -> Question:
    lines = (
        "This machine has not been met before.",
        f"{asked.kind}  {asked.fingerprint}",
        "If you can, compare the fingerprint before you go on. It is remembered from then on.",
    )
    return Question(f"Trust the host key of {asked.host}:{asked.port}?", lines, Risk.DISRUPTS, "trust it")


def _words(name: str, problem: Problem) -> str:
    return "\n".join(part for part in (f"{name}: {problem}", problem.remedy) if part)
