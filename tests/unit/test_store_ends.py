"""The end of a console's data: in order, whatever hangs, and the journal and the history are closed last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.actions import Progress
from gputui.core.request import SendStatus
from gputui.core.rows import Ref
from gputui.engine.history.history import NoHistory
from gputui.engine.history.records import ObservedChange
from gputui.engine.operations import Operation
from tests.clocks import ManualClock
from tests.promises.toy_bench import Bench, HeldClient
from tests.toy import NODES, PROVIDER, STOP, Machine


class Remembering(NoHistory):
    """A history that counts what it is told."""

    def __init__(self) -> None:
        self.changes: list[ObservedChange] = []
        self.closed = 0

    def note_operation(self, change: ObservedChange) -> None:
        self.changes.append(change)

    def aclose(self) -> None:
        self.closed += 1


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    client = HeldClient({name: Machine(name, f"toy-{name}") for name in "abc"})
    yield await Bench(tmp_path, client, ManualClock(), PROVIDER).ready()


async def test_the_history_hears_of_operations_and_is_closed_once(bench: Bench) -> None:
    history = Remembering()
    bench.store.remember(history)
    await bench.do(STOP, "a")
    assert history.changes
    assert not history.closed
    await bench.store.aclose()
    assert history.closed == 1
    assert bench.client.closed
    assert bench.store.journal._thread._shutdown


async def test_a_bad_end_out_of_the_journal_is_told_again_and_not_recorded_again(bench: Bench) -> None:
    ref = Ref("p", "nodes", "a")
    ended = Operation("e", ref, "toy-a", STOP, SendStatus.ACCEPTED, 0.0, settled_at=1.0, end="x", adopted=True)
    bench.store.operations.begin(replace(ended, progress=Progress.CONTRADICTED))
    assert bench.warned == [bench.operation]
    assert list(bench.store.changes)[-1] == bench.operation
    assert not bench.store._writing
    await bench.store.aclose()
    assert not bench.path.exists()


async def test_a_good_end_of_what_another_console_has_begun_is_recorded(bench: Bench) -> None:
    ref = Ref("p", "nodes", "a")
    ended = Operation("e", ref, "toy-a", STOP, SendStatus.ACCEPTED, 0.0, settled_at=1.0, end="x", adopted=True)
    bench.store.operations.begin(replace(ended, progress=Progress.DONE))
    await bench.store.aclose()
    assert bench.ends() == ["x"]


async def test_an_operation_in_a_list_that_was_never_read_is_told_too(bench: Bench) -> None:
    told: list[object] = []
    bench.store.changed.add(lambda profile, feed: told.append((profile, feed.view)))
    ref = Ref("p", "pools", "a")
    bench.store.operations.begin(Operation("e", ref, "toy-a", STOP, SendStatus.ACCEPTED, 0.0))
    assert told == [("p", "pools")]
    await bench.store.aclose()


async def test_an_unfinished_change_of_a_list_that_there_is_no_more_is_left_alone(bench: Bench) -> None:
    await bench.do(STOP, "a")
    other = Bench(
        bench.path.parent, bench.client, bench.clock, replace(PROVIDER, views=(replace(NODES, name="hosts"),))
    )
    await other.store.resume()
    assert other.store.operations.everything() == ()
    del other.store.clouds["p"]
    await other.store.resume()
    await other.store.aclose()
    await bench.store.aclose()
