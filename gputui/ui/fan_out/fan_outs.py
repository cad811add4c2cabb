"""`!` and `:run`: a command on the marked or all shown machines, from the key to the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.text import clean
from gputui.engine.store import Store
from gputui.ui.fan_out.batch import BatchRun
from gputui.ui.fan_out.command import CommandScreen
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.fan_out.targets import RunTargets, find_targets
from gputui.ui.list import targets as rows
from gputui.ui.list.page import Page
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.question import Question

if TYPE_CHECKING:
    from gputui.ui.host import Host

MOST_PAST = 100


class FanOuts:
    """All methods must run in a worker, as they wait for screens. Commands are remembered until the console ends."""

    def __init__(self, host: Host, store: Store) -> None:
        self.past: list[str] = []
        self._last: tuple[RunTargets, BatchRun] | None = None
        self._host = host
        self._store = store

    async def start(self, many: rows.Targets, page: Page | None, command: str = "") -> None:
        """Ask for the command (`command` is its initial text), confirm it if needed, and run it."""
        about = "marked" if many.marked else "shown"
        targets = await find_targets(self._store, self._host.ssh, many.refs, about=about, hidden=many.hidden)
        if not targets.ready:
            reason = targets.out[0].reason if targets.out else "no row is shown"
            self._host.notify(f"no machine to run a command on: {reason}", severity="warning", markup=False)
            return
        typed = await self._host.push_screen_wait(CommandScreen(targets, self.past, clean(command)))
        if typed is None:
            return
        self._remember(typed)
        if await self._agreed(targets, typed):
            screen = FanOutScreen(self._host, targets, typed, page)
            self._last = (targets, screen.rounds)
            await self._host.push_screen_wait(screen)

    async def show_again(self, page: Page | None) -> None:
        """Show the answers to the last command again."""
        if self._last is None:
            self._host.notify("no command was run on many machines yet: ! does", markup=False)
            return
        targets, rounds = self._last
        await self._host.push_screen_wait(FanOutScreen(self._host, targets, rounds.command, page, rounds))

    def _remember(self, command: str) -> None:
        self.past = [*(one for one in self.past if one != command), command][-MOST_PAST:]

    async def _agreed(self, targets: RunTargets, command: str) -> bool:
        targets.look()
        if not targets.must_type and not targets.lost:
            return True
        title = "Run on {}, all that are shown?" if targets.about == "shown" else "Run on {}?"

        def ask() -> Question:
            return targets.question(command, title)

        return await self._host.push_screen_wait(Dialog(ask(), ask)) is Answer.YES
