"""SSH from the console: start, list and show sessions and forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.rows import Ref
from gputui.ui.ssh.words import counted

if TYPE_CHECKING:
    from gputui.ssh.forward import Forward
    from gputui.ssh.shells.sessions import SessionEntry
    from gputui.ui.host import Host


class SshController:
    """Owned by the console's screen. Its coroutines wait for dialogs and run in workers.

    SSH and its dialogs are imported with the first of them, as the first frame needs none.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._quitting = False

    async def open(self, ref: Ref) -> None:
        """Lead back into the session that was left on the machine behind a row, or open one."""
        from gputui.ui.ssh.sessions import enter_session

        await enter_session(self._host, self._host.store, ref)

    async def open_named(self, ref: Ref | None, words: str) -> None:
        """Open a new session on the machine of that name, or, without a name, on the chosen row."""
        from gputui.ui.ssh.session_names import named
        from gputui.ui.ssh.sessions import open_session

        await self._host.ssh.load()
        found = named(self._host.ssh, words) if words else ref
        if isinstance(found, Ref):
            await open_session(self._host, self._host.store, found)
        else:
            self._host.notify(found or "no row is chosen", severity="warning", markup=False, timeout=8)

    async def sessions(self) -> None:
        """List the detached sessions, and show the chosen one."""
        from gputui.ui.ssh.session_list import SessionList
        from gputui.ui.ssh.sessions import open_session, show_again

        host = self._host
        await host.ssh.load()
        listed = SessionList(host.ssh.sessions, host.store.clock.now)
        entry = await host.push_screen_wait(listed)
        if entry is not None and listed.another:
            await open_session(host, host.store, entry.machine.ref)
        elif entry is not None:
            await show_again(host, host.store, entry)

    async def forward(self, ref: Ref | None, words: str = "") -> None:
        """Forward a port of the machine behind a row; without words, one from a menu of its ports."""
        from gputui.ui.ssh.forwards import forward, forward_menu

        await self._host.ssh.load()
        if ref is None:
            self._host.notify("no row is chosen", severity="warning", markup=False)
        elif words:
            await forward(self._host, ref, words)
        elif await forward_menu(self._host, ref):
            await self.forwards()

    async def forwards(self) -> None:
        """List the forwards; an ended one can be opened again on the same local port."""
        from gputui.ui.ssh.forward_list import ForwardList
        from gputui.ui.ssh.forwards import forward_again

        await self._host.ssh.load()
        one = await self._host.push_screen_wait(ForwardList(self._host))
        if one is not None:
            await forward_again(self._host, one)

    async def quit(self) -> None:
        """Quit; if sessions would end, ask first. Repeated keys ask only once."""
        from gputui.ui.ssh.session_list import may_end

        if self._quitting:
            return
        self._quitting = True
        try:
            if await may_end(self._host):
                self._host.exit()
        finally:
            self._quitting = False

    @property
    def alive(self) -> str:
        """Return the number of sessions and forwards as text; empty if there are none."""
        ssh = self._host.ssh
        ports = ssh.forward_count
        words = (counted(entry.ending for entry in ssh.entries), f"{ports} port{'s' * (ports > 1)}" * bool(ports))
        return ", ".join(filter(None, words))

    def session_changed(self, entry: SessionEntry) -> None:
        """Report a session that ended while not shown."""
        assert entry.ending is not None
        words = f"{entry.machine.name}: {entry.ending.reason} (:sessions has its last words)"
        self._host.notify(words, severity="warning", markup=False, timeout=8)

    def forward_changed(self, one: Forward) -> None:
        """Report a forward that ended, or whose far port does not answer."""
        words = f" is closed: {one.ended}" if one.ended else f": {one.trouble}"
        self._host.notify(f"{one.machine.name}, {one.url}{words}", severity="warning", markup=False, timeout=10)

    def noticed(self) -> None:
        """Show what connections have to say; a session that begins says it on its own terminal."""
        if self._host.ssh.attempt is None:
            for text in self._host.ssh.pool.memory.take_notices():
                self._host.notify(text, severity="warning", markup=False, timeout=30)
