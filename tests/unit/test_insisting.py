"""The question before the same is sent once more: what stands against it, of how much it tells, what a yes covers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gputui.core.request import SendStatus
from gputui.engine.operations import Operation
from gputui.ui.act.repeats import insisted
from gputui.ui.widgets.dialogs import Answer, Dialog
from tests.promises.one_guard import ToyBench, toy_bench


class Person:
    """Answers the one dialog, if there is any."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Dialog] = []

    async def push_screen_wait(self, screen: Any) -> Answer:
        self.asked.append(screen)
        return self.answer


async def answered(bench: ToyBench, count: int, answer: Answer) -> tuple[frozenset[str] | None, list[Dialog]]:
    for row in bench.rows(count):
        entry, now = f"e{row.ref.id}", bench.clock.now()
        bench.store.operations.begin(Operation(entry, row.ref, row.name, bench.action, SendStatus.UNKNOWN, now))
    person = Person(answer)
    return await insisted(person, bench.store, [bench.intent(6)]), person.asked  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "more"), [(1, ""), (5, ""), (6, "and 1 more")])
async def test_a_yes_covers_all_that_stands_against_it_and_five_are_named(
    tmp_path: Path, count: int, more: str
) -> None:
    async with toy_bench(tmp_path) as bench:
        insist, (dialog,) = await answered(bench, count, Answer.YES)
        assert insist == {f"em{n}" for n in range(count)}
        lines = dialog.question.lines
        named = [name for name in (f"toy-{n}" for n in range(6)) if any(line.startswith(f"{name} ") for line in lines)]
        assert named == [f"toy-{n}" for n in range(min(count, 5))]
        assert [line for line in lines if line.endswith(" more")] == ([more] if more else [])
        assert dialog.question.type_this == "again"


async def test_a_no_is_none_and_without_anything_against_it_nothing_is_asked(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        assert await answered(bench, 0, Answer.NO) == (frozenset(), [])
        insist, asked = await answered(bench, 2, Answer.NO)
        assert (insist, len(asked)) == (None, 1)
