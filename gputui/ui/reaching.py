"""What the main screen does inside the machines: sessions and all else that goes over SSH."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual import on, work

from gputui.core.rows import Ref
from gputui.ui.acting import ActingScreen
from gputui.ui.page import Many, Page
from gputui.ui.sessions import open_session

if TYPE_CHECKING:
    from gputui.ui.fan_out import FanOuts


class ReachingScreen(ActingScreen):
    """A screen whose rows lead into machines."""

    @on(Page.Entered)
    def _entered(self, event: Page.Entered) -> None:
        self._ssh(event.ref)

    @work(exit_on_error=False)
    async def _ssh(self, ref: Ref) -> None:
        await open_session(self.app, self.deck, ref)  # type: ignore[arg-type]

    @cached_property
    def _fan_outs(self) -> FanOuts:
        from gputui.ui.fan_out import FanOuts

        return FanOuts(self.app, self.deck)  # type: ignore[arg-type]

    @on(Page.FanOutAsked)
    def _fan_out_asked(self, event: Page.FanOutAsked) -> None:
        self.fan_out(event.many)

    @work(exit_on_error=False)
    async def fan_out(self, many: Many, command: str = "") -> None:
        """A command on many machines; what is given stands in its line already."""
        try:
            await self._fan_outs.start(many, self.page, command)
        finally:
            self._answered()
