"""Set up configuration, store and screen, and run the console."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gputui.commands.context import CliContext
from gputui.commands.ending import SECONDS
from gputui.commands.log import start_log
from gputui.commands.options import ConsoleOptions
from gputui.commands.profiles import chosen, load_config
from gputui.commands.terminal_check import chosen_theme, speaks_utf8
from gputui.config.document import ConfigError, profile_problem
from gputui.config.profiles import Config, Profile
from gputui.config.themes import load_all
from gputui.core.clock import SystemClock
from gputui.core.collector import collect_from_now_on
from gputui.core.threads import Deadline
from gputui.engine.journal import Journal
from gputui.engine.store import Store, Tab

if TYPE_CHECKING:
    from gputui.ui.app import ConsoleApp
    from gputui.ui.shell.render_options import RenderOptions
    from gputui.ui.ssh_service import SshConfig

USAGE_ERROR = 2
HUNG_UP = 129
ANSWER_SECONDS = 3.0
"""Seconds for pending requests to be answered, of which sending gets two and the journal the rest."""


def run_console(
    options: ConsoleOptions,
    ctx: CliContext,
    prepare: Callable[[], None] | None = None,
    clean_up: Callable[[], None] = lambda: None,
) -> int:
    """Run the console over the configured profiles; return the exit code.

    `prepare` runs in a thread after the first frame, then the configuration is read again: the tabs are known at the
    start, but how to connect them may only be known after `prepare`. `clean_up` runs in a thread if leaving hangs,
    before the process is ended anyway.
    """
    config = load_config(options, ctx)
    for error in config.errors:
        ctx.say(error)
    profiles = chosen(config, options.profiles)
    if isinstance(profiles, ConfigError):
        ctx.say(profiles)
        return USAGE_ERROR
    if not profiles:
        return USAGE_ERROR

    def connectable() -> Config:
        if prepare is None:
            return config
        prepare()
        return load_config(options, ctx)

    return _run(options, ctx, config, profiles, connectable, clean_up)


def _run(
    options: ConsoleOptions,
    ctx: CliContext,
    config: Config,
    profiles: tuple[Profile, ...],
    connectable: Callable[[], Config],
    clean_up: Callable[[], None],
) -> int:
    from gputui.commands.judging import notices
    from gputui.commands.kept_outline import KeptOutline
    from gputui.commands.loading import loader
    from gputui.ui.app import ConsoleApp

    places = ctx.places
    if not _log_started(options, ctx):
        return USAGE_ERROR
    store = _store(options, ctx, config, profiles)
    shells = _shells(ctx, ctx.user())
    leaving = Leaving(store, clean_up)
    kept = KeptOutline(ctx.opening, places.splash, config.path)

    def begun() -> None:
        collect_from_now_on()
        kept.take(app.console_screen)

    def judge() -> Sequence[str]:
        kept.write()
        return notices(load_config(options, ctx), ctx)

    app = ConsoleApp(
        store,
        loader(connectable, shells, ctx, options.read_only, begun),
        render=_render_options(options, config, ctx),
        theme=chosen_theme(options.theme or config.theme, ctx),
        more_themes=lambda: load_all(places.themes_dir).found,
        keymap=config.keys,
        shells=shells,
        dumps=places.dumps,
        preferences=places.preferences,
        filters=config.filters,
        start_view=options.view,
        leaving=leaving.begin,
        judge=judge,
    )
    leaving.app = app
    app.splash = ctx.opening.splash
    try:
        app.run(mouse=options.mouse)
    finally:
        leaving.deadline.call_off()
    return app.return_code or 0


def _render_options(options: ConsoleOptions, config: Config, ctx: CliContext) -> RenderOptions:
    from gputui.ui.shell.render_options import RenderOptions
    from gputui.ui.terminal.erasing import erases_in_colour
    from gputui.ui.terminal.multiplexer import multiplexer

    return RenderOptions(
        options.ascii or not speaks_utf8(),
        multiplexer=multiplexer(ctx.environ),
        depth=options.depth,
        erases=erases_in_colour(ctx.environ),
        full_frames=options.full_frames or config.full_frames,
    )


def _store(options: ConsoleOptions, ctx: CliContext, config: Config, profiles: tuple[Profile, ...]) -> Store:
    from gputui.commands.loading import cached_lists

    clock = SystemClock()
    return Store(
        [_tab(profile, config, options) for profile in profiles],
        journal=Journal(ctx.places.audit, ctx.user(), clock.now, required=config.audit == "required"),
        clock=clock,
        rng=random.Random(),  # noqa: S311 - jitter, not secrecy
        cached=cached_lists(config, profiles, ctx, clock.now()),
    )


def _shells(ctx: CliContext, who: str) -> SshConfig:
    from gputui.ssh.places import SshPlaces
    from gputui.ui.ssh_service import SshConfig
    from gputui.ui.terminal.browser import opener

    places = SshPlaces(ctx.places.home, ctx.places.known_hosts, ctx.environ.get("SSH_AUTH_SOCK", ""), who)
    return SshConfig(places, term=ctx.environ.get("TERM", ""), opener=partial(opener, ctx.environ))


class Leaving:
    """Ensures that leaving the console ends, and does what must not be left undone if it hangs."""

    def __init__(self, store: Store, clean_up: Callable[[], None]) -> None:
        self.app: ConsoleApp | None = None
        self.deadline = Deadline(os._exit, self._put_away)
        self._store = store
        self._clean_up = clean_up

    def begin(self, code: int) -> None:
        """Start leaving the console; the process will exit with `code`."""
        self.deadline.begin(code, partial(self._patient, code))

    def _patient(self, code: int, seconds: float) -> bool:
        gone = code == HUNG_UP or (self.app is not None and self.app.hung_up)
        return seconds < (ANSWER_SECONDS if self._store.sending and not gone else SECONDS)

    def _put_away(self) -> None:
        if self.app is not None:
            self.app.give_terminal_back()
        self._store.journal.aclose()
        self._clean_up()


def _tab(profile: Profile, config: Config, options: ConsoleOptions) -> Tab:
    problem = profile_problem(profile.errors) if profile.errors else None
    every = options.refresh or profile.refresh_seconds
    read_only = config.holds_read_only(profile, options.read_only)
    return Tab(profile.name, profile.provider, profile.protected, read_only, every, problem)


def _log_started(options: ConsoleOptions, ctx: CliContext) -> bool:
    """Start the log, or say why it cannot be written, which is fatal only for a file that the user named."""
    path = options.log_file or ctx.places.log
    try:
        start_log(path, options.log_level, named=options.log_file is not None)
    except OSError as error:
        start_log(None, options.log_level)
        ctx.say(f"the log {path} cannot be written: {error.strerror}")
        return options.log_file is None
    return True
