"""The SSH service of the console: from a row to an address, and the live connections."""

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
    """What SSH needs: the paths of its files, each profile's SSH options, the TERM of the terminal.

    `opener` is the program that opens a URL in a browser, empty if nobody would see one.
    """

    places: SshPlaces
    options: dict[str, SshOptions] = field(default_factory=dict)
    term: str = "xterm-256color"
    opener: Callable[[], str] = lambda: ""


class SessionAttempt:
    """The one session on the terminal, from the key press until it is detached or over."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.given_up = False
        self._connecting: asyncio.Task[SessionEntry] | None = None

    @property
    def under_way(self) -> bool:
        """Whether it is still connecting, and can be given up."""
        return self._connecting is not None

    def give_up(self) -> None:
        """Stop connecting."""
        if self._connecting is not None:
            self.given_up = True
            self._connecting.cancel()

    async def opened(self, opening: Coroutine[Any, Any, SessionEntry]) -> SessionEntry | None:
        """Return the session; None if it was given up. Raises Failed."""
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
    """SSH for all of the console. asyncssh is imported by `load`, which must be awaited before connections are used.

    `smis` remembers how each machine's GPUs are read. `session_changed` is called for sessions that end while detached,
    `forward_changed` for changes of forwards, `noticed` when connections have a message for the person.
    """

    def __init__(
        self,
        store: Store,
        shells: SshConfig,
        session_changed: Callable[[SessionEntry], None] = lambda _: None,
        forward_changed: Callable[[Forward], None] = lambda _: None,
        noticed: Callable[[], None] = lambda: None,
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
        self._noticed = noticed
        self._loaded = False

    async def load(self) -> None:
        """Import SSH in a thread before it is used, as that takes longer than a key may wait."""
        if not self._loaded:
            await asyncio.to_thread(load_ssh)
            self._loaded = True

    @cached_property
    def pool(self) -> Pool:
        """The live connections of this console."""
        from gputui.ssh.connecting.connect_cache import ConnectCache
        from gputui.ssh.connecting.pool import Pool

        return Pool(self.places, memory=ConnectCache(self._noticed))

    @cached_property
    def sessions(self) -> Sessions:
        """The sessions of this console."""
        from gputui.ssh.shells.sessions import Sessions

        return Sessions(self.pool, self._session_changed)

    @property
    def entries(self) -> tuple[SessionEntry, ...]:
        """Return the sessions, without importing SSH if there are none."""
        return self.sessions.entries if "sessions" in self.__dict__ else ()

    @cached_property
    def forwards(self) -> Forwards:
        """The forwards of this console."""
        from gputui.ssh.forward import Forwards

        return Forwards(self.pool, self._forward_changed, self._store.clock.now)

    @property
    def forward_count(self) -> int:
        """Return the number of forwards, without importing SSH if there are none."""
        return len(self.forwards.open) if "forwards" in self.__dict__ else 0

    def machine(self, ref: Ref) -> Machine:
        """Return the machine behind the newest version of a row. Raises Failed if it has no SSH target."""
        row, view = self._store.find(ref), self._store.view(ref)
        if row is None or view is None:
            raise Failed(Problem(Cause.INPUT, GONE))
        return self._candidate(row, view).machine()

    def named(self, name: str) -> Candidate | NotOne:
        """Return the one machine with this name, as in `gputui ssh`, among the lists that are being read."""
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
        """Close everything that is still open."""
        if "forwards" in self.__dict__:
            await self.forwards.aclose()
        if "sessions" in self.__dict__:
            await self.sessions.aclose()
        if "pool" in self.__dict__:
            await self.pool.aclose()
