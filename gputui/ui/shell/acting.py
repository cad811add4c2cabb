"""What is done with rows from the main screen: verbs, looks, details, the journal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from textual import on, work
from textual.screen import Screen

from gputui.core.rows import Ref
from gputui.engine.operations import Operation
from gputui.engine.store import Store
from gputui.ui.host import host_of
from gputui.ui.inspect.history import audit_lines, operation_lines
from gputui.ui.inspect.row import inspect_row
from gputui.ui.list.action_items import ActionItem
from gputui.ui.list.location import Location
from gputui.ui.list.page import Page
from gputui.ui.list.targets import Invocation, called
from gputui.ui.widgets.reader import Line, Reader
from gputui.ui.widgets.worker_errors import WorkerErrors

if TYPE_CHECKING:
    from gputui.ui.act.controller import Verbs


class ActingScreen(WorkerErrors, Screen[None]):
    """A screen with pages whose rows can be acted on. Which rows, the pages say at the press of the key."""

    def __init__(self, store: Store, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self.store = store
        self.keymap = keymap
        self.pages: dict[Location, Page] = {}

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        raise NotImplementedError

    @cached_property
    def _verbs(self) -> Verbs:
        """Loaded with the first verb, dialogs and forms behind it: the first frame needs none of them."""
        from gputui.ui.act.controller import Verbs

        return Verbs(host_of(self), self.store, self._answered)

    @on(Page.Picked)
    def _picked(self, event: Page.Picked) -> None:
        self.carry_out(event.invocation)

    @work(exit_on_error=False)
    async def carry_out(self, invocation: Invocation) -> None:
        """Do what is asked for; what failed stays marked, so that the same key asks for just that again."""
        page = self.page
        try:
            results = await self._verbs.carry_out(invocation)
            if page is not None and page.marks and results:
                page.set_marks(self._verbs.marks_after(results, page.marks))
        finally:
            self._answered()

    def say_off(self, offer: ActionItem) -> None:
        """Why a verb cannot even be asked for."""
        self.notify(f"{offer.label}: {offer.off}", severity="warning", markup=False)

    @on(Page.MenuAsked)
    @work(exit_on_error=False)
    async def _menu(self, event: Page.MenuAsked) -> None:
        invocation: Invocation | None = None
        try:
            invocation = await self._verbs.choose(event.targets, event.found)
        finally:
            if invocation is None:
                self._answered()
        if invocation is not None:
            self.carry_out(invocation)

    def _answered(self) -> None:
        for page in self.pages.values():
            page.asking = False

    @on(Page.Asked)
    def _asked(self, event: Page.Asked) -> None:
        self.inspect(event.ref, raw=event.what == "raw")

    def inspect(self, ref: Ref, *, raw: bool) -> None:
        """The details, or the raw JSON, of a row."""
        inspect_row(self, self.store, ref, self.keymap, raw=raw)

    def action_operations(self) -> None:
        """The changes of this console; what moves meanwhile is shown. Whoever reads it has seen what failed."""
        reader = Reader("changes of this console", self._operation_lines())
        self.app.push_screen(reader)
        reader.set_interval(1.0, lambda: reader.pages.show(self._operation_lines()))

    def _operation_lines(self) -> list[Line]:
        self.store.operations.saw()
        return operation_lines(self.store.operations.everything(), self.store.clock.now())

    def warned(self, operation: Operation) -> None:
        """A change came to nothing after it was sent: said at once, and until somebody has looked."""
        what = f"{operation.ref.profile} {called(operation.name)}\n{operation.words}"
        what += "\nIt stays marked until you open it: d, or :ops"
        self.notify(what, severity="error", markup=False, timeout=30)

    @work(exit_on_error=False)
    async def action_audit(self) -> None:
        """The journal of all changes, newest first."""
        try:
            found = await self.store.journal.entries()
        except OSError as error:
            self.notify(f"the journal cannot be read: {error.strerror}", severity="error", markup=False)
            return
        self.app.push_screen(Reader(f"journal {self.store.journal.path}", audit_lines(found)))
