"""A console's data over a toy cloud, whose time passes and whose answers come when the test says so."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

from gputui.core.actions import Action
from gputui.core.provider import Provider
from gputui.core.request import Outcome, Request
from gputui.core.rows import Ref, Row
from gputui.engine.cloud import Feed
from gputui.engine.journal import Journal
from gputui.engine.operations import Operation
from gputui.engine.perform import Intent, Result
from gputui.engine.store import Store, Tab
from tests.clocks import ManualClock, until
from tests.toy import PROVIDER, Machine, ToyClient

BOUND = 10.0
"""Seconds after which what a test waits for is taken never to come."""


class HeldClient(ToyClient):
    """Answers changes when it is told to, if `held`."""

    def hold(self) -> None:
        self.free = asyncio.Event()

    def let_go(self) -> None:
        if hasattr(self, "free"):
            self.free.set()

    async def change(self, request: Request) -> Outcome:
        if hasattr(self, "free"):
            self.sent.append(request)
            async with asyncio.timeout(BOUND):
                await self.free.wait()
            self.sent.pop()
        return await super().change(request)


class Bench:
    """A console's data over a toy cloud; several may stand over the same cloud and journal."""

    def __init__(self, folder: Path, client: HeldClient, clock: ManualClock, provider: Provider[ToyClient]) -> None:
        self.path, self.client, self.clock, self.provider = folder / "audit.jsonl", client, clock, provider
        journal = Journal(self.path, "tester", clock.now)
        self.store = Store([Tab("p", "toy")], journal=journal, clock=clock, rng=random.Random(1))
        self.warned: list[Operation] = []
        self.store.change_failed.add(self.warned.append)
        self.cloud = self.store.connect("p", provider, client)

    async def ready(self) -> Bench:
        if not self.provider.views[0].machine:
            await self.cloud.read(Feed("nodes"))
        await until(lambda: self.store.find(Ref("p", "nodes", "a")))
        return self

    def intent(self, action: Action[Machine], *ids: str, **inputs: object) -> Intent:
        rows = [self.store.find(Ref("p", "nodes", id)) for id in ids]
        return Intent(self.cloud, action, "nodes", tuple(row for row in rows if row is not None), inputs)

    async def do(self, action: Action[Machine], *ids: str, **inputs: object) -> tuple[Result, ...]:
        async with asyncio.timeout(BOUND):
            return await self.store.perform(self.intent(action, *ids, **inputs))

    @property
    def operation(self) -> Operation:
        (found,) = self.store.operations.everything()
        return found

    @property
    def row(self) -> Row:
        return self.store.rows("p", Feed("nodes"))[Ref("p", "nodes", "a")]

    @property
    def words(self) -> str:
        return self.operation.outcome_at(self.clock.now())

    async def pass_time(self, seconds: float) -> None:
        """Let time pass in steps, so that whatever is due meanwhile is read, and its reading has ended."""
        left = seconds
        while left > 0:
            step = min(left, 5.0)
            left -= step
            self.clock.advance(step)
            for _ in range(30):
                await asyncio.sleep(0)

    def ends(self) -> list[str]:
        lines = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [line["end"] for line in lines if line["phase"] == "settled"]


async def opened(folder: Path, provider: Provider[ToyClient] = PROVIDER, clock: ManualClock | None = None) -> Bench:
    client = HeldClient({name: Machine(name, f"toy-{name}") for name in "abc"})
    return await Bench(folder, client, clock or ManualClock(), provider).ready()
