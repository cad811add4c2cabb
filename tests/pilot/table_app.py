"""An app that is one table, and how to read its screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from gputui.config.palettes import ThemeFile
from gputui.config.profiles import DEFAULT_THEME
from gputui.config.themes import read_theme, shipped
from gputui.core.cells import EMPTY, Column, moment, number, verdict, words
from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.table.live_table import LiveTable
from gputui.ui.terminal.themes import textual_theme

NOW = 1_700_000_000.0


COLUMNS = [
    Column[Any]("NAME", lambda _: EMPTY),
    Column[Any]("HEALTH", lambda _: EMPTY),
    Column[Any]("GPUS", lambda _: EMPTY, right=True),
    Column[Any]("AGE", lambda _: EMPTY, right=True),
    Column[Any]("IMAGE", lambda _: EMPTY, wide=True),
]


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


def shipped_theme(name: str = DEFAULT_THEME) -> ThemeFile:
    theme = read_theme(shipped() / f"{name}.toml")
    assert isinstance(theme, ThemeFile)
    return theme


class TableApp(App[None]):
    """One table, and what it has said."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.register_theme(textual_theme(shipped_theme()))
        self.theme = DEFAULT_THEME
        self.clock = Clock()
        self.table = LiveTable(COLUMNS, now=self.clock, id="table", **options)
        self.said: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_live_table_moved(self, message: LiveTable.Moved) -> None:
        self.said.append(message)

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        self.said.append(message)

    def on_live_table_marks_changed(self, message: LiveTable.MarksChanged) -> None:
        self.said.append(message)


def ref(identity: int) -> Ref:
    return Ref("p", "nodes", str(identity))


def row(identity: int, *, gpus: int = 8, health: Health = Health.OK) -> Row:
    cells = (
        words(f"node-{identity}"),
        verdict(health),
        number(gpus),
        moment(datetime.fromtimestamp(NOW - 10 - identity, UTC)),
        words("ubuntu"),
    )
    return Row(ref(identity), f"node-{identity}", "", health, cells)


def rows(*identities: int) -> dict[Ref, Row]:
    return {made.ref: made for made in map(row, identities)}


def screen_lines(app: App[Any]) -> list[str]:
    """What stands on the terminal, as the compositor composed it."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def line_of(app: TableApp, name: str) -> str:
    return next(line for line in screen_lines(app) if f" {name} " in line)


def names(app: TableApp) -> list[str]:
    lines = screen_lines(app)[1:]
    return [line[3:].split()[0] for line in lines if line[:79].strip()]


async def start(app: TableApp, pilot: Pilot[None], *identities: int) -> LiveTable:
    app.table.show(rows(*identities))
    app.table.focus()
    await pilot.pause()
    return app.table


async def wait_until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await pilot.pause(0.02)


@contextmanager
def nothing_said(app: TableApp) -> Iterator[None]:
    before = list(app.said)
    yield
    assert app.said == before
