"""What the main screen does inside the machines: sessions and all else that goes over SSH."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual import on, work

from gputui.core.rows import Ref
from gputui.ui.host import host_of
from gputui.ui.list.page import Page
from gputui.ui.list.targets import Targets
from gputui.ui.shell.acting import ActingScreen
from gputui.ui.ssh.words import counted

if TYPE_CHECKING:
    from gputui.ssh.forward import Forward
    from gputui.ssh.shells.sessions import SessionEntry
    from gputui.ui.fan_out.fan_outs import FanOuts

QUITTING = "quit"


class ReachingScreen(ActingScreen):
    """A screen whose rows lead into machines."""

    @on(Page.Entered)
    def _entered(self, event: Page.Entered) -> None:
        self.open_ssh(event.ref)

    @work(exit_on_error=False)
    async def open_ssh(self, ref: Ref) -> None:
        """A session on the machine behind a row."""
        from gputui.ui.ssh.sessions import open_session

        await host_of(self).ssh.load()
        await open_session(host_of(self), self.store, ref)

    def ssh(self, words: str = "") -> None:
        """A session on the machine of that name; without one, on the row that is chosen."""
        from gputui.ui.ssh.session_names import named

        page = self.page
        found = named(host_of(self).ssh, words) if words else page.cursor_ref if page is not None else None
        if isinstance(found, Ref):
            self.open_ssh(found)
        else:
            self.notify(found or "no row is chosen", severity="warning", markup=False, timeout=8)

    @work(exit_on_error=False)
    async def action_sessions(self) -> None:
        """The sessions that were left, and the way back into them."""
        from gputui.ui.ssh.session_list import SessionList
        from gputui.ui.ssh.sessions import show_again

        await host_of(self).ssh.load()
        entry = await self.app.push_screen_wait(SessionList(host_of(self).ssh.sessions, self.store.clock.now))
        if entry is not None:
            await show_again(host_of(self), self.store, entry)

    @property
    def alive(self) -> str:
        """How many sessions and forwarded ports there are, in words; empty where there is none."""
        ssh = host_of(self).ssh
        ports = ssh.forward_count
        words = (counted(entry.ending for entry in ssh.entries), f"{ports} port{'s' * (ports > 1)}" * bool(ports))
        return ", ".join(filter(None, words))

    def session_changed(self, entry: SessionEntry) -> None:
        """One that nobody looked at is over."""
        assert entry.ending is not None
        words = f"{entry.machine.name}: {entry.ending.reason} (:sessions has its last words)"
        self.notify(words, severity="warning", markup=False, timeout=8)

    def quit_with_sessions(self) -> None:
        """Say which sessions would end, and quit where that is meant; asked once, however often keys are pressed."""
        if not any(worker.group == QUITTING and not worker.is_finished for worker in self.workers):
            self._ask_to_quit()

    @work(exit_on_error=False, group=QUITTING)
    async def _ask_to_quit(self) -> None:
        from gputui.ui.ssh.session_list import may_end

        if await may_end(host_of(self)):
            self.app.exit()

    @on(Page.GpusAsked)
    @work(exit_on_error=False)
    async def _gpus_asked(self, event: Page.GpusAsked) -> None:
        from gputui.ui.gpus.machine import open_gpus

        await host_of(self).ssh.load()
        if len(event.targets.refs) > 1:
            self.gpu_list(event.targets)
        else:
            open_gpus(host_of(self), self.store, event.targets.refs[0])

    @work(exit_on_error=False)
    async def gpu_list(self, many: Targets) -> None:
        """The GPUs of many machines."""
        from gputui.ui.gpus.many import open_gpu_list

        await host_of(self).ssh.load()
        open_gpu_list(host_of(self), self.store, many)

    @on(Page.CopyAsked)
    @work(exit_on_error=False)
    async def _copy_asked(self, event: Page.CopyAsked) -> None:
        from gputui.ui.inspect.copying import copy_menu

        await copy_menu(host_of(self), event.targets)

    @on(Page.LinksAsked)
    @work(exit_on_error=False)
    async def _links_asked(self, event: Page.LinksAsked) -> None:
        from gputui.ui.inspect.links import links_menu

        await links_menu(host_of(self), event.ref)

    @work(exit_on_error=False)
    async def forward(self, ref: Ref | None, words: str = "") -> None:
        """Forward a port of the machine behind a row; without words, one of those that it has."""
        from gputui.ui.ssh.forwards import forward, forward_menu

        await host_of(self).ssh.load()
        if ref is None:
            self.notify("no row is chosen", severity="warning", markup=False)
        elif words:
            await forward(host_of(self), ref, words)
        elif await forward_menu(host_of(self), ref):
            self.action_forwards()

    @work(exit_on_error=False)
    async def action_forwards(self) -> None:
        """The forwarded ports; one that has ended can be had again, at the same port here."""
        from gputui.ui.ssh.forward_list import ForwardList
        from gputui.ui.ssh.forwards import forward_again

        await host_of(self).ssh.load()
        one = await self.app.push_screen_wait(ForwardList(host_of(self)))
        if one is not None:
            await forward_again(host_of(self), one)

    def forward_changed(self, one: Forward) -> None:
        """A forwarded port has ended, or nobody answers at its far side."""
        words = f" is closed: {one.ended}" if one.ended else f": {one.trouble}"
        self.notify(f"{one.machine.name}, {one.url}{words}", severity="warning", markup=False, timeout=10)

    @cached_property
    def _fan_outs(self) -> FanOuts:
        from gputui.ui.fan_out.fan_outs import FanOuts

        return FanOuts(host_of(self), self.store)

    @on(Page.FanOutAsked)
    def _fan_out_asked(self, event: Page.FanOutAsked) -> None:
        self.fan_out(event.targets)

    @work(exit_on_error=False)
    async def fan_out(self, many: Targets, command: str = "") -> None:
        """A command on many machines; what is given stands in its line already."""
        try:
            await host_of(self).ssh.load()
            await self._fan_outs.start(many, self.page, command)
        finally:
            self._answered()

    @work(exit_on_error=False)
    async def action_answers(self) -> None:
        """What the last command on many machines has brought."""
        await self._fan_outs.show_again(self.page)
