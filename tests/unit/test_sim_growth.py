"""Embedded clouds of any size: the first machines stay the same, and as much changes as was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from gputui.sim.answers import Answer, Row, Rows
from gputui.sim.churn import USUAL, Rates
from gputui.sim.clock import ManualClock
from gputui.sim.growing import address, parted, shared_out
from gputui.sim.ssh_listeners import SshListeners
from gputui.sim.world import PROFILES, World

START = 1_770_000_000.0
Grown = Callable[..., World]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def grown(tmp_path: Path, clock: ManualClock) -> Iterator[Grown]:
    doors: list[SshListeners] = []

    def grow(machines: int, rates: Rates = USUAL, *, calm: bool = True) -> World:
        doors.append(SshListeners(tmp_path))
        return World(7, clock, doors[-1], calm=calm, machines=machines, rates=rates)

    yield grow
    for door in doors:
        door.detach()


def states(world: World, name: str) -> list[str]:
    turns = world._parts[name].turns
    return [turns.state(thing) for thing in turns.things()]


def live(world: World, clock: ManualClock, seconds: float) -> None:
    for _ in range(int(seconds)):
        clock.advance(1)
        for cloud in world.clouds.values():
            cloud.tick()


def changes(before: list[str], after: list[str]) -> int:
    return sum(one != other for one, other in zip(before, after, strict=True))


# -- size --


@pytest.mark.parametrize("machines", [0, 150, 200, 1200])
def test_there_are_as_many_machines_as_asked_for_and_never_fewer_than_always(grown: Grown, machines: int) -> None:
    assert grown(machines).machines == max(199, machines)


def test_the_first_machines_are_the_same_at_any_size(grown: Grown) -> None:
    small: Any = grown(0).clouds
    large: Any = grown(1200).clouds
    for few, many in (
        ([node.id for node in small["scp"].nodes.values()], [node.id for node in large["scp"].nodes.values()]),
        (list(small["hostedai"].nodes), list(large["hostedai"].nodes)),
        (list(small["runai"].workloads), list(large["runai"].workloads)),
        (list(small["datenfab"].instances), list(large["datenfab"].instances)),
        ([run.nodes[0].id for run in small["nsml"].runs()], [run.nodes[0].id for run in large["nsml"].runs()]),
    ):
        assert few == many[: len(few)]
        assert len(many) > len(few)


def test_a_grown_world_is_the_same_again_and_names_no_machine_twice(grown: Grown) -> None:
    first: Any = grown(1200)["scp"]
    again: Any = grown(1200)["scp"]
    assert list(first.nodes) == list(again.nodes)
    assert len({node.name for node in first.nodes.values()}) == len(first.nodes)
    assert len({node.ip for node in first.nodes.values()}) == len(first.nodes)


def test_shares_are_whole_and_together_everything() -> None:
    assert shared_out(10, {"a": 2, "b": 1}) == {"a": 7, "b": 3}
    assert list(parted(35, 16)) == [16, 16, 3]
    assert len({address(20, number) for number in range(70_000)}) == 70_000


def test_machines_beyond_what_a_process_may_open_are_there_but_do_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gputui.sim.ssh_listeners.FEWEST_LISTENERS", 2)
    monkeypatch.setattr("gputui.sim.ssh_listeners.resource.getrlimit", lambda _: (4, 4))
    door = SshListeners(tmp_path)
    places = [door.open(name, user="root", password=None, gpus=1, gpu_model="H100") for name in "abc"]
    door.detach()
    assert places[2] == ("127.0.0.1", 22)
    assert all(port > 1024 for _, port in places[:2])


# -- how much changes --


@pytest.mark.parametrize("name", PROFILES)
def test_so_many_percent_change_every_five_seconds(grown: Grown, clock: ManualClock, name: str) -> None:
    world = grown(1200, Rates(changed=2))
    wanted = math.ceil(len(states(world, name)) * 2 / 100)
    for _ in range(3):
        before = states(world, name)
        live(world, clock, 5)
        assert changes(before, states(world, name)) == wanted


@pytest.mark.parametrize("name", PROFILES)
def test_so_many_percent_are_always_on_their_way(grown: Grown, clock: ManualClock, name: str) -> None:
    quiet, world = grown(1200), grown(1200, Rates(changing=8))
    word = world._parts[name].turns.words["moving"]
    wanted = 4 * math.ceil(len(states(world, name)) * 2 / 100)
    for _ in range(6):
        assert states(world, name).count(word) - states(quiet, name).count(word) == wanted
        live(world, clock, 5)


def test_at_a_pace_of_nothing_what_is_under_way_ends_and_then_nothing_changes(grown: Grown, clock: ManualClock) -> None:
    world = grown(0, Rates(pace=0), calm=False)
    at_first = {name: states(world, name) for name in PROFILES}
    live(world, clock, 90)
    settled = {name: states(world, name) for name in PROFILES}
    live(world, clock, 300)
    assert at_first != settled
    assert {name: states(world, name) for name in PROFILES} == settled


def test_at_twice_the_pace_twice_as_much_happens(grown: Grown, clock: ManualClock) -> None:
    def happened(pace: float) -> int:
        world = grown(0, Rates(pace=pace), calm=False)
        count = 0
        for _ in range(300):
            before = states(world, "scp")
            live(world, clock, 1)
            count += changes(before, states(world, "scp"))
        return count

    assert happened(4) > 2 * happened(1) > 0


# -- answers that cost what has changed --


def test_a_row_is_built_again_only_when_something_of_it_has_changed() -> None:
    built: list[str] = []

    def body(thing: dict[str, object]) -> dict[str, object]:
        built.append(str(thing["name"]))
        return dict(thing)

    things: list[dict[str, object]] = [{"name": name, "n": 1} for name in ("a", "b")]
    rows = Rows(lambda thing: thing["n"], body)
    rows.of(things)
    things[1]["n"] = 2
    assert [dict(row) for row in rows.of(things)] == things
    assert built == ["a", "b", "b"]


@pytest.mark.parametrize("wrap", [list, lambda rows: {"items": rows}, lambda rows: {"n": 1, "rows": rows, "x": None}])
def test_an_answer_has_the_bytes_of_plain_json(wrap: Callable[[list[object]], object]) -> None:
    bodies: list[dict[str, object]] = [{"name": "서울", "tags": [1, None, {"a": True}]}, {"name": "b"}]
    assert Answer(wrap([Row(body) for body in bodies])).body == JSONResponse(wrap([*bodies])).body
    assert Answer(None).body == JSONResponse(None).body
