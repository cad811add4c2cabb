"""The console's way into the machines: from a row to an address, and the connections that live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gputui.core.feed import Phase, feed_state
from gputui.core.prechecks import GONE
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.engine.store import Store
from gputui.ssh.places import SshPlaces
from gputui.ui.preload import load_ssh

if TYPE_CHECKING:
    from gputui.core.reading import AnyView
    from gputui.ssh.candidates import Candidate, NotOne
    from gputui.ssh.connecting.pool import Pool
    from gputui.ssh.forward import Forward, Forwards
    from gputui.ssh.gpus.reading import Smi
    from gputui.ssh.machine import Machine
    from gputui.ssh.shells.sessions import SessionEntry, Sessions


@dataclass(frozen=True, slots=True)
class SshConfig:
    """What SSH needs: where it finds its files, each profile's SSH options, the TERM of our terminal.

    `opener` gives the program that opens an address in a browser, empty where nobody would see one.
    """

    places: SshPlaces
    options: dict[str, SshOptions] = field(default_factory=dict)
    term: str = "xterm-256color"
    opener: Callable[[], str] = lambda: ""


class SessionAttempt:
    """The one session on the one terminal, from the key pressed until it is left or over."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.given_up = False
        self._connecting: asyncio.Task[SessionEntry] | None = None

    @property
    def under_way(self) -> bool:
        """Whether it is still being connected, and can be given up."""
        return self._connecting is not None

    def give_up(self) -> None:
        """Connect no further."""
        if self._connecting is not None:
            self.given_up = True
            self._connecting.cancel()

    async def opened(self, opening: Coroutine[Any, Any, SessionEntry]) -> SessionEntry | None:
        """The session; None where it was given up. Raises Failed."""
        self._connecting = asyncio.create_task(opening, name="ssh")
        try:
            return await self._connecting
        except asyncio.CancelledError:
            if self.given_up:
                return None
            raise
        finally:
            self._connecting = None


class SshService:
    """What is behind `s` and its kin. asyncssh is loaded by `load`, which whatever needs a connection awaits first.

    `smis` remembers how each machine's GPUs are read. `session_changed` hears of sessions that end while they are left
    alone, `forward_changed` of what becomes of forwarded ports.
    """

    def __init__(
        self,
        store: Store,
        shells: SshConfig,
        session_changed: Callable[[SessionEntry], None] = lambda _: None,
        forward_changed: Callable[[Forward], None] = lambda _: None,
    ) -> None:
        self.places = shells.places
        self.term = shells.term
        self.opener = shells.opener
        self.smis: dict[Ref, Smi] = {}
        self.attempt: SessionAttempt | None = None
        self._store = store
        self._options = shells.options
        self._session_changed = session_changed
        self._forward_changed = forward_changed
        self._loaded = False

    async def load(self) -> None:
        """Have SSH imported before it is used: beside the loop, for that takes longer than a key may wait."""
        if not self._loaded:
            await asyncio.to_thread(load_ssh)
            self._loaded = True

    @cached_property
    def pool(self) -> Pool:
        """The live connections of this console."""
        from gputui.ssh.connecting.pool import Pool

        return Pool(self.places)

    @cached_property
    def sessions(self) -> Sessions:
        """The sessions of this console."""
        from gputui.ssh.shells.sessions import Sessions

        return Sessions(self.pool, self._session_changed)

    @property
    def entries(self) -> tuple[SessionEntry, ...]:
        """The sessions there are; loads nothing where there were none."""
        return self.sessions.entries if "sessions" in self.__dict__ else ()

    @cached_property
    def forwards(self) -> Forwards:
        """The forwarded ports of this console."""
        from gputui.ssh.forward import Forwards

        return Forwards(self.pool, self._forward_changed, self._store.clock.now)

    @property
    def forward_count(self) -> int:
        """How many ports are forwarded; loads nothing where there were none."""
        return len(self.forwards.open) if "forwards" in self.__dict__ else 0

    def machine(self, ref: Ref) -> Machine:
        """The machine behind a row, as the newest reading has it. Raises Failed where SSH leads to none."""
        row, view = self._store.find(ref), self._store.view(ref)
        if row is None or view is None:
            raise Failed(Problem(Cause.INPUT, GONE))
        return self._candidate(row, view).machine()

    def named(self, name: str) -> Candidate | NotOne:
        """The one machine called so, as `gputui ssh` has it, among the lists that are being read."""
        from gputui.ssh.candidates import named

        found: list[Candidate] = []
        whole = all(profile in self._store.clouds for profile in self._store.tabs)
        for cloud in self._store.clouds.values():
            for feed, snapshot in cloud.snapshots().items():
                view = cloud.provider.view(feed.view)
                if view is not None and view.ssh is not None:
                    whole = whole and feed_state(snapshot, self._store.clock.now()).phase is Phase.LIVE
                    found += (self._candidate(row, view) for row in snapshot.rows.values())
        return named(found, name, whole=whole)

    def _candidate(self, row: Row, view: AnyView) -> Candidate:
        from gputui.ssh.candidates import Candidate

        return Candidate(row, view, self._options.get(row.ref.profile, SshOptions()))

    async def aclose(self) -> None:
        """Close what is still open."""
        if "forwards" in self.__dict__:
            await self.forwards.aclose()
        if "sessions" in self.__dict__:
            await self.sessions.aclose()
        if "pool" in self.__dict__:
            await self.pool.aclose()
