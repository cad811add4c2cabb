"""Consoles for tests: the real app over real sockets to the embedded clouds, whose clock the test owns."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from gputui.commands.context import CliContext
from gputui.commands.loading import loader
from gputui.config.palettes import ThemeFile
from gputui.config.paths import Places
from gputui.config.profiles import Config, load
from gputui.config.themes import find
from gputui.core.actions import Choice
from gputui.core.clock import Clock, SystemClock
from gputui.core.rows import Ref, Row
from gputui.engine.cached.lists import CachedList
from gputui.engine.journal import Journal
from gputui.engine.store import Store, Tab
from gputui.sim.clock import ManualClock
from gputui.sim.serve import Simulator
from gputui.ssh.places import SshPlaces
from gputui.ui.app import ConsoleApp
from gputui.ui.command import Commands
from gputui.ui.commands import COMMAND_TABLE
from gputui.ui.form.screen import Form
from gputui.ui.list.page import Page
from gputui.ui.shell.render_options import RenderOptions
from gputui.ui.ssh_service import SshConfig
from gputui.ui.terminal.multiplexer import Multiplexer
from gputui.ui.terminal.type_ahead import BURST_GAP
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.pages import Pages
from tests.clocks import until


@dataclass
class Console:
    """A running console and the clouds behind it."""

    app: ConsoleApp
    pilot: Pilot[None]
    clouds: Simulator | None
    clock: ManualClock | None
    folder: Path

    @property
    def page(self) -> Page:
        page = self.app.console_screen.page
        assert page is not None
        return page

    @property
    def store(self) -> Store:
        return self.app.store

    def rows(self) -> dict[str, Row]:
        return {row.name: row for row in self.page.rows.values()}

    def row(self, profile: str, name: str) -> Row:
        for snapshot in self.store.clouds[profile].snapshots().values():
            for row in snapshot.rows.values():
                if row.name == name:
                    return row
        raise AssertionError(f"{profile} has no {name}")

    async def press(self, *keys: str) -> None:
        """One by one, as a person does: what comes in one burst is not meant."""
        for key in keys:
            await self.pilot.press(key)
            await asyncio.sleep(BURST_GAP)

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        await until(condition, seconds)

    def shows(self, kind: type[Screen[Any]]) -> bool:
        """Whether the top screen is of that kind, and can be looked at."""
        return isinstance(self.app.screen, kind) and laid_out(self.app.screen)

    async def go(self, number: str, *, view: str = "") -> None:
        """Go to a tab, then by tab key to the view; returns when it has rows."""
        await self.press(number)
        tab = self.app.console_screen.places.tabs[int(number)]
        await self.until(lambda: self.app.console_screen.trail.here.tab == tab)
        await self.until(lambda: self.app.console_screen.page is not None)
        while view and self.app.console_screen.trail.here.view != view:
            await self.press("tab")
        await self.until(lambda: self.app.console_screen.page is not None and self.page.total_count)

    async def choose(self, name: str) -> Ref:
        await self.until(lambda: name in self.rows())
        ref = self.rows()[name].ref
        assert self.page.choose(ref)
        await self.pilot.pause()
        return ref

    async def dialog(self) -> Dialog:
        """The open dialog, old enough to be answered."""
        await self.until(lambda: isinstance(self.app.screen, Dialog) and self.app.screen.ripe)
        assert isinstance(self.app.screen, Dialog)
        return self.app.screen

    async def offered(self, form: Form, name: str) -> Sequence[Choice]:
        """What a form offers for a field, once it has been read."""
        await self.until(lambda: form.sheet.offer(name).choices)
        return form.sheet.offer(name).choices or ()

    def changes(self, cloud: str) -> list[Any]:
        assert self.clouds is not None
        return self.clouds.logs[cloud].changes()

    def bar(self, id: str) -> str:
        return str(self.app.console_screen.query_one(f"#{id}").text)  # type: ignore[attr-defined]


def laid_out(screen: Screen[Any]) -> bool:
    """Whether what is in a screen is there: it is on top before its widgets are, and these before their text.

    A text has its lines from when it knows its width.
    """
    shown = [pages for pages in screen.query(Pages) if pages.display]
    return screen.is_mounted and all(pages.virtual_size.width >= pages.size.width - 1 > 0 for pages in shown)


@dataclass
class Wish:
    """How a console under test should be."""

    only: tuple[str, ...] | None = None
    size: tuple[int, int] = (80, 24)
    every: float = 0.3
    protected: bool = False
    read_only: bool = False
    profile_changes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    general: Mapping[str, object] = field(default_factory=dict)
    before: Callable[[Simulator], None] = lambda clouds: None
    ascii_only: bool = False
    theme: str = "gputui-dark"
    notices: bool = False
    commands: Commands = COMMAND_TABLE
    keymap: Mapping[str, str] = field(default_factory=dict)
    multiplexer: Multiplexer = Multiplexer.NONE


def theme_of(name: str, folder: Path) -> ThemeFile:
    theme = find(name, folder)
    assert isinstance(theme, ThemeFile)
    return theme


@asynccontextmanager
async def console(folder: Path, wish: Wish) -> AsyncIterator[Console]:
    """The console over simulated clouds, as `gputui demo` puts it together."""
    import tomli_w

    clock = ManualClock(time.time())  # near ours: signatures carry the time, ages follow from it
    with Simulator(calm=True, clock=clock, only=wish.only) as clouds:
        wish.before(clouds)
        config = clouds.config()
        profiles: Any = config["profiles"]
        for name, changes in wish.profile_changes.items():
            profiles[name].update(changes)
        async with configured(folder, tomli_w.dumps({"history_days": 0, **wish.general, **config}), wish) as here:
            yield replace(here, clouds=clouds, clock=clock)


@asynccontextmanager
async def configured(folder: Path, config: str, wish: Wish) -> AsyncIterator[Console]:
    """The console over the profiles of a configuration, whatever clouds these lead to."""
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(config)
    places = Places(folder, folder / "state", folder)
    loaded = load(path, home=folder)
    shells = SshConfig(SshPlaces(folder, places.known_hosts))
    surroundings = CliContext({}, places, sys.stdout, sys.stderr)
    load_all = loader(lambda: loaded, shells, surroundings, wish.read_only or None, lambda: None)
    async with running(folder, tabs_of(loaded, wish), load_all, shells, wish) as (app, pilot):
        yield Console(app, pilot, None, None, folder)


def tabs_of(loaded: Config, wish: Wish) -> list[Tab]:
    """The tabs of the profiles."""
    asked = wish.read_only or None
    return [
        Tab(p.name, p.provider, wish.protected or p.protected, loaded.holds_read_only(p, asked), wish.every)
        for p in loaded.profiles
    ]


@asynccontextmanager
async def running(
    folder: Path,
    tabs: list[Tab],
    load_all: Any,
    shells: SshConfig,
    wish: Wish,
    clock: Clock | None = None,
    cached: Mapping[str, Sequence[CachedList]] = MappingProxyType({}),
) -> AsyncIterator[tuple[ConsoleApp, Pilot[None]]]:
    """The app itself, headless; it lives by the machine's clock unless it is given one."""
    clock = clock or SystemClock()
    journal = Journal(folder / "state" / "audit.jsonl", "tester", clock.now)
    store = Store(tabs, journal=journal, clock=clock, rng=random.Random(1), cached=cached)
    app = ConsoleApp(
        store,
        load_all,
        render=RenderOptions(wish.ascii_only, flash=False, multiplexer=wish.multiplexer),
        theme=theme_of(wish.theme, folder),
        more_themes=dict,
        keymap=wish.keymap,
        commands=wish.commands,
        shells=shells,
        dumps=folder / "state" / "dumps",
        preferences=folder / "state" / "views.json",
    )
    async with app.run_test(size=wish.size, notifications=wish.notices) as pilot:
        yield app, pilot
