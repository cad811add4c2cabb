"""What is done with rows: verbs carried out, the menu of them, and what is said of changes that came to nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from gputui.engine.operations import Operation
from gputui.ui.list.action_items import ActionItem
from gputui.ui.list.common_items import action_items_for
from gputui.ui.list.page import Page
from gputui.ui.list.targets import Invocation, Targets, called

if TYPE_CHECKING:
    from gputui.ui.act.verbs import Verbs
    from gputui.ui.host import Host


class ActionController:
    """Owned by the console's screen. What waits for dialogs is a coroutine, to be run in a worker.

    `page` gives the list that is shown; `answered` is called when its next key may act again.
    """

    def __init__(self, host: Host, page: Callable[[], Page | None], answered: Callable[[], None]) -> None:
        self._host = host
        self._page = page
        self._answered = answered

    @cached_property
    def _verbs(self) -> Verbs:
        """Loaded with the first verb, dialogs and forms behind it: the first frame needs none of them."""
        from gputui.ui.act.verbs import Verbs

        return Verbs(self._host, self._host.store, self._answered)

    async def carry_out(self, invocation: Invocation) -> None:
        """Do what is asked for; what failed stays marked, so that the same key asks for just that again."""
        page = self._page()
        try:
            results = await self._verbs.carry_out(invocation)
            if page is not None and page.marks and results:
                page.set_marks(self._verbs.marks_after(results, page.marks))
        finally:
            self._answered()

    async def menu(self, targets: Targets) -> None:
        """Every verb of the targets: one is chosen and carried out."""
        found = action_items_for(targets, self._host.keymap)
        invocation = await self._verbs.choose(targets, found) if found else None
        if invocation is not None:
            await self.carry_out(invocation)

    def say_off(self, item: ActionItem) -> None:
        """Why a verb cannot even be asked for."""
        self._host.notify(f"{item.label}: {item.off}", severity="warning", markup=False)

    def change_failed(self, operation: Operation) -> None:
        """A change came to nothing after it was sent: said at once, and until somebody has looked."""
        what = f"{operation.ref.profile} {called(operation.name)}\n{operation.words}"
        what += "\nIt stays marked until you open it: d, or :ops"
        self._host.notify(what, severity="error", markup=False, timeout=30)
