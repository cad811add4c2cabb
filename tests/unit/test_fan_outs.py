"""From `!` to the run: what must be asked, and that nothing runs that was not agreed to, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from gputui.ui.fan_out.command import CommandScreen
from gputui.ui.fan_out.fan_outs import FanOuts
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.list import targets as rows
from gputui.ui.widgets.dialogs import Answer, Dialog
from tests.unit.test_fan_out_targets import World, gone, ref


class Hands:
    """An app whose person types a command and answers the question; `between` happens while they type."""

    def __init__(self, world: World, typed: str | None = "true", answer: Answer = Answer.YES) -> None:
        self.ssh = world
        self.typed = typed
        self.answer = answer
        self.between: Callable[[], object] = lambda: None
        self.said: list[str] = []
        self.asked: list[Dialog] = []
        self.ran: list[list[str]] = []

    def notify(self, message: str, **_: Any) -> None:
        self.said.append(message)

    async def push_screen_wait(self, screen: Any) -> Any:
        if isinstance(screen, CommandScreen):
            self.between()
            return self.typed
        if isinstance(screen, Dialog):
            self.asked.append(screen)
            return self.answer
        assert isinstance(screen, FanOutScreen)
        self.ran.append([machine.name for machine in screen._targets.ready])
        return None


def start(world: World, hands: Hands, *, marked: bool = True) -> FanOuts:
    hands_off: Any = hands
    world.pool = None  # type: ignore[attr-defined]
    made = FanOuts(hands_off, cast(Any, world))
    many = rows.Targets(refs=tuple(world.rows), marked=marked)
    asyncio.run(made.start(many, None))
    return made


def test_a_few_marked_ones_are_run_on_without_a_question() -> None:
    hands = Hands(World.of(4))
    start(hands.ssh, hands)
    assert (hands.asked, hands.ran) == ([], [["gpu-0", "gpu-1", "gpu-2", "gpu-3"]])


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize(
    ("world", "marked", "title"),
    [
        (World.of(5), True, "Run on 5 machines?"),
        (World.of(1, protected=True), True, "Run on 1 machine?"),
        (World.of(1, read_only=True), True, "Run on 1 machine?"),
        (World.of(1), False, "Run on 1 machine, all that are shown?"),
    ],
    ids=["many", "protected", "read-only", "not marked"],
)
def test_the_others_only_after_a_yes(world: World, marked: bool, title: str, answer: Answer) -> None:
    hands = Hands(world, answer=answer)
    start(world, hands, marked=marked)
    assert [dialog.question.title for dialog in hands.asked] == [title]
    assert len(hands.ran) == (answer is Answer.YES)


@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
def test_who_has_gone_while_the_command_was_typed_is_said_before_it_runs_on_the_others(answer: Answer) -> None:
    world = World.of(2)
    hands = Hands(world, answer=answer)
    hands.between = lambda: gone(world)
    start(world, hands)
    (asked,) = hands.asked
    assert "gone since: gpu-0: it is gone" in asked.question.told
    assert hands.ran == ([["gpu-1"]] if answer is Answer.YES else [])


def test_a_line_that_is_left_runs_nothing_and_is_not_remembered() -> None:
    hands = Hands(World.of(1), typed=None)
    made = start(hands.ssh, hands)
    assert (hands.ran, made.past) == ([], [])


@pytest.mark.parametrize(("reason", "said"), [("it is STOPPED", "it is STOPPED"), ("", "no row is shown")])
def test_where_none_can_be_reached_the_line_is_not_even_opened(reason: str, said: str) -> None:
    world = World.of(1 if reason else 0)
    if reason:
        world.reasons[ref(0)] = reason
    hands = Hands(world)
    start(world, hands)
    assert hands.said == [f"no machine to run a command on: {said}"]
    assert hands.ran == []


def test_commands_are_remembered_once_and_the_last_hundred_of_them() -> None:
    hands = Hands(World.of(1))
    made = start(hands.ssh, hands)
    for at in (*range(99), 5):
        made._remember(f"c{at}")
    assert len(made.past) == 100
    assert (made.past[0], made.past[-2:]) == ("true", ["c98", "c5"])
    made._remember("one more")
    assert (len(made.past), made.past[0]) == (100, "c0")


def test_the_last_answers_come_again_and_nothing_is_run_anew() -> None:
    hands = Hands(World.of(1))
    made = start(hands.ssh, hands)
    asyncio.run(made.show_again(None))
    assert hands.ran == [["gpu-0"], ["gpu-0"]]  # shown: a screen that is given what was run runs nothing
    nobody: Any = Hands(World.of(0))
    asyncio.run(FanOuts(nobody, cast(Any, nobody.ssh)).show_again(None))
    assert nobody.said == ["no command was run on many machines yet: ! does"]
