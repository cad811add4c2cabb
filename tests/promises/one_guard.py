"""A store over a toy cloud, for rules that need no screen: each guard with every other one letting it pass."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from gputui.core.actions import Action, Risk
from gputui.core.provider import Provider
from gputui.core.request import Request, path
from gputui.core.rows import Ref, Row
from gputui.engine.cloud import Cloud
from gputui.engine.journal import Journal
from gputui.engine.perform import Intent
from gputui.engine.store import Store, Tab
from gputui.ui.act.confirmation import Confirmation
from gputui.ui.list.targets import Invocation, targets_of
from tests.clocks import ManualClock, until
from tests.toy import NODES, PROVIDER, Machine, ToyClient


def _poke(machines: Any, _: Any) -> Request:
    return Request("POST", path("poke", machines[0].id))


POKE = Action[Machine]("poke", "Poke", Risk.REVERSIBLE, _poke, key="K")
"""Allowed in every state, harmless, one request each: whatever stops it, it is not the verb's own rule or its risk."""


class ToyBench:
    """One profile `p` with machines that the test changes, and the newest of them at hand."""

    def __init__(self, folder: Path, action: Action[Machine], *, protected: bool, read_only: bool, count: int) -> None:
        self.clock = ManualClock()
        self.action = action
        self.view = replace(NODES, actions=(action,))
        self.provider: Provider[ToyClient] = replace(PROVIDER, views=(self.view,))
        self.client = ToyClient({f"m{n}": Machine(f"m{n}", f"toy-{n}") for n in range(count)})
        journal = Journal(folder / "state" / "audit.jsonl", "tester", self.clock.now)
        tab = Tab("p", "toy", protected=protected, read_only=read_only)
        self.store = Store([tab], journal=journal, clock=self.clock, rng=random.Random(1))
        self.cloud: Cloud = self.store.connect("p", self.provider, self.client)

    def rows(self, count: int) -> tuple[Row, ...]:
        found = [self.store.find(Ref("p", "nodes", f"m{n}")) for n in range(count)]
        return tuple(row for row in found if row is not None)

    def intent(self, count: int = 1) -> Intent:
        return Intent(self.cloud, self.action, "nodes", self.rows(count))

    def invocation(self, count: int = 1) -> Invocation:
        from gputui.ui.list.common_items import action_items_for

        targets = targets_of(self.store, [row.ref for row in self.rows(count)], marked=count > 1)
        (offer,) = (one for one in action_items_for(targets, {}) if one.label == self.action.label)
        return targets.invocation(offer.label, offer.calls)

    def asking(self, count: int = 1) -> Confirmation:
        return Confirmation.of(self.invocation(count))

    async def read_again(self, seen: Callable[[], object]) -> None:
        """Have the cloud read until the store knows of what the test has changed."""
        self.cloud.refresh()
        await until(seen)

    async def changed(self, one: str, **new: str) -> None:
        """Have a machine changed, and the store know it."""
        before = self.store.find(Ref("p", "nodes", one))
        self.client.machines[one] = replace(self.client.machines[one], **new)
        await self.read_again(lambda: self.store.find(Ref("p", "nodes", one)) != before)

    async def gone(self, one: str) -> None:
        """Have a machine vanish, and the store know it."""
        del self.client.machines[one]
        await self.read_again(lambda: self.store.find(Ref("p", "nodes", one)) is None)


@asynccontextmanager
async def toy_bench(
    folder: Path,
    action: Action[Machine] = POKE,
    *,
    protected: bool = False,
    read_only: bool = False,
    count: int = 6,
) -> AsyncIterator[ToyBench]:
    """The store, once it has read its machines."""
    made = ToyBench(folder, action, protected=protected, read_only=read_only, count=count)
    await until(lambda: len(made.rows(count)) == count)
    try:
        yield made
    finally:
        await made.store.aclose()
