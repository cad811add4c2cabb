"""Promise 4 over a restart: a bad end that nobody has looked at is told again, one that was seen is not; and what a
list that lost most of its rows at once does not show is not held against a change.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.actions import Progress
from gputui.core.rows import Ref
from gputui.engine.cloud import Feed
from tests.clocks import until
from tests.promises.toy_bench import Bench, HeldClient, opened
from tests.toy import CREATE, DELETE, PROVIDER, STOP, Machine

ROLLED_BACK = "accepted, then rolled back by the cloud"
A = Ref("p", "nodes", "a")


async def rolled_back(bench: Bench) -> None:
    await bench.do(STOP, "a")
    await bench.pass_time(10)
    bench.client.set("a", "RUNNING")
    await bench.pass_time(15)
    await until(lambda: ROLLED_BACK in bench.ends())


async def restarted(bench: Bench) -> Bench:
    await bench.store.aclose()
    other = await Bench(bench.path.parent, bench.client, bench.clock, bench.provider).ready()
    await other.store.resume()
    return other


async def test_a_bad_end_that_nobody_has_seen_outlives_the_console(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    await rolled_back(bench)
    for _ in range(2):  # and the next one, too
        bench = await restarted(bench)
        assert [(one.ref, one.outcome) for one in bench.store.operations.warnings] == [(A, ROLLED_BACK)]
        assert [one.ref for one in bench.warned] == [A], "it is told at once, too"
        assert bench.row.cells[2].text == "rolled back, RUNNING"
        await bench.pass_time(120)
        assert bench.words == ROLLED_BACK
    assert bench.ends() == [ROLLED_BACK], "it ended once"
    await bench.store.aclose()


async def test_one_that_was_seen_is_not_told_again(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    await rolled_back(bench)
    bench.store.operations.saw(A)
    bench = await restarted(bench)
    assert not tuple(bench.store.operations.everything())
    await bench.store.aclose()


async def test_one_that_happened_after_all_is_not_told_again(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    await rolled_back(bench)
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    await until(lambda: bench.ends() == [ROLLED_BACK, "confirmed"])
    bench = await restarted(bench)
    assert not tuple(bench.store.operations.everything())
    await bench.store.aclose()


async def test_where_more_was_done_to_the_target_it_is_not_told_again(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    await rolled_back(bench)
    await bench.do(STOP, "a")
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    await until(lambda: bench.ends() == [ROLLED_BACK, "confirmed"])
    bench = await restarted(bench)
    assert not tuple(bench.store.operations.everything())
    await bench.store.aclose()


async def test_of_several_targets_the_bad_ends_are_told_and_the_others_followed(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    await bench.do(STOP, "a", "b", "c")
    bench.client.set("a", "ERROR")
    bench.client.set("b", "STOPPED")
    await bench.pass_time(15)
    await until(lambda: sorted(bench.ends()) == ["confirmed", "failed: ERROR"])
    bench = await restarted(bench)
    assert {one.ref.id: one.outcome for one in bench.store.operations.everything()} == {
        "a": "failed: ERROR",
        "c": "accepted",
    }
    await bench.store.aclose()


async def test_what_was_made_and_failed_is_told_again_by_its_own_id(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    await bench.do(CREATE, names=("new",))
    bench.client.machines["x"] = Machine("x", "new", "ERROR")
    await bench.pass_time(15)
    await until(lambda: bench.ends() == ["failed: ERROR"])
    bench = await restarted(bench)
    assert [(one.ref.id, one.name) for one in bench.store.operations.warnings] == [("x", "new")]
    await bench.store.aclose()


async def test_another_console_takes_over_how_it_ended(tmp_path: Path) -> None:
    """It reads of another replica, which shows nothing of it."""
    bench = await opened(tmp_path)
    await bench.do(STOP, "a")
    client = HeldClient({"a": Machine("a", "toy-a")})
    other = await Bench(tmp_path, client, bench.clock, bench.provider).ready()
    await other.store.resume()
    assert other.words == "accepted"
    await bench.pass_time(10)
    bench.client.set("a", "RUNNING")
    await bench.pass_time(15)
    await until(lambda: ROLLED_BACK in bench.ends())
    await other.store.resume()
    assert [one.outcome for one in other.store.operations.everything()] == [ROLLED_BACK]
    await bench.store.aclose()
    await other.store.aclose()


async def test_what_this_console_began_is_its_own_whatever_the_journal_says(tmp_path: Path) -> None:
    """Only what others began is over where the journal knows of it no more: ours may have been moved away."""
    bench = await opened(tmp_path)
    await bench.do(STOP, "a")
    bench.path.unlink()
    await bench.store.resume()
    assert bench.words == "accepted"
    await bench.store.aclose()


async def test_what_an_earlier_console_began_stays_in_the_list_of_changes_once_its_end_was_seen(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    await bench.do(STOP, "a")
    bench = await restarted(bench)
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    await until(lambda: bench.ends() == ["confirmed"])
    await bench.store.resume()
    assert bench.words == "confirmed"
    await bench.store.aclose()


async def test_a_list_that_lost_most_of_its_rows_at_once_ends_no_change(tmp_path: Path) -> None:
    """A cloud that answers with an empty list for a moment has deleted nothing, and taken back nothing."""
    bench = await opened(tmp_path)
    await bench.do(DELETE, "a")
    await bench.do(STOP, "b")
    machines, bench.client.machines = bench.client.machines, {}
    bench.clock.advance(1)
    await bench.cloud._pollers[Feed("nodes")].read()
    assert all(one.open and one.doubt is None for one in bench.store.operations.everything())
    bench.client.machines = {**machines, "a": replace(machines["a"], state="DELETING")}
    await bench.pass_time(10)
    assert [one.progress for one in bench.store.operations.everything()] == [Progress.GOING] * 2
    await bench.store.aclose()


@pytest.mark.parametrize("verb", ["delete", "stop"])
async def test_one_that_stays_lost_is_gone(tmp_path: Path, verb: str) -> None:
    bench = await opened(tmp_path)
    await bench.do(DELETE if verb == "delete" else STOP, "a")
    bench.client.machines = {}
    await bench.pass_time(30)
    assert bench.words == ("confirmed" if verb == "delete" else "failed: it is gone")
    await bench.store.aclose()


async def test_in_which_state_a_change_found_its_target_outlives_the_console(tmp_path: Path) -> None:
    """What was in ERROR before it was sent has not failed because it is so for a while after."""
    retry = replace(STOP, name="retry", blocked_reason=lambda machine: None)
    nodes = replace(PROVIDER.views[0], actions=(*PROVIDER.views[0].actions, retry))
    bench = await opened(tmp_path, replace(PROVIDER, views=(nodes, *PROVIDER.views[1:])))
    bench.client.effect = False
    bench.client.set("a", "ERROR")
    bench = await restarted(bench)
    await bench.do(retry, "a")
    bench = await restarted(bench)
    await bench.pass_time(60)
    assert [(one.found, one.open) for one in bench.store.operations.everything()] == [("ERROR", True)]
    await bench.store.aclose()
