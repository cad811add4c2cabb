"""Promise 1 before sending: a target is looked at once more, and each thing that may have changed stops it alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.actions import Field, Scope
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import SendStatus
from gputui.core.rows import Ref, Row
from gputui.engine.perform import Intent
from gputui.ui.list.targets import Call, Group
from tests.clocks import until
from tests.promises.one_guard import POKE, ToyBench, toy_bench
from tests.toy import STOP, Machine


async def nothing_is_sent(bench: ToyBench, intent: Intent, words: str) -> None:
    results = await bench.store.perform(intent)
    assert {result.outcome.send_status for result in results} == {SendStatus.NOT_SENT}
    assert any(words in str(result.outcome.problem) for result in results)
    assert not bench.client.sent


async def test_what_stands_as_it_stood_is_sent(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        results = await bench.store.perform(bench.intent(2))
        assert {result.outcome.send_status for result in results} == {SendStatus.ACCEPTED}
        assert [request.path for request in bench.client.sent] == ["/poke/m0", "/poke/m1"]


async def test_another_state_stops_a_verb_that_is_allowed_in_it(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        intent = bench.intent()
        await bench.changed("m0", state="STOPPED")
        assert POKE.blocked_reason(bench.client.machines["m0"]) is None
        await nothing_is_sent(bench, intent, "toy-0 was RUNNING, is STOPPED now")


@pytest.mark.parametrize("name", ["somebody-elses", "TOY-0", "toy-0 "])
async def test_another_name_stops_it(tmp_path: Path, name: str) -> None:
    async with toy_bench(tmp_path) as bench:
        intent = bench.intent()
        await bench.changed("m0", name=name)
        await nothing_is_sent(bench, intent, f"is called {name} now".replace("  ", " "))


async def test_a_target_that_is_gone_stops_it(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        intent = bench.intent()
        await bench.gone("m0")
        await nothing_is_sent(bench, intent, "is gone")


async def test_a_target_that_cannot_be_read_any_more_stops_it(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        intent = bench.intent()
        (row,) = intent.rows
        bench.cloud.find = lambda ref: replace(row, item=None)  # type: ignore[method-assign]
        await nothing_is_sent(bench, intent, "is unreadable now")


async def test_the_verbs_own_rule_stops_it_where_nothing_that_is_shown_has_changed(tmp_path: Path) -> None:
    locked: list[str] = []
    async with toy_bench(
        tmp_path, replace(POKE, blocked_reason=lambda machine: "it is locked" if locked else None)
    ) as bench:
        intent = bench.intent()
        locked.append("m0")
        await nothing_is_sent(bench, intent, "it is locked")


async def test_one_of_three_that_changed_stops_all_three(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        intent = bench.intent(3)
        await bench.changed("m2", state="STOPPED")
        await nothing_is_sent(bench, intent, "not sent: another target has changed")


async def test_one_that_changed_stops_what_belongs_to_another_intent(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        first, second = bench.rows(2)
        await bench.changed("m1", state="STOPPED")
        intents = [Intent(bench.cloud, POKE, "nodes", (row,)) for row in (first, second)]
        results = await bench.store.perform(*intents)
        assert [result.outcome.send_status for result in results] == [SendStatus.NOT_SENT] * 2
        assert not bench.client.sent


async def test_what_belongs_to_one_row_is_not_sent_to_two(tmp_path: Path) -> None:
    """Whoever has asked for it: also past all offers and questions."""
    single = replace(POKE, fields=(Field("name", "Name", scope=Scope.ONE),))
    async with toy_bench(tmp_path, single) as bench:
        await nothing_is_sent(bench, bench.intent(2), "takes one at a time")
        results = await bench.store.perform(bench.intent(1))
        assert results[0].outcome.send_status is SendStatus.ACCEPTED


async def test_what_is_sent_is_of_the_newest_reading(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, STOP) as bench:
        (seen,) = bench.rows(1)
        older = replace(seen, item=Machine("m5", "toy-0"))
        await bench.store.perform(Intent(bench.cloud, STOP, "nodes", (older,)))
        assert [request.body for request in bench.client.sent] == [{"ids": ["m0"]}]


async def test_what_was_sent_is_read_again_at_once_also_where_nothing_can_be_followed(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        assert POKE.progress is None
        reads = bench.client.reads
        await bench.store.perform(bench.intent())
        await until(lambda: bench.client.reads > reads)


# ---------------------------------------------------------------------- while the question is open


async def left_out(bench: ToyBench, count: int, change: object) -> tuple[str, ...]:
    asking = bench.asking(count)
    await change  # type: ignore[misc]
    question = asking.question()
    return tuple(line for line in question.aside if line.startswith("left out"))


async def test_the_question_leaves_out_who_is_called_otherwise_now(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        found = await left_out(bench, 2, bench.changed("m1", name="other"))
        assert found == ("left out: toy-1 is called other now",)


async def test_the_question_leaves_out_who_is_gone(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        assert await left_out(bench, 2, bench.gone("m1")) == ("left out: toy-1 is gone",)


async def test_the_question_leaves_out_who_cannot_be_read(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking, find = bench.asking(2), bench.cloud.find
        bench.cloud.find = lambda ref: blank(find(ref)) if ref.id == "m1" else find(ref)  # type: ignore[method-assign]
        assert "left out: toy-1 is unreadable now" in asking.question().aside


def blank(row: Row | None) -> Row | None:
    return None if row is None else replace(row, item=None)


async def test_the_question_leaves_out_what_the_verb_is_not_for(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, STOP) as bench:
        found = await left_out(bench, 2, bench.changed("m1", state="ERROR"))
        assert found == ("left out: toy-1 (state is ERROR)",)


async def test_the_question_shows_the_state_of_now_and_confirms_that(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking()
        await bench.changed("m0", state="STOPPED")
        assert "toy-0   STOPPED   id m0" in asking.question().names
        (intent,) = asking.intents
        assert [row.state for row in intent.rows] == ["STOPPED"]


async def test_nothing_can_be_confirmed_once_the_last_target_is_gone(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        asking = bench.asking()
        assert not asking.question().blocked
        await bench.gone("m0")
        assert asking.question().blocked == "toy-0 is gone"
        assert asking.intents == ()


async def test_a_request_that_cannot_be_made_is_no_question(tmp_path: Path) -> None:
    def never(machines: object, inputs: object) -> object:
        raise Failed(Problem(Cause.INPUT, "of several fabrics"))

    async with toy_bench(tmp_path, replace(POKE, request=never)) as bench:  # type: ignore[arg-type]
        assert "of several fabrics" in bench.asking(2).question().blocked


# ---------------------------------------------------------------------- by its own provider


async def test_a_row_of_another_list_fits_nowhere(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        (row,) = bench.rows(1)
        for ref in (Ref("q", "nodes", "m0"), Ref("p", "pools", "m0")):
            stranger = replace(row, ref=ref)
            with pytest.raises(ValueError, match="is no row of p/nodes"):
                Group(bench.cloud, bench.view, (stranger,))
            with pytest.raises(ValueError, match="is no row of p/nodes"):
                Intent(bench.cloud, POKE, "nodes", (stranger,))


async def test_a_verb_of_another_list_fits_nowhere(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        group = Group(bench.cloud, bench.view, bench.rows(1))
        assert Call(group, POKE)
        with pytest.raises(ValueError, match="is no verb of nodes"):
            Call(group, STOP)
