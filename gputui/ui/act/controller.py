"""Acting on rows: carrying out verbs, their menu, and messages about failed changes."""

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
    """Owned by the console's screen. Methods that wait for dialogs are coroutines, to be run in a worker.

    `page` returns the current list; `answered` is called when its next key may act again.
    """

    def __init__(self, host: Host, page: Callable[[], Page | None], answered: Callable[[], None]) -> None:
        self._host = host
        self._page = page
        self._answered = answered

    @cached_property
    def _verbs(self) -> Verbs:
        """Imported with the first verb, together with its dialogs and forms, to keep the first frame fast."""
        from gputui.ui.act.verbs import Verbs

        return Verbs(self._host, self._host.store, self._answered)

    async def carry_out(self, invocation: Invocation) -> None:
        """Carry out an invocation; failed targets stay marked, so that the same key applies to just these."""
        page = self._page()
        try:
            results = await self._verbs.carry_out(invocation)
            if page is not None and page.marks and results:
                page.set_marks(self._verbs.marks_after(results, page.marks))
        finally:
            self._answered()

    async def take_back(self) -> None:
        """Offer the opposite of the last change, through its own dialog."""
        opposite = self._verbs.opposite
        if isinstance(opposite, str):
            self._host.notify(opposite, severity="warning", markup=False)
        else:
            await self.carry_out(opposite)

    async def menu(self, targets: Targets) -> None:
        """Show the menu with every verb of the targets, and carry out the chosen one."""
        found = action_items_for(targets, self._host.keymap)
        if not found:
            view = targets.groups[0].view.title.lower() if targets.groups else ""
            words = f"nothing can be done to {view}: this API has no verbs for them" if view else "no row is selected"
            self._host.notify(words, markup=False)
        invocation = await self._verbs.choose(targets, found) if found else None
        if invocation is not None:
            await self.carry_out(invocation)

    def say_off(self, item: ActionItem) -> None:
        """Notify why a verb is not available."""
        self._host.notify(f"{item.label}: {item.off}", severity="warning", markup=False)

    def change_failed(self, operation: Operation) -> None:
        """Report a change that failed after it was sent, until somebody has seen it."""
        what = f"{operation.ref.profile} {called(operation.name)}\n{operation.words}"
        what += "\nIt stays marked until you open it: d, or :ops"
        self._host.notify(what, severity="error", markup=False, timeout=30)
