"""What a cloud shows as changing is followed by a few narrow readings, and not by its whole list."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Provider
from gputui.core.rows import Item, Listing, Ref
from gputui.engine.changes import Change
from gputui.engine.changing import ALONE_AT_ONCE, CHANGING_EVERY, FEW_ALONE, FRESH_SECONDS, MOST_ALONE, MOST_FOLLOWED
from gputui.engine.cloud import Feed
from tests.promises.toy_bench import Bench, opened
from tests.toy import NODES, PROVIDER, STOP, Machine, ToyClient

FEED = Feed("nodes")


@dataclass
class Asked:
    """The narrow readings that were made."""

    alone: list[str] = field(default_factory=list)
    states: list[tuple[str, ...]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    problem: Problem | None = None
    slow: asyncio.Event | None = None

    async def read_one(self, client: ToyClient, machine: Machine) -> Item[Machine]:
        self.alone.append(machine.id)
        if self.slow is not None:
            await self.slow.wait()
        if self.problem is not None:
            raise Failed(self.problem)
        if machine.id not in client.machines or machine.id in self.hidden:
            raise Failed(Problem(Cause.MISSING, "there is none", status=404))
        return Item(client.machines[machine.id], {"id": machine.id, "name": machine.name})

    async def read_states(self, client: ToyClient, states: Sequence[str]) -> Listing[Machine]:
        self.states.append(tuple(states))
        if self.problem is not None:
            raise Failed(self.problem)
        found = [machine for machine in client.machines.values() if machine.state in states]
        return Listing(tuple(Item(machine, {"id": machine.id, "name": machine.name}) for machine in found))

    def provider(self, *, alone: bool = True, states: bool = True, every: float | None = None) -> Provider[ToyClient]:
        view = replace(
            NODES,
            every=every,
            read_one=self.read_one if alone else None,
            read_states=self.read_states if states else None,
        )
        return replace(PROVIDER, views=(view,))


async def shown(folder: Path, asked: Asked, *changing: str, of: int = 3, **kinds: object) -> Bench:
    """A list of so many machines that somebody looks at; these of them are stopping."""
    bench = await opened(folder, asked.provider(**kinds))  # type: ignore[arg-type]
    for number in range(of):
        bench.client.machines.setdefault(f"m{number}", Machine(f"m{number}", f"toy-m{number}"))
    for name in changing:
        bench.client.set(name, "STOPPING")
    bench.cloud.show(FEED)
    await bench.pass_time(0.01)
    bench.client.reads = 0
    return bench


async def pass_seconds(bench: Bench, seconds: float) -> None:
    for _ in range(round(seconds / 0.5)):
        await bench.pass_time(0.5)


def states(bench: Bench) -> dict[str, str]:
    return {ref.id: row.state for ref, row in bench.store.rows("p", FEED).items()}


async def test_a_few_are_read_one_by_one_and_the_list_at_its_own_pace(tmp_path: Path) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked, "a", "b")
    await pass_seconds(bench, 30)
    assert 5 <= bench.client.reads <= 7, "every five seconds"
    assert set(asked.alone) == {"a", "b"} and not asked.states
    assert 30 <= len(asked.alone) <= 2 * 30 / CHANGING_EVERY
    await bench.store.aclose()


async def test_lists_have_places_left_while_narrow_readings_take_long(tmp_path: Path) -> None:
    slow = asyncio.Event()
    asked = Asked(slow=slow)
    bench = await shown(tmp_path, asked, *(f"m{number}" for number in range(MOST_ALONE)), of=20)
    await pass_seconds(bench, 10)
    assert len(asked.alone) == ALONE_AT_ONCE
    slow.set()
    await pass_seconds(bench, 1)
    assert len(asked.alone) == MOST_ALONE, "and then there is a pause"
    await bench.store.aclose()


async def test_what_a_narrow_reading_finds_is_shown_and_told_at_once(tmp_path: Path) -> None:
    bench = await shown(tmp_path, Asked(), "a")
    taken_at = bench.cloud.snapshot(FEED).taken_at
    bench.client.set("a", "STOPPED")
    await pass_seconds(bench, 2)
    assert (states(bench)["a"], bench.client.reads) == ("STOPPED", 0)
    assert bench.cloud.snapshot(FEED).taken_at == taken_at, "the list is not newer for that"
    told = [change for change in bench.store.changes if isinstance(change, Change)]
    assert [(change.name, change.before, change.after) for change in told][-1] == ("toy-a", "STOPPING", "STOPPED")
    await bench.store.aclose()


async def test_what_is_gone_vanishes_as_from_a_list(tmp_path: Path) -> None:
    bench = await shown(tmp_path, Asked(), "a")
    del bench.client.machines["a"]
    await pass_seconds(bench, 2)
    assert ("a" in states(bench), bench.client.reads) == (False, 0)
    (gone,) = [change for change in bench.store.changes if isinstance(change, Change) and not change.after]
    assert gone.name == "toy-a"
    await pass_seconds(bench, 20)
    assert "a" not in states(bench)
    await bench.store.aclose()


async def test_where_only_the_list_has_it_the_list_is_believed(tmp_path: Path) -> None:
    asked = Asked(hidden={"a"})
    bench = await shown(tmp_path, asked, "a")
    await pass_seconds(bench, 30)
    assert (asked.alone, states(bench)["a"]) == (["a"], "STOPPING"), "asked for alone once, and never again"
    await bench.store.aclose()


async def test_many_are_read_by_their_states_and_what_left_them_alone(tmp_path: Path) -> None:
    asked = Asked()
    names = [f"m{number}" for number in range(40)]
    bench = await shown(tmp_path, asked, *names, of=200)
    await pass_seconds(bench, 6)
    assert asked.states == [("STOPPING",)] * 2 and not asked.alone, "every three seconds"
    bench.client.reads = 0
    for name in names[:20]:
        bench.client.set(name, "STOPPED")
    await pass_seconds(bench, 3)
    assert len(asked.alone) == MOST_ALONE, "no more than so many at a time"
    await pass_seconds(bench, 8)
    assert [states(bench)[name] for name in names] == ["STOPPED"] * 20 + ["STOPPING"] * 20
    await bench.store.aclose()


async def test_many_that_no_narrow_reading_can_tell_of_are_left_to_the_list(tmp_path: Path) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked, *(f"m{number}" for number in range(40)), of=50, states=False)
    await pass_seconds(bench, 30)
    assert (asked.alone, asked.states) == ([], [])
    assert 5 <= bench.client.reads <= 7
    await bench.store.aclose()


async def test_where_very_many_are_changing_the_list_tells_of_them(tmp_path: Path) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked, *(f"m{number}" for number in range(MOST_FOLLOWED + 1)), of=300)
    await pass_seconds(bench, 10)
    assert (asked.alone, asked.states) == ([], [])
    bench.client.set("m0", "STOPPED")
    await pass_seconds(bench, 10)
    assert asked.states
    await bench.store.aclose()


async def test_without_any_narrow_reading_the_list_is_read_quickly(tmp_path: Path) -> None:
    bench = await shown(tmp_path, Asked(), "a", alone=False, states=False)
    await pass_seconds(bench, 30)
    assert bench.client.reads >= 15
    await bench.store.aclose()


async def test_what_stays_as_it_is_for_long_is_left_to_the_list(tmp_path: Path) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked, "a")
    await pass_seconds(bench, FRESH_SECONDS + 2)
    asked.alone.clear()
    await pass_seconds(bench, 30)
    assert asked.alone == []
    bench.client.set("a", "RUNNING")
    await pass_seconds(bench, 6)
    bench.client.set("a", "STOPPING")
    await pass_seconds(bench, 10)
    assert asked.alone, "it has begun anew"
    await bench.store.aclose()


async def test_only_what_somebody_looks_at_is_followed(tmp_path: Path) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked, "a")
    bench.cloud.hide(FEED)
    await pass_seconds(bench, 10)
    assert asked.alone == []
    bench.store.watch_fleet(True)
    await pass_seconds(bench, 10)
    assert asked.alone
    await bench.store.aclose()


async def test_what_cannot_be_read_is_tried_less_and_less_often(tmp_path: Path) -> None:
    asked = Asked(problem=Problem(Cause.SERVER, "down"))
    bench = await shown(tmp_path, asked, "a")
    await pass_seconds(bench, 45)
    assert len(asked.alone) <= 6
    assert states(bench)["a"] == "STOPPING"
    await bench.store.aclose()


async def test_while_its_list_fails_nothing_of_it_is_read(tmp_path: Path) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked, "a")
    bench.client.problem = Problem(Cause.CREDENTIALS, "no")
    await pass_seconds(bench, 6)
    asked.alone.clear()
    await pass_seconds(bench, 20)
    assert asked.alone == []
    await bench.store.aclose()


async def test_the_target_of_a_change_is_not_read_twice(tmp_path: Path) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked)
    await bench.do(STOP, "a")
    await pass_seconds(bench, 20)
    assert set(asked.alone) == {"a"}
    assert len(asked.alone) <= 10, "every two seconds"
    await bench.store.aclose()


@pytest.mark.parametrize("count", [FEW_ALONE, FEW_ALONE + 1])
async def test_an_api_that_wants_to_be_asked_slowly_is(tmp_path: Path, count: int) -> None:
    asked = Asked()
    bench = await shown(tmp_path, asked, *"abc"[:count], states=False, every=10.0)
    await pass_seconds(bench, 40)
    assert (3 <= len(asked.alone) <= 4 * FEW_ALONE) if count == FEW_ALONE else asked.alone == []
    await bench.store.aclose()


async def test_a_bug_of_a_provider_costs_its_narrow_readings_only(tmp_path: Path) -> None:
    async def broken(client: ToyClient, what: object) -> Listing[Machine]:
        raise RuntimeError("bug")

    asked = Asked()
    asked.read_states = broken  # type: ignore[method-assign, assignment]
    bench = await shown(tmp_path, asked, *(f"m{number}" for number in range(20)), of=20)
    await pass_seconds(bench, 10)
    assert bench.client.reads >= 1
    assert bench.store.find(Ref("p", "nodes", "m1"))
    await bench.store.aclose()
