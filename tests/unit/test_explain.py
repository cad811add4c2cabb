"""Why a row is as it is, each piece of evidence alone: its words, its source, its time, and when it is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.provider import Children
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine import neighbours as module
from gputui.engine.audit import AuditEntry
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.explain import Evidence, explain
from gputui.engine.history.history import HistoryError, NoHistory
from gputui.engine.history.records import MachinePast, ObservedChange, What
from tests.toy import NODES, PROVIDER, Machine

NOW = 100_000.0
HOUR = 3_600.0
POOLS = replace(
    NODES,
    name="pools",
    title="Pools",
    machine=False,
    children=(Children("nodes", lambda pool, node: node.name.startswith(pool.name)),),
)
VIEW = replace(NODES, reasons=lambda machine: ("out of memory", ""))
PROVIDED = replace(PROVIDER, views=(VIEW, POOLS))


def row(of: str, health: Health = Health.OK, view: str = "nodes") -> Row:
    return Row(Ref("lab", view, of), of, "UP", health, (), item=Machine(of, of))


class Past(NoHistory):
    """A history with these changes; asked about a row or about a profile."""

    def __init__(self, *changes: ObservedChange, past: MachinePast | None = None, broken: bool = False) -> None:
        self._changes, self._past, self._broken = changes, past or MachinePast(), broken

    async def changes(self, span: Any) -> Sequence[ObservedChange]:
        if self._broken:
            raise HistoryError("gone")
        return [one for one in self._changes if span.ref in (None, one.ref) and one.at >= span.since]

    async def past(self, ref: Ref) -> MachinePast:
        if self._broken:
            raise HistoryError("gone")
        return self._past


def fell(of: str, ago: float, before: Health = Health.OK, after: Health = Health.BAD) -> ObservedChange:
    return ObservedChange(NOW - ago, row(of).ref, of, What.STATE, "UP", "DOWN", after, before)


def world(*rows: Row, history: Any = None, operation: Any = None, provider: Any = PROVIDED, **shot: Any) -> Any:
    """A store of one cloud whose lists hold these rows."""
    lists: dict[Feed, Snapshot] = {}
    for view in provider.views:
        its = {one.ref: one for one in rows if one.ref.view == view.name}
        lists[Feed(view.name)] = Snapshot(**{"rows": its, "taken_at": NOW - 1, **shot})
    cloud = SimpleNamespace(name="lab", provider=provider, snapshots=lambda: lists, snapshot=lambda feed: lists[feed])
    return SimpleNamespace(
        clouds={"lab": cast(Cloud, cloud)},
        clock=SimpleNamespace(now=lambda: NOW),
        history=history or Past(),
        operations=SimpleNamespace(of=lambda ref: operation),
        journal=SimpleNamespace(entries=_no_entries),
        gpu_verdicts=SimpleNamespace(of=lambda ref: None),
        view=lambda ref: provider.view(ref.view),
    )


async def _no_entries(since: datetime) -> list[AuditEntry]:
    return []


async def told(store: Any, about: Row) -> list[Evidence]:
    return [one async for one in explain(store, about)]


async def words(store: Any, about: Row) -> list[str]:
    return [one.text for one in await told(store, about)]


@pytest.mark.parametrize(
    ("state", "since", "text"),
    [
        ("UP", None, "UP, which means bad; nobody saw it begin"),
        ("", None, "without a state, which means bad; nobody saw it begin"),
        ("UP", NOW - 120, "UP, which means bad, for 2 min"),
    ],
)
async def test_first_its_state_and_since_when(state: str, since: float | None, text: str) -> None:
    about = replace(row("a", Health.BAD), state=state)
    first = (await told(world(about, history=Past(past=MachinePast(state_since=since))), about))[0]
    assert (first.text, first.source, first.at, first.health) == (text, "lab", since, Health.BAD)


async def test_then_its_reasons_its_operation_its_changes_and_its_list() -> None:
    about = row("a", Health.BAD)
    operation = SimpleNamespace(failed=True, words_at=lambda now: "Stop: failed", settled_at=None, sent_at=NOW - 9)
    history = Past(fell("a", 60), fell("b", 60), past=MachinePast(last_well=NOW - 70))
    found = await told(world(about, history=history, operation=operation), about)
    assert [(one.text, one.source, one.at, one.health) for one in found[1:]] == [
        ("out of memory", "lab", None, None),
        ("Stop: failed", "this console", NOW - 9, Health.BAD),
        ("UP → DOWN (bad)", "history", NOW - 60, Health.BAD),
        ("it was last seen well", "history", NOW - 70, None),
        ("all of this as the list had it", "lab", NOW - 1, None),
    ]


async def test_of_what_is_well_or_cannot_be_known_nothing_is_made_up() -> None:
    about = row("a")
    history = Past(past=MachinePast(last_well=NOW - 70))
    assert "it was last seen well" not in await words(world(about, history=history), about)
    assert len(await told(world(about, history=Past(broken=True)), about)) == 3
    assert await told(world(about), replace(about, ref=Ref("gone", "nodes", "a"))) == []
    assert await told(world(about), replace(about, ref=Ref("lab", "gone", "a"))) == []
    unreadable = replace(about, item=None)
    assert "out of memory" not in await words(world(unreadable), unreadable)


async def test_of_its_lists_the_newest_counts_and_its_failure_is_said() -> None:
    about = row("a")
    assert "it is in no current list" in await words(world(), about)
    store = world(about)
    newer = Snapshot({about.ref: about}, taken_at=NOW)
    store.clouds["lab"].snapshots()[Feed("nodes", Ref("lab", "pools", "x"))] = newer
    assert (await told(store, about))[-1].at == NOW
    problem = Problem(Cause.SERVER, "boom")
    failing = world(about, problem=problem, failed_since=NOW - 30)
    (said,) = [one for one in await told(failing, about) if "cannot be read" in one.text]
    assert (said.text, said.health) == (f"the list cannot be read: {problem}", Health.UNKNOWN)


# ---------------------------------------------------------------------- around it


POOL = row("a", Health.DEGRADED, view="pools")


def neighbours(bad: int, good: int = 1) -> list[Row]:
    return [POOL, *(row(f"a{n}", Health.BAD if n < bad else Health.OK) for n in range(bad + good))]


async def around(bad: int, *changes: ObservedChange, good: int = 1) -> str:
    rows = neighbours(bad, good)
    return (await told(world(*rows, history=Past(*changes)), rows[1]))[-1].text


async def test_what_holds_it_and_how_its_neighbours_are() -> None:
    assert await around(2, good=2) == "pool a: UP, 2 of 4 nodes bad or degraded"
    assert await around(1, good=0) == "pool a: UP, its only node"
    rows = neighbours(0)
    assert (await told(world(*rows), rows[1]))[-1].health is Health.DEGRADED
    stranger = row("b")
    assert "pool" not in " ".join(await words(world(*rows, stranger), stranger))


@pytest.mark.parametrize(
    ("bad", "changes", "ending"),
    [
        (2, [fell("a0", 60), fell("a1", 60)], "degraded"),
        (3, [fell(f"a{n}", 60 + 30 * n) for n in range(3)], "; 3 fell within 60 s"),
        (3, [fell("a0", 60), fell("a1", 60)], "degraded"),
        (3, [fell("a0", 60), fell("a1", 60), fell("a2", 60 + HOUR)], "degraded"),
        (3, [fell("a0", 60), fell("a1", 60), fell("a2", 59 + HOUR)], "; 3 fell within 59 min"),
        (3, [fell("a0", 60), fell("a1", 60), fell("b", 60)], "degraded"),
        (3, [fell("a0", 60), fell("a1", 60), fell("a2", 60, Health.DEGRADED)], "degraded"),
        (3, [fell("a0", 60), fell("a1", 60), fell("a2", 60, after=Health.OFF)], "degraded"),
        (3, [fell("a0", 60), fell("a0", 50), fell("a1", 60), fell("a2", 60)], "; 3 fell within 10 s"),
    ],
    ids=["two", "three", "one unseen", "an hour", "almost", "a stranger", "ill before", "off", "twice"],
)
async def test_three_that_fell_together_are_told(bad: int, changes: list[ObservedChange], ending: str) -> None:
    newest_first = sorted(changes, key=lambda one: -one.at)
    assert (await around(bad, *newest_first)).endswith(ending)


async def test_what_it_holds_itself_and_which_of_that_is_ill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CHILDREN", 2)
    rows = neighbours(3)
    found = await words(world(*rows), POOL)
    assert found[-3:] == ["4 nodes, 3 bad or degraded", "node a0: UP, out of memory", "node a1: UP, out of memory"]
    alone = row("z", view="pools")
    assert not [one for one in await words(world(*rows, alone), alone) if "degraded" in one]
