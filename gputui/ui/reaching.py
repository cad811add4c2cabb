"""What the main screen does inside the machines: sessions and all else that goes over SSH."""

from __future__ import annotations

from textual import on, work

from gputui.core.rows import Ref
from gputui.ui.acting import ActingScreen
from gputui.ui.page import Page
from gputui.ui.sessions import open_session


class ReachingScreen(ActingScreen):
    """A screen whose rows lead into machines."""

    @on(Page.Entered)
    def _entered(self, event: Page.Entered) -> None:
        self._ssh(event.ref)

    @work(exit_on_error=False)
    async def _ssh(self, ref: Ref) -> None:
        await open_session(self.app, self.deck, ref)  # type: ignore[arg-type]
