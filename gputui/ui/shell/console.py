"""The console's main screen: the current place, its list, and the keys for navigation."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input

from gputui.core.rows import Ref
from gputui.engine.cloud import Feed
from gputui.engine.lost_profiles import is_profile
from gputui.ui.act.controller import ActionController
from gputui.ui.command import Command, CommandContext, Commands
from gputui.ui.fan_out.controller import FanOutController
from gputui.ui.host import Host
from gputui.ui.inspect.opening import inspect_row
from gputui.ui.list.drill_down import drill_down
from gputui.ui.list.filter_line import FilterLine
from gputui.ui.list.location import FLEET, Location
from gputui.ui.list.page import Page
from gputui.ui.list.targets import Invocation, Targets, targets_of
from gputui.ui.shell.around import AroundList
from gputui.ui.shell.help import help_lines
from gputui.ui.shell.kept_files import KeptFiles
from gputui.ui.shell.narrowing import Narrowing
from gputui.ui.shell.navigation import Navigation, no_view
from gputui.ui.shell.render_options import RenderOptions
from gputui.ui.shell.view_preferences import ViewPreferences
from gputui.ui.ssh.controller import SshController
from gputui.ui.table.live_table import LiveTable
from gputui.ui.widgets.keys import bind
from gputui.ui.widgets.notice_lines import NoticeLines
from gputui.ui.widgets.overlays import OVERLAYS_CSS
from gputui.ui.widgets.reader import Reader
from gputui.ui.widgets.worker_errors import WorkerErrors, problem_of

COALESCE_SECONDS = 0.05
HARMLESS = frozenset(f"table.{name}" for name in ("up", "down", "first", "last", "page_up", "page_down")).union(
    ("look.filter", "console.palette")
)
"""Ids of bindings that may run in a burst of keys: over a slow line `/error` arrives in one piece."""


class ConsoleScreen(NoticeLines, WorkerErrors, Screen[None]):
    """Tabs, views, table, changes, keys. Keys on rows are handled by the controllers it owns."""

    DEFAULT_CSS = OVERLAYS_CSS
    SCOPED_CSS = False

    def __init__(self, host: Host, commands: Commands, render: RenderOptions, start_view: str = "") -> None:
        super().__init__()
        bind(self, commands.screen)
        self.store, self.keymap = host.store, host.keymap
        self.render_options = render
        self.commands = commands
        self.places = Navigation(host.store, self._page_of, self._entered, start_view)
        self.trail = self.places.trail
        self.narrowing = Narrowing(host.store, lambda: self.page, self._lines)
        self.options = self.narrowing.options
        self.actions = ActionController(host, lambda: self.page, self._answered)
        self.ssh = SshController(host)
        self.fan_outs = FanOutController(host, lambda: self.page)
        self.looks = ViewPreferences(host, lambda: self.page)
        self._host = host
        self._due = False
        self._kept = KeptFiles(host, self._warn)
        self.around = AroundList(host.store, self.places, commands, host.keymap)

    def compose(self) -> ComposeResult:
        """The lines around the table; the table is added with the place."""
        around = self.around
        yield from (around.tabs, around.views, around.banner)
        yield Container(id="pages")
        line = FilterLine(id="filter", suggester=self.narrowing.suggester)
        yield from (line, line.complaint, around.changes, around.keys)

    def on_mount(self) -> None:
        """Show the fleet at once; its rows arrive later."""
        self.places.enter()
        self.set_interval(1.0, self._tick)

    # ------------------------------------------------------------------ data

    def data_changed(self, profile: str, feed: Feed) -> None:
        """The store has changed: redraw once for all changes within 50 ms."""
        if not self._due and self.is_mounted:
            self._due = True
            self.set_timer(COALESCE_SECONDS, self._redraw)

    def _redraw(self) -> None:
        self._due = False
        if self._host.paused:
            return
        self.places.settle()
        page = self.page
        if page is not None and not self.options.frozen:
            page.reload()
        self._lines()

    def _tick(self) -> None:
        if self._host.paused:
            return
        self.store.time_passed()
        self._kept.look()
        if self.page is not None and not self.options.frozen:
            self.page.reload()
            self.narrowing.apply_by_clock(self.page)
            self.page.redraw()
        elif self.page is not None:
            self.page.expire()
        self._lines()

    def _warn(self, words: str) -> None:
        self.notify(words, severity="warning", markup=False, timeout=10)

    def loaded(self, complaints: Sequence[str]) -> None:
        """Every profile is connected or has failed; `complaints` are about the configuration as a whole."""
        if (wanted := self.places.start_view) not in ("", "fleet"):
            complaints = [*complaints, no_view(wanted, self.store)]
        for complaint in complaints:
            self._warn(complaint)

    def resumed(self) -> None:
        """Redraw after an SSH session."""
        self._redraw()
        self.refresh()

    def must_be_meant(self, key: Key) -> bool:
        """All keys of the list and of verbs, except those that only move in it or open an input."""
        if isinstance(self.focused, Input):
            return False
        bound = self.active_bindings.get(key.key)
        return bound is None or bound.binding.id not in HARMLESS

    # ------------------------------------------------------------------ places

    @property
    def page(self) -> Page | None:
        """The page of the current place; None while its profile is not connected."""
        return self.places.page

    def _page_of(self, place: Location) -> Page:
        render = self.render_options
        page = Page(
            place, self.store, self.keymap, self.commands.rows, ascii_only=render.ascii_only, flash=render.flash
        )
        self.query_one("#pages").mount(page)
        return page

    def _entered(self, page: Page | None) -> None:
        if page is not None:
            self.looks.apply(page)
            self.narrowing.apply(page)
            page.reload()
            page.focus()
        self.places.settle()
        self._lines()

    def go_to(self, tab: str, view: str, parent: Ref | None = None) -> None:
        """Go to a place and add it to the history."""
        self.places.go_to(tab, view, parent)

    def go_to_row(self, ref: Ref) -> None:
        """Put the cursor on a row: in this list if it is there, else in its own; a filter that hides it is cleared."""
        if self.page is None or ref not in self.page.rows:
            self.go_to(ref.profile, ref.view)
        if not self.narrowing.choose(ref):
            self.notify("that row is gone", severity="warning", markup=False)

    def action_tab(self, number: int) -> None:
        """Go to the fleet (0) or to the profile with that number, to its last view."""
        if not self.places.tab(number):
            last = len(self.places.tabs) - 1
            self.notify(f"there is no tab {number}: the last one is {last}", markup=False, timeout=3)

    def action_view(self, view: str) -> None:
        """Go to this view of the tab."""
        self.go_to(self.trail.here.tab, view)

    def action_next_view(self, by: int) -> None:
        """Go to the next view of the tab; in the fleet to the next profile."""
        self.places.next_view(by)

    def action_back(self) -> None:
        """Leave a drill-down; else clear what narrows the list, or else the notices."""
        if self.trail.here.parent is not None:
            self.action_history(-1)
        elif self.options.filter.text or self.options.faults:
            self.action_clear_filter()
        elif self.query("Toast"):
            self.app.clear_notifications()
        else:
            self.notify("ctrl+c twice, or :q, quits", markup=False, timeout=2)

    def action_history(self, by: int) -> None:
        """Go back or forward in the history."""
        if not self.places.step(by):
            self.notify(f"there is nothing further {'back' if by < 0 else 'forward'}", markup=False, timeout=3)

    def action_last(self) -> None:
        """Go to the previous place; pressed again, return."""
        if not self.places.last():
            self.notify("there is no other place yet to go back to", markup=False, timeout=3)

    # ------------------------------------------------------------------ rows

    @on(LiveTable.Opened)
    def _opened(self, event: LiveTable.Opened) -> None:
        self.start(self._drill_down(event.ref))

    async def _drill_down(self, ref: Ref) -> None:
        if is_profile(ref):
            self.action_tab(self.places.tabs.index(ref.profile))
            return
        if not await drill_down(self._host, self.store, ref, self.go_to):
            inspect_row(self._host, ref)

    def _answered(self) -> None:
        for page in self.places.pages.values():
            page.asking = False

    @on(Page.Invoked)
    def _invoked(self, event: Page.Invoked) -> None:
        if isinstance(event.wanted, Invocation):
            self.carry_out(event.wanted)
        else:
            self.run_command(self.commands.of(event.wanted.id), event.targets)

    def carry_out(self, invocation: Invocation) -> None:
        """Carry out an invocation of a verb."""
        self.start(self.actions.carry_out(invocation))

    def action_invoke(self, identity: str) -> None:
        """Run a command that needs no rows."""
        self.run_command(self.commands.of(identity), Targets())

    def run_on_row(self, identity: str, ref: Ref) -> None:
        """Run a command on one row, wherever the cursor is."""
        self.run_command(self.commands.of(identity), targets_of(self.store, [ref], marked=False))

    def run_command(self, command: Command, targets: Targets, words: str = "") -> None:
        """Run a command on these rows."""
        if command.action:
            self.call_later(self.run_action, command.action)
            return
        given = CommandContext(self._host, self.actions, self.ssh, self.fan_outs, targets, words)
        try:
            work = command.run(given)
        except Exception as error:  # noqa: BLE001 - logged in full: a bug of one command ends only that one
            self.worker_failed(problem_of(error, command.id))
            work = None
        if work is not None:
            self.start(self._until_answered(work) if command.asks else work)
        elif command.asks:
            self._answered()

    async def _until_answered(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._answered()

    # ------------------------------------------------------------------ list options

    def action_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterLine).open(self.options.filter.text)

    @on(FilterLine.Typed)
    def _filter_typed(self, event: FilterLine.Typed) -> None:
        self.narrowing.filter_by(event.wanted)

    @on(FilterLine.Left)
    def _filter_left(self) -> None:
        """Keep the filter, and focus the table."""
        if self.page is not None:
            self.page.focus()
        self.narrowing.choose_one()
        self.start(self.narrowing.tell_without_hits(partial(self.notify, severity="warning", markup=False)))

    def action_clear_filter(self) -> None:
        """Clear the filter and `faults only`."""
        self.narrowing.clear()

    def action_faults(self) -> None:
        """Toggle between faults only and all rows."""
        self.narrowing.toggle_faults()

    def action_wide(self) -> None:
        """Toggle between all columns of this view and those that fit."""
        self.looks.toggle_wide()

    def action_columns(self) -> None:
        """Choose what the list is sorted by, and its columns."""
        self.looks.menu()

    @on(LiveTable.Rearranged)
    def _rearranged(self) -> None:
        self.looks.remember()

    def action_freeze(self) -> None:
        """Freeze the screen; reading and following continue."""
        self.options.frozen_at = None if self.options.frozen else self.store.clock.now()
        self._redraw()

    def action_refresh_now(self) -> None:
        """Read everything of this tab again."""
        here = self.trail.here
        for name, cloud in self.store.clouds.items():
            if here.tab in (FLEET, name):
                cloud.refresh()

    def action_help(self) -> None:
        """Show the keys, and the verbs of the row with their blocked reasons."""
        page = self.page
        self.app.push_screen(
            Reader("gputui help", help_lines(self.store, page, self.keymap, self.size.width - 1, self.commands))
        )

    # ------------------------------------------------------------------ bars

    @on(LiveTable.Moved)
    def _key_line(self) -> None:
        """Update the keys for the row under the cursor: all that moving it can change."""
        self.around.show_keys(self.page, self.size.width)

    @on(LiveTable.MarksChanged)
    def _lines(self) -> None:
        """Update the lines around the list."""
        self.around.show(self.options, self.ssh.alive, self.size, ascii_only=self.render_options.ascii_only)

    def notices_changed(self) -> None:
        """Move the list up, above notices that take more than the line of the changes."""
        self.around.changes.styles.margin = (max(0, self.notice_lines - 1), 0, 0, 0)

    def on_resize(self) -> None:
        """Fit the bars to the window's width."""
        self._lines()
