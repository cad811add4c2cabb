"""Promise 4: the rule that nothing is sent twice holds below the screen, too: between two callers of one console,
between consoles side by side, and over a restart. Each guard here is the only one left.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gputui.core.actions import Inputs, Progress, Risk
from gputui.core.problem import Cause
from gputui.core.request import Request, SendStatus
from gputui.core.rows import Ref
from gputui.core.secret import Secret
from gputui.engine.conflicts import Attempt, conflicts, what_may_happen
from gputui.engine.journal import Intention
from gputui.engine.operations import Operation
from gputui.engine.perform import AT_ONCE, Result
from tests.clocks import ManualClock, until
from tests.promises.toy_bench import Bench, opened
from tests.toy import CREATE, NODES, PING, PROVIDER, STOP, Machine

OUT_OF_MANY = replace(PROVIDER, views=(replace(NODES, machine=True),))
RESTART = replace(STOP, name="restart", blocked_reason=lambda machine: None)
"""What no state of the target stands against."""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = await opened(tmp_path)
    made.client.effect = False
    yield made
    made.client.let_go()
    await made.store.aclose()


async def beside(bench: Bench) -> Bench:
    """Another console over the same cloud and journal."""
    return await Bench(bench.path.parent, bench.client, bench.clock, PROVIDER).ready()


def refused(results: tuple[Result, ...]) -> bool:
    problems = [result.outcome.problem for result in results]
    return all(problem is not None and problem.cause is Cause.REPEATED for problem in problems)


async def sending(bench: Bench, *ids: str) -> asyncio.Task[tuple[Result, ...]]:
    """A restart whose answer is awaited."""
    bench.client.hold()
    task = bench.store.perform(bench.intent(RESTART, *ids))
    await until(lambda: bench.client.sent)
    return task


async def test_two_callers_in_the_same_moment_send_once(bench: Bench) -> None:
    intent = bench.intent(RESTART, "a")
    one, other = await asyncio.gather(bench.store.perform(intent), bench.store.perform(intent))
    assert one[0].outcome.send_status is SendStatus.ACCEPTED
    assert refused(other)
    assert len(bench.client.sent) == 1


@pytest.mark.parametrize("progress", [RESTART.progress, None])
async def test_the_same_is_refused_while_its_answer_is_awaited_also_where_no_sign_of_it_can_be_read(
    bench: Bench, progress: Any
) -> None:
    verb = replace(RESTART, progress=progress)
    bench.client.hold()
    task = bench.store.perform(bench.intent(verb, "a"))
    await until(lambda: bench.client.sent)
    again = bench.store.perform(bench.intent(verb, "a"))
    await until(lambda: again.done() or len(bench.client.sent) > 1)
    assert again.done() and refused(again.result())
    bench.client.free.set()
    assert (await task)[0].outcome.send_status is SendStatus.ACCEPTED
    if progress is None:
        assert not refused(await bench.do(verb, "a")), "accepted, and nothing more will ever be known of it"


async def test_what_shares_one_target_with_what_is_sent_is_refused(bench: Bench) -> None:
    task = await sending(bench, "a", "b")
    assert refused(await bench.do(RESTART, "b", "c"))
    assert len(bench.client.sent) == 1
    bench.client.free.set()
    await task


async def test_other_targets_and_other_verbs_are_free(bench: Bench) -> None:
    task = await sending(bench, "a")
    others = [bench.store.perform(bench.intent(RESTART, "b")), bench.store.perform(bench.intent(PING, "a"))]
    await until(lambda: len(bench.client.sent) == 3)
    bench.client.free.set()
    await asyncio.gather(task, *others)


async def test_it_is_refused_until_its_end_is_known_not_only_its_answer(bench: Bench) -> None:
    await bench.do(RESTART, "a")
    assert refused(await bench.do(RESTART, "a"))
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    assert not refused(await bench.do(RESTART, "a"))


async def test_a_lost_answer_stands_against_it_while_it_is_looked_for(bench: Bench) -> None:
    bench.client.send_status = SendStatus.UNKNOWN
    await bench.do(RESTART, "a")
    await bench.pass_time(STOP.patience * 2)
    assert refused(await bench.do(RESTART, "a"))


@pytest.mark.parametrize(("after", "free"), [(0.0, False), (1.0, True)])
async def test_what_can_never_be_known_stands_against_it_for_its_patience(
    bench: Bench, after: float, free: bool
) -> None:
    bench.client.send_status = SendStatus.UNKNOWN
    await bench.do(PING, "a")
    bench.clock.advance(PING.patience + after)
    assert refused(await bench.do(PING, "a")) is not free


@pytest.mark.parametrize("send_status", [SendStatus.REFUSED, SendStatus.NOT_SENT])
async def test_of_what_was_not_done_nothing_stands_against_it(bench: Bench, send_status: SendStatus) -> None:
    bench.client.send_status = send_status
    await bench.do(RESTART, "a")
    bench.client.send_status = SendStatus.ACCEPTED
    assert not refused(await bench.do(RESTART, "a"))


async def test_who_insists_on_that_one_sends_it_and_on_no_other(bench: Bench) -> None:
    await bench.do(RESTART, "a")
    first = bench.operation.entry
    insisting = replace(bench.intent(RESTART, "a"), insist=frozenset({first}))
    assert not refused(await bench.store.perform(insisting))
    assert refused(await bench.store.perform(insisting)), "the second was not what one insisted on"


async def test_a_form_is_the_same_when_its_request_is(bench: Bench) -> None:
    await bench.do(CREATE, names=("new",), token=Secret("one"))
    assert refused(await bench.do(CREATE, names=("new",), token=Secret("two")))
    assert not refused(await bench.do(CREATE, names=("newer",)))
    edited = replace(bench.intent(CREATE, names=("new",)), body={"names": ["new"], "spot": True})
    assert not refused(await bench.store.perform(edited))


async def test_what_is_ordered_from_a_row_is_known_by_its_form_not_by_the_row(bench: Bench) -> None:
    of_row = replace(CREATE, on="rows")
    await bench.do(of_row, "a", names=("new",))
    assert not refused(await bench.do(of_row, "a", names=("newer",)))
    assert refused(await bench.do(of_row, "a", names=("new",)))


async def test_a_console_beside_this_one_counts(bench: Bench) -> None:
    other = await beside(bench)
    task = await sending(bench, "a")
    assert refused(await other.do(RESTART, "a"))
    assert len(bench.client.sent) == 1
    bench.client.free.set()
    await task
    await other.store.aclose()


async def test_another_verb_of_a_console_beside_this_one_does_not_count(bench: Bench) -> None:
    other = await beside(bench)
    await other.do(STOP, "a")
    assert other.operation.open
    assert not refused(await bench.do(RESTART, "a"))
    await other.store.aclose()


@pytest.mark.parametrize(("size", "repeats"), [(1, True), (2, True), (3, False)])
def test_of_several_requests_one_that_was_sent_is_enough(size: int, repeats: bool) -> None:
    order = replace(CREATE, on="rows")
    attempt = Attempt("p", order, frozenset(), ({"size": 1}, {"size": 2}))
    sent = Operation("1", Ref("p", "nodes", ""), "new", order, None, 1.0, request={"size": size})
    assert attempt.repeats(sent) is repeats


@pytest.mark.parametrize(("size", "repeats"), [(1, True), (2, False)])
def test_what_is_done_to_a_whole_list_is_known_by_its_request(size: int, repeats: bool) -> None:
    verb = replace(CREATE, makes=None)
    sent = Operation("1", Ref("p", "nodes", ""), "", verb, None, 1.0, request={"size": size})
    assert Attempt("p", verb, frozenset(), ({"size": 1},)).repeats(sent) is repeats


async def test_of_two_consoles_in_the_same_moment_one_sends(bench: Bench) -> None:
    other = await beside(bench)
    results = await asyncio.gather(bench.do(RESTART, "a"), other.do(RESTART, "a"))
    assert sorted(refused(one) for one in results) == [False, True]
    assert len(bench.client.sent) == 1
    await other.store.aclose()


async def test_who_gives_way_writes_so_and_stands_against_nobody(bench: Bench) -> None:
    other = await beside(bench)
    task = await sending(bench, "a")
    await other.do(RESTART, "a")
    last = json.loads(bench.path.read_text().splitlines()[-1])
    assert (last["phase"], last["outcome"]) == ("outcome", "not sent")
    bench.client.free.set()
    await task
    await other.store.aclose()


@pytest.mark.parametrize("made", [False, True])
async def test_a_restart_changes_nothing_about_it(bench: Bench, made: bool) -> None:
    await (bench.do(CREATE, names=("new",)) if made else bench.do(RESTART, "a"))
    other = await beside(bench)
    provider = replace(PROVIDER, views=(replace(NODES, actions=(*NODES.actions, RESTART)),))
    other.cloud.provider = provider
    await other.store.resume()
    assert other.operation.adopted
    again = other.do(CREATE, names=("new",)) if made else other.do(RESTART, "a")
    assert refused(await again)
    await other.store.aclose()


async def test_what_a_console_beside_this_one_has_seen_end_is_followed_no_longer(bench: Bench) -> None:
    await bench.do(STOP, "a")
    other = await beside(bench)
    await other.store.resume()
    assert other.operation.open
    bench.client.set("a", "STOPPED")
    await bench.pass_time(10)
    await until(bench.ends)
    await other.store.resume()
    assert not other.store.operations.everything() or not other.operation.open
    await other.store.aclose()


async def test_what_was_ordered_from_a_row_is_waited_for_as_what_it_makes(bench: Bench) -> None:
    of_row = replace(CREATE, on="rows", name="create")
    await bench.do(of_row, "a", names=("new",))
    other = await beside(bench)
    await other.store.resume()
    assert [one.name for one in other.store.operations.everything()] == ["new"]
    await other.store.aclose()


@pytest.mark.parametrize("elsewhere", ["", "pools"])
async def test_what_is_made_is_looked_for_in_the_list_that_it_comes_to(tmp_path: Path, elsewhere: str) -> None:
    order = replace(RESTART, name="order", makes=lambda inputs: ("new",), makes_in=elsewhere)
    views = (replace(NODES, actions=(order,)), replace(NODES, name="pools", machine=False))
    made = await opened(tmp_path, replace(PROVIDER, views=views))
    await made.do(order, "a")
    assert made.operation.ref == Ref("p", elsewhere or "nodes", "")
    (record,) = await made.store.journal.unfinished()
    assert (record.view, record.targets) == (elsewhere or "nodes", (("", "new"),))
    await made.store.aclose()


async def test_an_end_of_one_target_is_not_taken_for_that_of_another_called_like_its_id(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    bench.client.machines["b"] = Machine("b", "a")
    await bench.pass_time(20)
    await bench.do(STOP, "a", "b")
    bench.client.set("b", "STOPPED")
    await bench.pass_time(10)
    await until(lambda: len(bench.ends()) == 1)
    other = await beside(bench)
    await other.store.resume()
    assert [one.ref.id for one in other.store.operations.everything()] == ["a"]
    await other.store.aclose()
    await bench.store.aclose()


async def test_so_many_requests_are_under_way_at_once_and_no_more(tmp_path: Path) -> None:
    bench = await opened(tmp_path, clock=ManualClock())
    bench.client.machines |= {f"m{n}": Machine(f"m{n}", f"toy-m{n}") for n in range(AT_ONCE + 1)}
    await bench.pass_time(20)
    bench.client.hold()
    ping = replace(PING, request=lambda some, inputs: Request("POST", f"/ping/{some[0].id}"))
    task = bench.store.perform(bench.intent(ping, *(f"m{n}" for n in range(AT_ONCE + 1))))
    await until(lambda: len(bench.client.sent) == AT_ONCE)
    await bench.pass_time(5)
    assert len(bench.client.sent) == AT_ONCE == 4
    assert sum(one.sending for one in bench.store.operations.everything()) == AT_ONCE + 1
    bench.client.free.set()
    await task
    await bench.store.aclose()


async def test_a_bug_in_the_sending_leaves_it_unknown_not_sending_for_ever(bench: Bench) -> None:
    async def broken(request: Request) -> object:
        raise RuntimeError("bug")

    bench.client.change = broken  # type: ignore[method-assign,assignment]
    (result,) = await bench.do(RESTART, "a")
    assert result.outcome.send_status is SendStatus.UNKNOWN
    assert not bench.operation.sending


async def test_the_words_say_what_may_happen(bench: Bench) -> None:
    bench.client.send_status = SendStatus.UNKNOWN
    await bench.do(CREATE, names=("new",))
    assert what_may_happen(bench.operation, "Instances") == (
        "The first may still arrive: two instances may be created and billed."
    )
    await bench.do(RESTART, "a")
    accepted = replace(bench.store.operations.everything()[1], send_status=SendStatus.ACCEPTED)  # type: ignore[index]
    assert what_may_happen(accepted, "Nodes") == "The first is still under way: toy-a may get it twice."
    assert (
        what_may_happen(replace(accepted, send_status=None), "Nodes")
        == "The first may still arrive: toy-a may get it twice."
    )
    harmless = replace(CREATE, risk=Risk.REVERSIBLE)
    assert what_may_happen(replace(accepted, action=harmless), "Keys").endswith(": two keys may be created.")


async def test_in_another_profile_the_same_is_something_else(bench: Bench) -> None:
    await bench.do(RESTART, "a")
    attempt = replace(bench.intent(RESTART, "a").attempt, profile="q")
    assert not conflicts(attempt, bench.store.operations.everything(), bench.clock.now())


@pytest.mark.parametrize(("view", "stands"), [("nodes", True), ("pools", False)])
async def test_the_same_id_in_another_list_is_something_else(bench: Bench, view: str, stands: bool) -> None:
    now = bench.clock.now()
    theirs = Operation("1", Ref("p", view, "a"), "toy-a", RESTART, SendStatus.UNKNOWN, now)
    assert bool(conflicts(bench.intent(RESTART, "a").attempt, [theirs], now)) is stands


async def test_how_far_it_has_come_is_read_with_what_was_filled_in(bench: Bench) -> None:
    """A resize to eight GPUs is done with eight, not with any number."""

    def progress(machine: Machine | None, inputs: Inputs) -> Progress:
        return Progress.DONE if machine is not None and machine.state == inputs["to"] else Progress.WAITING

    move = replace(RESTART, name="move", progress=progress)
    await bench.do(move, "a", to="MOVED")
    assert bench.operation.inputs == {"to": "MOVED"}
    bench.client.set("a", "MOVED")
    await bench.pass_time(10)
    await until(lambda: bench.words == "confirmed")


async def test_what_one_target_has_of_its_own_counts_for_it_alone(bench: Bench) -> None:
    intent = bench.intent(RESTART, "a", "b", size="1", name="x")
    a, b = (row.ref for row in intent.rows)
    both = replace(intent, own={a: {"name": "y"}})
    assert [both.inputs_of(batch) for batch in [(row,) for row in both.rows]] == [
        {"size": "1", "name": "y"},
        {"size": "1", "name": "x"},
    ]
    assert both.inputs_of(()) == {"size": "1", "name": "x"}
    assert b not in both.own


async def test_of_two_in_the_journal_only_the_second_gives_way(bench: Bench) -> None:
    """Else both would: the other one is written down before we look."""
    other = await beside(bench)
    intend = bench.store.journal.intend

    async def both(entry: str, intention: Intention) -> None:
        await intend(entry, intention)
        await other.store.journal.intend(other.store.journal.new_entry(), intention)

    bench.store.journal.intend = both  # type: ignore[method-assign]
    assert not refused(await bench.do(RESTART, "a"))
    await other.store.aclose()


async def test_who_ends_while_it_is_sent_leaves_it_unknown(bench: Bench) -> None:
    await sending(bench, "a")
    (sent,) = bench.store._performing
    sent.cancel()
    await asyncio.gather(sent, return_exceptions=True)
    assert bench.operation.send_status is SendStatus.UNKNOWN


async def test_where_nothing_may_be_changed_nothing_is_kept_as_being_sent(bench: Bench) -> None:
    bench.cloud.read_only = True
    await bench.do(RESTART, "a")
    assert not bench.store.operations.everything()
    assert not bench.path.exists()
