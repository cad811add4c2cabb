"""Promise 4, the second half: a change is followed by reading its target until the cloud confirms or contradicts it,
and what is said of it is true at all times. Time passes when the test says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.actions import Progress
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Provider, View
from gputui.core.request import SendStatus
from gputui.core.rows import Item, Ref, Row, Snapshot
from gputui.engine.following import FAST_EVERY
from gputui.engine.operations import FOLLOWED_AT_MOST, RECONSIDERED_SECONDS, SLOW_EVERY, STANDS_SECONDS
from tests.clocks import until
from tests.promises.toy_bench import Bench, opened
from tests.toy import CREATE, DELETE, NODES, PING, PROVIDER, STOP, Machine, ToyClient

PATIENCE = STOP.patience
# A view that nobody looks at is not read by itself, as pools and fabrics are not.
QUIET = replace(PROVIDER, views=(replace(NODES, machine=False),))


async def read_one(client: ToyClient, machine: Machine) -> Item[Machine]:
    found = client.machines.get(machine.id)
    if found is None:
        raise Failed(Problem(Cause.MISSING, "there is none", status=404))
    return Item(found, {"id": found.id})


def alone(provider: Provider[ToyClient]) -> Provider[ToyClient]:
    """The same, where one thing can be read alone."""
    (nodes,) = provider.views
    one: View[ToyClient, Machine] = replace(nodes, read_one=read_one)
    return replace(provider, views=(one,))


@pytest.fixture(params=["whole list", "one alone", "left view", "left view, one alone"])
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    provider = QUIET if "left" in request.param else PROVIDER
    provider = alone(provider) if "alone" in request.param else provider
    made = await opened(tmp_path, provider)
    yield made
    await made.store.aclose()


async def test_it_is_followed_to_its_end_whatever_is_shown(bench: Bench) -> None:
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    assert bench.words == "in progress"
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    assert bench.words == "confirmed"
    await until(lambda: bench.ends() == ["confirmed"])


async def test_what_takes_long_is_looked_for_on_and_on_and_its_end_is_still_seen(bench: Bench) -> None:
    bench.client.effect = False
    await bench.do(STOP, "a")
    await bench.pass_time(PATIENCE)
    assert bench.words == "accepted"
    await bench.pass_time(PATIENCE + 10)
    assert bench.words == f"no sign for {2 * PATIENCE // 60:.0f} min, still looking (every 60 s)"
    assert bench.operation.open
    bench.client.set("a", "STOPPED")
    await bench.pass_time(SLOW_EVERY + 5)
    assert bench.words == "confirmed"


async def test_what_goes_on_is_never_given_up(bench: Bench) -> None:
    await bench.do(STOP, "a")
    await bench.pass_time(30)
    bench.clock.advance(FOLLOWED_AT_MOST + 60)
    await bench.pass_time(SLOW_EVERY * 2)
    assert bench.operation.open
    assert bench.words == "in progress for 24 h (looking every 60 s)"


@pytest.mark.parametrize(("after", "open_"), [(-60, True), (60, False)])
async def test_without_any_sign_it_is_given_up_after_a_day(tmp_path: Path, after: float, open_: bool) -> None:
    bench = await opened(tmp_path)
    bench.client.effect = False
    await bench.do(STOP, "a")
    bench.clock.advance(FOLLOWED_AT_MOST + after - 20)
    await bench.pass_time(20)
    assert bench.operation.open is open_
    assert bool(bench.warned) is not open_
    await bench.store.aclose()


async def test_it_is_read_often_at_first_and_once_a_minute_later(tmp_path: Path) -> None:
    bench = await opened(tmp_path, alone(QUIET))
    bench.client.effect = False
    reads: list[float] = []
    view = bench.cloud.provider.views[0]

    async def counted(client: ToyClient, machine: Machine) -> Item[Machine]:
        reads.append(bench.clock.now())
        return await read_one(client, machine)

    bench.cloud.provider = replace(bench.cloud.provider, views=(replace(view, read_one=counted),))
    await bench.do(STOP, "a")
    for _ in range(10):
        bench.clock.advance(FAST_EVERY)
        await bench.pass_time(0.001)
    assert len(reads) == 10
    await bench.pass_time(PATIENCE)
    reads.clear()
    await bench.pass_time(600)
    assert 9 <= len(reads) <= 11
    assert bench.client.reads == 1, "the whole list was read, too"
    await bench.store.aclose()


async def test_a_change_that_is_taken_back_is_a_warning_that_stays_until_seen(bench: Bench) -> None:
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    bench.client.set("a", "RUNNING")
    await bench.pass_time(15)
    assert bench.words == "accepted, then rolled back by the cloud"
    assert [one.ref.id for one in bench.warned] == ["a"]
    await until(lambda: bench.ends() == ["accepted, then rolled back by the cloud"])
    await bench.pass_time(3600)
    assert len(bench.store.operations.warnings) == 1
    bench.store.operations.saw(Ref("p", "nodes", "b"))
    assert len(bench.store.operations.warnings) == 1
    bench.store.operations.saw(Ref("p", "nodes", "a"))
    assert not bench.store.operations.warnings


def first_of_fleet(bench: Bench) -> Row:
    fleet = bench.store.fleet
    return fleet.rows[fleet.order.refs[0]]


async def test_it_is_marked_on_its_row_which_comes_first_in_the_fleet(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    bench.client.machines["a-bad"] = Machine("a-bad", "toy-bad", "ERROR")
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    assert first_of_fleet(bench).name == "toy-bad"
    bench.client.set("a", "RUNNING")
    await bench.pass_time(20)
    first = first_of_fleet(bench)
    assert (first.name, first.health) == ("toy-a", Health.DEGRADED)
    assert [cell.text for cell in first.cells[:3]] == ["toy-a", "▲ degraded", "rolled back, RUNNING"]
    bench.store.operations.saw()
    assert first_of_fleet(bench).name == "toy-bad"
    assert bench.row.cells[2].text == "RUNNING"
    await bench.store.aclose()


async def test_a_failure_is_told_in_the_clouds_own_word(bench: Bench) -> None:
    await bench.do(STOP, "a")
    bench.client.set("a", "ERROR")
    await bench.pass_time(20)
    assert bench.words == "failed: ERROR"
    assert bench.row.cells[2].text == "failed, ERROR"


@pytest.mark.parametrize("state", ["RUNNING", "ERROR"])
async def test_one_reading_is_not_enough_for_a_bad_end(tmp_path: Path, state: str) -> None:
    """A stale cache shows a state of before for a moment."""
    bench = await opened(tmp_path)
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    assert bench.operation.began
    ref = Ref("p", "nodes", "a")
    now = bench.clock.now()

    def read(shown: str, at: float) -> None:
        found = {ref: replace(bench.store.find(ref) or bench.row, state=shown, item=Machine("a", "toy-a", shown))}
        bench.store.operations.observe("p", "nodes", Snapshot(found, now + at))

    read(state, 0.0)
    read(state, STANDS_SECONDS - 0.01)
    assert bench.operation.open
    read("STOPPING", 1.0)
    read(state, 2.0)
    assert bench.operation.open
    read(state, 2.0 + STANDS_SECONDS)
    assert not bench.operation.open
    await bench.store.aclose()


@pytest.mark.parametrize(("late", "outcome"), [(-1, "confirmed"), (6, "accepted, then rolled back by the cloud")])
async def test_a_bad_end_is_taken_back_where_the_change_does_happen(tmp_path: Path, late: float, outcome: str) -> None:
    bench = await opened(tmp_path)
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    bench.client.set("a", "RUNNING")
    await bench.pass_time(20)
    settled = bench.operation.settled_at
    assert settled is not None
    bench.clock.advance(settled + RECONSIDERED_SECONDS + late - bench.clock.now())
    ref = Ref("p", "nodes", "a")
    found = {ref: replace(bench.row, item=Machine("a", "toy-a", "STOPPED"))}
    bench.store.operations.observe("p", "nodes", Snapshot(found, bench.clock.now()))
    assert bench.operation.outcome == outcome
    await bench.store.aclose()


async def test_what_ends_where_it_began_is_done_when_it_is_back(bench: Bench) -> None:
    restart = replace(STOP, name="reboot", label="Reboot", returns=True)
    await bench.do(restart, "a")
    await bench.pass_time(10)
    assert bench.words == "in progress"
    bench.client.set("a", "RUNNING")
    await bench.pass_time(15)
    assert bench.words == "confirmed"
    assert not bench.warned


@pytest.mark.parametrize(
    ("send_status", "words"),
    [
        (SendStatus.ACCEPTED, "accepted; this cloud shows no sign of its end"),
        (
            SendStatus.UNKNOWN,
            "unknown whether it arrived, and this cloud shows no sign of it: look before you repeat it",
        ),
    ],
)
async def test_what_cannot_be_observed_is_said_to_be_so(tmp_path: Path, send_status: SendStatus, words: str) -> None:
    bench = await opened(tmp_path)
    bench.client.send_status, bench.client.effect = send_status, False
    await bench.do(PING, "a")
    assert bench.words == words
    restart = replace(STOP, name="reboot", label="Reboot", returns=True)
    await bench.do(restart, "b")
    await bench.pass_time(PATIENCE + 20)
    assert [one.outcome for one in bench.store.operations.everything()] == [words, words]
    assert not bench.warned
    await bench.store.aclose()


async def test_looking_is_said_only_where_something_looks(bench: Bench) -> None:
    bench.client.send_status = SendStatus.UNKNOWN
    await bench.do(STOP, "a")
    assert bench.words == "unknown whether it arrived, looking"
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    assert bench.words == "confirmed"
    assert len(bench.client.sent) == 1


async def test_health_is_changing_while_a_change_is_open_and_says_nothing_of_it_after(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    bench.client.effect = False
    await bench.do(STOP, "a")
    assert bench.row.health is Health.CHANGING
    assert [cell.text for cell in bench.row.cells[1:3]] == ["◌ changing", "RUNNING stop…"]
    bench.client.set("a", "STOPPED")
    await bench.pass_time(20)
    assert [cell.text for cell in bench.row.cells[1:3]] == ["○ off", "STOPPED"]
    await bench.store.aclose()


async def test_where_a_view_shows_no_state_the_change_stands_at_the_name(tmp_path: Path) -> None:
    bare = replace(PROVIDER, views=(replace(NODES, state=None, health=None),))
    bench = await opened(tmp_path, bare)
    bench.client.hold()
    task = bench.store.perform(bench.intent(STOP, "a"))
    await until(lambda: bench.client.sent)
    bench.clock.advance(3)
    assert bench.row.cells[0].text == "toy-a sending… 3 s"
    assert bench.row.name == "toy-a"
    bench.client.free.set()
    await task
    await bench.store.aclose()


async def test_a_deletion_is_believed_from_the_whole_list_only(bench: Bench) -> None:
    await bench.do(DELETE, "a")
    bench.client.machines.pop("a")
    await bench.pass_time(10)
    assert bench.words == "confirmed"


async def test_what_is_made_is_found_whatever_is_shown(bench: Bench) -> None:
    await bench.do(CREATE, names=("new",))
    bench.client.machines["x"] = Machine("x", "new", "STARTING")
    await bench.pass_time(10)
    assert bench.operation.ref.id == "x"
    bench.client.set("x", "RUNNING")
    await bench.pass_time(10)
    assert bench.operation.progress is Progress.DONE


async def test_a_cloud_that_fails_meanwhile_proves_nothing(bench: Bench) -> None:
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    bench.client.problem = Problem(Cause.SERVER, "down")
    await bench.pass_time(300)
    assert bench.operation.open
    bench.client.problem = None
    bench.client.set("a", "STOPPED")
    await bench.pass_time(SLOW_EVERY * 2)
    assert bench.words == "confirmed"


async def test_it_is_read_while_its_answer_is_awaited(bench: Bench) -> None:
    """An answer of 9 s: the cloud has begun, and taken it back, before it comes."""
    bench.client.hold()
    task = bench.store.perform(bench.intent(STOP, "a"))
    await until(lambda: bench.client.sent)
    bench.client.set("a", "STOPPING")
    await bench.pass_time(6)
    bench.client.set("a", "RUNNING")
    await bench.pass_time(3)
    bench.client.effect = False
    bench.client.free.set()
    await task
    await bench.pass_time(15)
    assert bench.words == "accepted, then rolled back by the cloud"
