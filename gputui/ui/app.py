"""The application: connects store, screen, driver, themes and signals, and ends in order."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import RenderableType
from rich.text import Text
from textual import events, on
from textual.app import App
from textual.binding import Binding
from textual.command import CommandPalette
from textual.notifications import Notification, SeverityLevel
from textual.widgets import Input
from textual.widgets._toast import ToastRack

from gputui.config.palettes import ThemeFile
from gputui.core.dumps import write
from gputui.core.redaction import redacted
from gputui.core.rows import Ref
from gputui.core.text import lines_of
from gputui.core.threads import DaemonThreads
from gputui.engine.preferences_file import PreferencesFile
from gputui.engine.store import Store
from gputui.ui.command import Commands
from gputui.ui.commands import COMMAND_TABLE
from gputui.ui.preload import QUIET_SECONDS, preload
from gputui.ui.shell.console import ConsoleScreen
from gputui.ui.shell.dead_keys import not_here
from gputui.ui.shell.palette import ConsoleCommands
from gputui.ui.shell.render_options import RenderOptions
from gputui.ui.shell.waiting_palette import WaitingPalette
from gputui.ui.ssh_service import SshConfig, SshService
from gputui.ui.terminal.ascii import AsciiDriver
from gputui.ui.terminal.driver import ConsoleDriver
from gputui.ui.terminal.frugal_app import FrugalApp
from gputui.ui.terminal.keyboard import PasteLost
from gputui.ui.terminal.multiplexer import clipboard_sequence
from gputui.ui.terminal.suspend import stop_job, undoes
from gputui.ui.terminal.type_ahead import Stoppable, TypeAhead
from gputui.ui.widgets.keys import bindings
from gputui.ui.widgets.notice_lines import fitted
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.overlays import NOTICE_PERCENT

QUIT_WITHIN = 2.0
_log = logging.getLogger(__name__)

Load = Callable[[Store], Awaitable[None]]
"""Connects every profile of the store; runs after the first frame."""


class ConsoleApp(FrugalApp[None], inherit_bindings=False):
    """The console. It leaves out Textual's own ctrl+q, which k9s users press to clear a filter."""

    TITLE = "gputui"
    COMMANDS = {ConsoleCommands}
    CSS = """
    #pages { height: 1fr; }
    #filter { padding: 0 1; background: $surface; }
    #changes { background: $surface; }
    """
    BINDINGS = [
        *bindings(COMMAND_TABLE.app, "screen.invoke"),
        Binding("escape", "give_up_connecting", show=False, priority=True),
        Binding("ctrl+l", "redraw", show=False, priority=True),
    ]

    def __init__(
        self,
        store: Store,
        load: Load,
        *,
        render: RenderOptions,
        theme: ThemeFile,
        more_themes: Callable[[], Mapping[str, ThemeFile]],
        keymap: Mapping[str, str],
        shells: SshConfig,
        dumps: Path,
        preferences: Path | None = None,
        filters: Mapping[str, str] | None = None,
        start_view: str = "",
        leaving: Callable[[int], None] = lambda _: None,
        commands: Commands = COMMAND_TABLE,
        judge: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        driver = AsciiDriver if render.ascii_only else ConsoleDriver
        super().__init__(
            theme,
            render.depth,
            erases=render.erases,
            full_frames=render.full_frames,
            driver_class=driver,
            ansi_color=False,
        )
        self.store = store
        self.keymap = keymap
        self.dumps = dumps
        self.preferences = PreferencesFile(preferences)
        self.filters = filters or {}
        self.paused = False
        self._ending = False
        self._not_here = ""
        self._typed = TypeAhead(self, super().on_event, self._keys_refused)
        self.console_screen = screen = ConsoleScreen(self, commands, render, start_view)
        self.ssh = SshService(store, shells, screen.ssh.session_changed, screen.ssh.forward_changed, screen.ssh.noticed)
        self.has_copied = False
        self.leaving = leaving
        self._load = load
        self._more_themes = more_themes
        self._judge = judge
        self._asked_at = float("-inf")
        self._loading: asyncio.Task[None] | None = None
        store.changed.add(screen.data_changed)
        store.change_failed.add(screen.actions.change_failed)

    def get_default_screen(self) -> ConsoleScreen:
        """Return the console's screen: all other screens are dialogs."""
        return self.console_screen

    def on_mount(self) -> None:
        """Start with the keys; everything heavy follows after the first frame."""
        asyncio.get_running_loop().set_default_executor(DaemonThreads())
        self.app_resume_signal.subscribe(self, self._repaint)
        self.set_keymap(dict(self.keymap))
        self.call_after_refresh(self._begin)

    async def on_key(self, event: events.Key) -> None:
        """Handle a key that no widget has taken: by the bindings, or by saying that it does nothing here."""
        event.prevent_default()  # Textual would run the bindings once more
        if not await self._check_bindings(event.key):
            self._say_not_here(event)

    def _say_not_here(self, key: events.Key) -> None:
        words = not_here(self.console_screen, self.screen, key)
        if not words:
            return
        for notice in [one for one in self._notifications if one.message == self._not_here]:
            self._drop_notice(notice)
        self._not_here = words
        self.notify(words, markup=False, timeout=4)

    async def on_event(self, event: events.Event) -> None:
        """Handle keys from the terminal one after the other; other events as usual."""
        if isinstance(event, events.Key) and (self._ending or not self.screen_stack):
            return  # typed after the key that ended us: there is no screen left for it
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notice for some seconds, cut to what its lines hold."""
        fit, _ = fitted(message, self.size.width)
        super().notify(fit, title=title, severity=severity, timeout=timeout, markup=markup)

    def _refresh_notifications(self) -> None:
        """Textual: the notices have changed. Those that the newest leave no room for go."""
        width, height = self.size
        room = height * NOTICE_PERCENT // 100
        for at, notice in enumerate(reversed([*self._notifications])):
            room -= fitted(notice.message, width)[1]
            if at and room < 0:
                self._drop_notice(notice)
        super()._refresh_notifications()

    def _drop_notice(self, notice: Notification) -> None:
        """Remove a notice, with the widget Textual wraps it in, which would keep taking up a line."""
        del self._notifications[notice]
        for screen in self.screen_stack:
            screen.query(f"#{ToastRack._toast_id(notice)}").remove()

    def clear_notifications(self) -> None:
        """Remove all notices."""
        for notice in [*self._notifications]:
            self._drop_notice(notice)

    def _keys_refused(self, words: str) -> None:
        self.notify(words, severity="warning", markup=False)

    def on_paste_lost(self, event: PasteLost) -> None:
        """Report a discarded paste: one without an end, or too long."""
        self.notify(event.words, severity="warning", markup=False)

    def _repaint(self, _: App[Any]) -> None:
        """Redraw after a stop (SIGTSTP, then `fg`): Textual takes the terminal again, but draws only what changes."""
        self.refresh(layout=True)

    def _begin(self) -> None:
        self._loading = asyncio.create_task(self._load_all(), name="load")

    async def _load_all(self) -> None:
        complaints: Sequence[str] = ()
        try:
            await self.preferences.load()
            self.console_screen.looks.loaded()
            await self._load(self.store)
            complaints = await asyncio.to_thread(self._judge)
        except Exception:  # noqa: BLE001 - logged in full; the console goes on with what it has
            _log.exception("loading the profiles")
            self.notify("loading failed: see the log", severity="error", markup=False)
        self.console_screen.loaded(complaints)
        self.set_timer(QUIET_SECONDS, partial(preload, self.store))
        for theme in self._more_themes().values():
            self.add_theme(theme)

    def action_command_palette(self) -> None:
        """Open the command line."""
        if isinstance(self.screen, WaitingPalette):
            return
        if busy := next(filter(None, (screen.busy for screen in self._overlays)), ""):
            self.notify(busy, severity="warning", markup=False)
        else:
            self.push_screen(WaitingPalette(id="--command-palette"))

    @property
    def _overlays(self) -> list[OverlayScreen[Any]]:
        """Return the screens over the list, the top one first."""
        return [screen for screen in reversed(self.screen_stack) if isinstance(screen, OverlayScreen)]

    @on(CommandPalette.Closed)
    def _leave_overlays(self, event: CommandPalette.Closed) -> None:
        """A command of the list was chosen over another screen: leave that as `esc` does, before the command runs."""
        for screen in self._overlays if event.option_selected else ():
            screen.action_leave()

    def action_ask_quit(self) -> None:
        """Explain how to quit; quit if asked again within two seconds. A running command is ended first."""
        if isinstance(self.screen, Stoppable) and self.screen.stop_first():
            return
        if monotonic() - self._asked_at < QUIT_WITHIN:
            self.quit_now()
            return
        self._asked_at = monotonic()
        self.notify("ctrl+c again quits", markup=False, timeout=QUIT_WITHIN)

    def quit_now(self) -> None:
        """End the console; ask once more if sessions would end with it."""
        if any(entry.ending is None for entry in self.ssh.entries):
            self.console_screen.start(self.console_screen.ssh.quit())
        else:
            self.exit()

    @property
    def ascii_only(self) -> bool:
        """Whether only ASCII may be drawn."""
        return self.console_screen.render_options.ascii_only

    @property
    def copying_doubt(self) -> str:
        """What may keep a copied text from the terminal; empty if nothing is known to."""
        return self.console_screen.render_options.multiplexer.value

    def copy_to_clipboard(self, text: str) -> None:
        """Send text to the terminal's clipboard, in the form that a multiplexer passes on."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(clipboard_sequence(text, self.console_screen.render_options.multiplexer))

    def dump(self, kind: str, texts: Mapping[str, str]) -> Path:
        """Write each text to a new file in the dumps folder; return the last path. Raises OSError."""
        return write(self.dumps, kind, texts, self.store.clock.now())

    def resumed(self) -> None:
        """Redraw everything after another program had the terminal."""
        self.console_screen.resumed()

    def run_on_row(self, command: str, ref: Ref) -> None:
        """Run a command of the table on one row, as its key does on the list."""
        self.console_screen.run_on_row(command, ref)

    def give_terminal_back(self) -> None:
        """Restore the terminal, called from another thread when the main one hangs."""
        if isinstance(self._driver, ConsoleDriver):
            self._driver.give_back_now()

    @property
    def hung_up(self) -> bool:
        """Whether the terminal has hung up."""
        return isinstance(self._driver, ConsoleDriver) and self._driver.hung_up

    @property
    def terminal_attributes(self) -> list[Any] | None:
        """The terminal's original termios attributes; None while they are in force."""
        return getattr(self._driver, "attrs_before", None)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the console; the first reason counts, so that a second ctrl+c does not change it."""
        if not self._ending:
            self._ending = True
            self.leaving(return_code)
            super().exit(result, return_code, message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Make `esc` give up a connection only if nothing closer (a dialog, an input) handles it."""
        if action == "give_up_connecting":
            at_the_list = self.screen is self.console_screen and not isinstance(self.focused, Input)
            return at_the_list and self.ssh.attempt is not None and self.ssh.attempt.under_way
        if action == "stop_job":
            return not undoes(self)
        return super().check_action(action, parameters)

    def action_save(self) -> None:
        """Save what is on the screen to files."""
        from gputui.ui.shell.saving import save_screen  # not needed for the first frame

        self.console_screen.start(save_screen(self, self.screen))

    def action_stop_job(self) -> None:
        """Give the terminal back to the shell until `fg`."""
        stop_job(self)

    def action_give_up_connecting(self) -> None:
        """Stop waiting for a machine that is being connected."""
        if self.ssh.attempt is not None:
            self.ssh.attempt.give_up()

    async def on_unmount(self) -> None:
        """Close connections; requests being sent have two seconds to be answered."""
        if self._loading is not None:
            self._loading.cancel()
        await self.preferences.aclose()
        await self.ssh.aclose()
        await self.store.aclose()

    def _handle_exception(self, error: Exception) -> None:
        """End the console on a bug, without Textual's dump of the frames' locals, which hold secrets."""
        _log.error("crash", exc_info=error)
        if self.is_headless:
            super()._handle_exception(error)
            return
        frames = lines_of(redacted("".join(traceback.format_exception(error)).rstrip()))
        words = "gputui was ended by a bug of its own. The log has this traceback, too."
        # Bypasses our own `exit`: a bug counts even while we are ending.
        super().exit(return_code=1, message=Text("\n".join([*frames, "", words]), overflow="fold"))
