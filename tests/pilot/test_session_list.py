"""`:sessions`: what each key does to the session under the cursor, and to no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from gputui.core.rows import Ref
from gputui.ssh.session_result import EndReason, SessionResult
from gputui.ui.ssh.session_list import SessionList
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Pages, Reader
from tests.clocks import until
from tests.pilot.plain_app import PlainApp

LOST = SessionResult(None, "the line broke", 1.0, EndReason.LOST)
OVER = SessionResult(0, "exit status 0", 1.0)


@dataclass
class Sessions:
    """Two sessions, the first of which may have ended meanwhile."""

    entries: tuple[Any, ...]
    disconnected: list[Any] = field(default_factory=list)

    @classmethod
    def of(cls, ending: SessionResult | None = None) -> Sessions:
        return cls(tuple(entry(name, ending if name == "gpu-1" else None) for name in ("gpu-1", "gpu-2")))

    def away(self, one: Any) -> float | None:
        return 60.0 if one.machine.name == "gpu-1" else None

    def disconnect(self, one: Any) -> None:
        self.disconnected.append(one.machine.name)
        self.entries = tuple(other for other in self.entries if other is not one)


class Entry(SimpleNamespace):
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __str__(self) -> str:
        return f"{self.machine.name}, there"


def entry(name: str, ending: SessionResult | None) -> Entry:
    machine = SimpleNamespace(name=name, ref=Ref("lab", "nodes", name))
    session = SimpleNamespace(
        seconds=60.0, last_line="$ make", connection=SimpleNamespace(address="127.0.0.1"), end=None
    )
    unseen = 2_000 if name == "gpu-1" else 0
    return Entry(machine=machine, session=session, ending=ending, unseen=unseen, last_words=("killed",))


@dataclass
class Shown:
    app: PlainApp
    pilot: Pilot[None]
    screen: SessionList
    sessions: Sessions
    chosen: asyncio.Future[Any]

    async def answer(self, kind: type[Dialog] | type[Reader], key: str) -> str:
        """What the screen on top says; then a key for it."""
        await until(lambda: isinstance(self.app.screen, kind) and getattr(self.app.screen, "ripe", True))
        screen = self.app.screen
        await until(lambda: any(page.lines for page in screen.query(Pages)))
        lines = [line for page in screen.query(Pages) for line in page.lines]
        await self.pilot.press(key)
        await until(lambda: self.app.screen is not screen)
        return "\n".join("".join(text for text, _ in line) for line in lines)


@asynccontextmanager
async def listed(ending: SessionResult | None = None) -> AsyncIterator[Shown]:
    sessions = Sessions.of(ending)
    app = PlainApp()
    async with app.run_test(size=(100, 20)) as pilot:
        screen = SessionList(cast(Any, sessions), lambda: 1_800_000_000.0)
        chosen = asyncio.get_running_loop().create_future()
        app.push_screen(screen, chosen.set_result)
        await until(lambda: screen.is_mounted and screen.shown)
        yield Shown(app, pilot, screen, sessions, chosen)


async def test_enter_leads_back_into_the_chosen_one() -> None:
    async with listed() as here:
        await here.pilot.press("down", "enter")
        assert (await here.chosen).machine.name == "gpu-2"
        assert not here.screen.another


async def test_n_asks_for_another_one_on_its_machine() -> None:
    async with listed() as here:
        await here.pilot.press("n")
        assert (await here.chosen).machine.name == "gpu-1"
        assert here.screen.another


@pytest.mark.parametrize(("key", "ended"), [("y", ["gpu-2"]), ("escape", [])])
async def test_a_live_one_is_ended_only_after_a_yes(key: str, ended: list[str]) -> None:
    async with listed() as here:
        await here.pilot.press("down", "k")
        said = await here.answer(Dialog, key)
        await until(lambda: here.sessions.disconnected == ended)
        assert "gpu-2, there" in said
        assert len(here.screen.shown) == 2 - len(ended)


async def test_one_that_has_ended_goes_without_a_question() -> None:
    async with listed(OVER) as here:
        await here.pilot.press("k")
        await until(lambda: here.sessions.disconnected == ["gpu-1"])
        assert here.app.screen is here.screen


@pytest.mark.parametrize("ending", [LOST, OVER])
async def test_of_one_that_has_ended_the_last_words_are_read_and_a_lost_one_is_given_back(
    ending: SessionResult,
) -> None:
    async with listed(ending) as here:
        await here.pilot.press("enter")
        said = await here.answer(Reader, "escape")
        assert ending.reason in said and "killed" in said
        await until(lambda: here.sessions.disconnected == ["gpu-1"])
        if ending is LOST:
            assert (await here.chosen).machine.name == "gpu-1"
        else:
            await until(lambda: here.app.screen is here.screen)
            assert not here.chosen.done()


async def test_an_empty_list_takes_no_key_for_another() -> None:
    async with listed() as here:
        here.sessions.entries = ()
        here.screen.look()
        await here.pilot.press("k", "n")
        await here.pilot.pause()
        assert here.app.screen is here.screen and not here.screen.another
        assert not [notice.message for notice in here.app._notifications]
        assert "no sessions" in here.screen.query_one("#live-title", Bar).text


async def test_each_line_says_how_the_session_stands() -> None:
    async with listed(OVER) as here:
        ended, live = (here.screen.text_of(one).plain for one in here.sessions.entries)
        assert "✖ ended" in ended and "ended: exit status 0 · 2 kB unseen" in ended and "$ make" not in ended
        assert "● live" in live and live.endswith("nothing unseen · $ make")
    async with listed() as here:
        away = here.screen.text_of(here.sessions.entries[0]).plain
        assert "detached 1 min · 2 kB unseen · $ make" in away
