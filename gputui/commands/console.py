"""`gputui` without a command: puts configuration, deck and screen together and runs them."""

from __future__ import annotations

import gc
import getpass
import logging
import os
import random
import sys
from collections.abc import Callable, Mapping

from gputui.commands.log import start_log
from gputui.commands.options import ConsoleOptions
from gputui.commands.profiles import chosen, load_config
from gputui.commands.surroundings import Surroundings
from gputui.config.document import ConfigError
from gputui.config.places import Places
from gputui.config.profiles import DEFAULT_THEME, Config, Profile
from gputui.config.themes import ThemeFile, find, load_all
from gputui.core.clock import SystemClock
from gputui.engine.deck import Deck, Tab
from gputui.engine.journal import Journal

USAGE_ERROR = 2


def run_console(options: ConsoleOptions, here: Surroundings, prepare: Callable[[], None] | None = None) -> int:
    """Run the console over the configured profiles; return the exit code.

    `prepare` runs in a thread after the first frame, and then the configuration is read again: which tabs there are
    is known at the start, how they are reached may be learnt a moment later.
    """
    complaint = unfit_terminal(here.environ)
    if complaint:
        here.say(complaint)
        return USAGE_ERROR
    quiet_start(no_color=options.no_color)
    config = load_config(options, here)
    if config.missing or not (config.profiles or config.errors):
        from gputui.commands.welcome import run_welcome

        return run_welcome(options, here, config.path)
    for error in config.errors:
        here.say(error)
    profiles = chosen(config, options.profiles)
    if isinstance(profiles, ConfigError):
        here.say(profiles)
        return USAGE_ERROR
    if not profiles:
        return USAGE_ERROR

    def connectable() -> Config:
        if prepare is None:
            return config
        prepare()
        return load_config(options, here)

    return _run(options, here, config, profiles, connectable)


def unfit_terminal(environ: Mapping[str, str]) -> str:
    """Why the console cannot be drawn here, in words; empty where it can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "the console needs a terminal; for scripts: gputui get KIND -o json"
    if environ.get("TERM", "dumb") in ("", "dumb", "unknown"):
        return "this terminal (TERM) cannot be drawn on; for scripts: gputui get KIND -o json"
    return ""


def quiet_start(*, no_color: bool) -> None:
    """What must be set before Textual is imported: no animations, none of its variables, colours as asked."""
    gc.disable()  # until the first frame is drawn, see _collect_from_now_on
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]  # TEXTUAL_DRIVER and TEXTUAL_LOG run code and write files of somebody else's choice
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    if no_color:
        os.environ["NO_COLOR"] = "1"


def _run(
    options: ConsoleOptions,
    here: Surroundings,
    config: Config,
    profiles: tuple[Profile, ...],
    connectable: Callable[[], Config],
) -> int:
    from gputui.commands.loading import loader
    from gputui.ssh.options import SshPlaces
    from gputui.ui.app import ConsoleApp
    from gputui.ui.console import ConsoleLook
    from gputui.ui.sessions import Shells

    places = here.places
    _start_log(options, places)
    who, clock = getpass.getuser(), SystemClock()
    deck = Deck(
        [_tab(profile, config, options) for profile in profiles],
        journal=Journal(places.audit, who, clock.now),
        clock=clock,
        chance=random.Random(),  # noqa: S311 - jitter, not secrecy
    )
    shells = Shells(SshPlaces(places.home, places.known_hosts, here.environ.get("SSH_AUTH_SOCK", ""), who))
    app = ConsoleApp(
        deck,
        loader(connectable, shells, here, options.read_only, _collect_from_now_on),
        look=ConsoleLook(options.ascii or not _speaks_utf8()),
        theme=chosen_theme(options.theme or config.theme, here),
        more_themes=lambda: load_all(places.themes_dir).found,
        keymap=config.keys,
        shells=shells,
        start_view=options.view,
    )
    app.run(mouse=options.mouse)
    return app.return_code or 0


def _collect_from_now_on() -> None:
    """Collect garbage again, but never look through what the start has left: that stays anyway."""
    gc.freeze()
    gc.enable()


def _tab(profile: Profile, config: Config, options: ConsoleOptions) -> Tab:
    problem = profile.errors[0].problem if profile.errors else None
    every = options.refresh or profile.refresh_seconds
    read_only = config.holds_read_only(profile, options.read_only)
    return Tab(profile.name, profile.provider, profile.protected, read_only, every, problem)


def chosen_theme(name: str, here: Surroundings) -> ThemeFile:
    """The theme of that name; what is wrong with it is said, and then the standard one serves."""
    found = find(name, here.places.themes_dir)
    if isinstance(found, ConfigError):
        here.say(found)
        found = find(DEFAULT_THEME, here.places.themes_dir)
    if isinstance(found, ConfigError):
        raise SystemExit(f"gputui: the installation is broken: {found}")
    return found


def _speaks_utf8() -> bool:
    return (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"


def _start_log(options: ConsoleOptions, places: Places) -> None:
    """Our own log; a place that cannot be written costs the log only. Nothing else may write to the terminal."""
    try:
        places.ready(places.log.parent)
        start_log(options.log_file or places.log, options.log_level)
    except OSError:
        logging.getLogger("gputui").addHandler(logging.NullHandler())
        logging.getLogger("gputui").propagate = False
    for noisy in ("httpx", "httpcore", "asyncssh", "asyncio", "stamina"):
        logging.getLogger(noisy).addHandler(logging.NullHandler())
        logging.getLogger(noisy).propagate = False
