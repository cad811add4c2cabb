"""What leads into the machines by SSH: sessions and forwarded ports, begun, listed and gone back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.rows import Ref
from gputui.ui.ssh.words import counted

if TYPE_CHECKING:
    from gputui.ssh.forward import Forward
    from gputui.ssh.shells.sessions import SessionEntry
    from gputui.ui.host import Host


class SshController:
    """Owned by the console's screen. Its coroutines wait for dialogs: they are run in workers.

    SSH and its dialogs are loaded with the first of them: the first frame needs none.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._quitting = False

    async def open(self, ref: Ref) -> None:
        """A session on the machine behind a row."""
        from gputui.ui.ssh.sessions import open_session

        await self._host.ssh.load()
        await open_session(self._host, self._host.store, ref)

    async def open_named(self, ref: Ref | None, words: str) -> None:
        """A session on the machine of that name; without one, on the row that is chosen."""
        from gputui.ui.ssh.session_names import named

        found = named(self._host.ssh, words) if words else ref
        if isinstance(found, Ref):
            await self.open(found)
        else:
            self._host.notify(found or "no row is chosen", severity="warning", markup=False, timeout=8)

    async def sessions(self) -> None:
        """The sessions that were left, and the way back into them."""
        from gputui.ui.ssh.session_list import SessionList
        from gputui.ui.ssh.sessions import show_again

        host = self._host
        await host.ssh.load()
        entry = await host.push_screen_wait(SessionList(host.ssh.sessions, host.store.clock.now))
        if entry is not None:
            await show_again(host, host.store, entry)

    async def forward(self, ref: Ref | None, words: str = "") -> None:
        """Forward a port of the machine behind a row; without words, one of those that it has."""
        from gputui.ui.ssh.forwards import forward, forward_menu

        await self._host.ssh.load()
        if ref is None:
            self._host.notify("no row is chosen", severity="warning", markup=False)
        elif words:
            await forward(self._host, ref, words)
        elif await forward_menu(self._host, ref):
            await self.forwards()

    async def forwards(self) -> None:
        """The forwarded ports; one that has ended can be had again, at the same port here."""
        from gputui.ui.ssh.forward_list import ForwardList
        from gputui.ui.ssh.forwards import forward_again

        await self._host.ssh.load()
        one = await self._host.push_screen_wait(ForwardList(self._host))
        if one is not None:
            await forward_again(self._host, one)

    async def quit(self) -> None:
        """Say which sessions would end, and quit where that is meant; asked once, however often keys are pressed."""
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
        """How many sessions and forwarded ports there are, in words; empty where there is none."""
        ssh = self._host.ssh
        ports = ssh.forward_count
        words = (counted(entry.ending for entry in ssh.entries), f"{ports} port{'s' * (ports > 1)}" * bool(ports))
        return ", ".join(filter(None, words))

    def session_changed(self, entry: SessionEntry) -> None:
        """One that nobody looked at is over."""
        assert entry.ending is not None
        words = f"{entry.machine.name}: {entry.ending.reason} (:sessions has its last words)"
        self._host.notify(words, severity="warning", markup=False, timeout=8)

    def forward_changed(self, one: Forward) -> None:
        """A forwarded port has ended, or nobody answers at its far side."""
        words = f" is closed: {one.ended}" if one.ended else f": {one.trouble}"
        self._host.notify(f"{one.machine.name}, {one.url}{words}", severity="warning", markup=False, timeout=10)
