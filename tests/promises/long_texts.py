"""A cloud of which every text is a megabyte, and a watch over how long each turn of the loop computes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from gputui.core.actions import Inputs, LogEntry, Query
from gputui.core.cells import Column, words
from gputui.core.guarded import guarded
from gputui.core.rows import Item, Listing
from gputui.core.text import Json
from gputui.engine.store import Store, Tab
from gputui.ssh.places import SshPlaces
from gputui.ui.ssh_service import SshConfig
from tests.pilot.consoles import Console, Wish, running
from tests.toy import NODES, PROVIDER, Machine, ToyClient

MEGABYTE = 1_000_000
TEXTS = {
    "ascii": "x" * MEGABYTE,
    "words": "lorem ipsum " * (MEGABYTE // 12),
    "blanks": " " * MEGABYTE + "x",
    "korean": "안녕하세요" * (MEGABYTE // 15),
    "emoji": "😀" * (MEGABYTE // 4),
    "marks": "e\u0301" * (MEGABYTE // 3),
    "controls": "\x1b[2J" * (MEGABYTE // 4),
}
ROWS = 30


class LongClient(ToyClient):
    """Lists machines with that text for a name and in a field; `deep` nests the object instead."""

    def __init__(self, text: str, deep: int = 0) -> None:
        super().__init__({f"m{n}": Machine(f"m{n}", f"{n} {text}") for n in range(ROWS)})
        self.text, self.deep = text, deep

    async def list(self) -> Listing[Machine]:
        raw: Json = {"text": self.text, "lines": self.text[:1000], "many": [self.text[:100]] * 100}
        for _ in range(self.deep):
            raw = {"in": raw}
        return Listing(tuple(Item(machine, raw) for machine in self.machines.values()))


async def _log(client: Any, machine: Any, inputs: Inputs) -> tuple[LogEntry, ...]:
    return (*(LogEntry(float(at), "info", f"line {at}") for at in range(5000)), LogEntry(9e5, "error", client.text))


async def _answer(client: Any, machine: Any, inputs: Inputs) -> Json:
    return {"text": client.text}


VIEW = replace(
    NODES,
    fetch=LongClient.list,
    columns=(*NODES.columns, Column("NOTE", lambda machine: words(machine.name))),
    queries=(Query("log", "Logs", _log, key="l"), Query("metrics", "Metrics", _answer, key="m")),
)


@asynccontextmanager
async def long_console(folder: Path, text: str, *, deep: int = 0) -> AsyncIterator[Console]:
    """The console over that cloud."""

    async def load(store: Store) -> None:
        provider = guarded(replace(PROVIDER, views=(VIEW,)))
        store.connect("toys", provider, LongClient(text, deep))

    shells = SshConfig(SshPlaces(folder, folder / "state" / "known_hosts"))
    async with running(folder, [Tab("toys", "toy", every=3600.0)], load, shells, Wish(size=(80, 24))) as (app, pilot):
        here = Console(app, pilot, None, None, folder)
        await here.until(lambda: "toys" in app.store.clouds)
        await here.press("1")
        await here.until(lambda: here.app.console_screen.page is not None and here.page.rows)
        yield here


class Turns:
    """The longest that the loop computed in one turn, in seconds of this thread: what else runs here does not count."""

    def __init__(self) -> None:
        self.longest = 0.0


@contextmanager
def turns() -> Iterator[Turns]:
    """Watch the loop in the block."""
    found, run = Turns(), asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        before = time.thread_time()
        run(handle)
        found.longest = max(found.longest, time.thread_time() - before)

    with patch.object(asyncio.Handle, "_run", timed):
        yield found
