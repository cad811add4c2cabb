"""What each key does with the answers of many machines: nothing is run, opened or marked that was not meant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from gputui.core.rows import Ref
from gputui.ssh.running.fan_out import CommandResult
from gputui.ui.fan_out import screen as module
from gputui.ui.fan_out.batch import BatchRun, Counts
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.widgets.chooser import Chooser
from gputui.ui.widgets.dialogs import Dialog
from tests.clocks import until
from tests.pilot.plain_app import PlainApp
from tests.unit.test_fan_out_targets import World, machine, ref, targets_of


@dataclass
class Shown:
    """The answers on a screen; what is run anew and entered is only noted."""

    app: PlainApp
    pilot: Pilot[None]
    screen: FanOutScreen
    ran: list[Any]
    entered: list[Ref]
    marked: list[Any] = field(default_factory=list)

    @property
    def said(self) -> list[str]:
        return [notice.message for notice in self.app._notifications]

    async def top(self, kind: type[Any]) -> Any:
        await until(lambda: isinstance(self.app.screen, kind) and getattr(self.app.screen, "ripe", True))
        return self.app.screen


def answers(*outs: str, status: int = 0) -> Mapping[Ref, CommandResult]:
    return {ref(at): CommandResult(machine(at), status, out.encode(), b"", 0.1, None) for at, out in enumerate(outs)}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The answers of as many machines as there are, as they are shown again."""

    @asynccontextmanager
    async def showing(*outs: str, status: int = 0) -> AsyncIterator[Shown]:
        ran: list[Any] = []
        entered: list[Ref] = []
        monkeypatch.setattr(FanOutScreen, "_run", lambda self, machines: ran.append([one.name for one in machines]))

        async def enter(host: object, store: object, ref: Ref) -> None:
            entered.append(ref)

        monkeypatch.setattr(module, "enter_session", enter)
        app = PlainApp()
        host = SimpleNamespace(ssh=SimpleNamespace(pool=None))
        async with app.run_test(size=(100, 20)) as pilot:
            before = BatchRun("true", cast(Any, None))
            before._machines = {at: machine(int(at.id)) for at in answers(*outs)}
            before._answers = dict(answers(*outs, status=status))
            targets = await targets_of(World.of(len(outs)))
            page: Any = SimpleNamespace(marks=(), set_marks=lambda refs: here.marked.append(list(refs)))
            screen = FanOutScreen(cast(Any, host), targets, "true", page, before)
            here = Shown(app, pilot, screen, ran, entered)
            await app.push_screen(screen)
            await until(lambda: screen.report.all and screen.view.here is not None)
            await until(lambda: len(screen.view.outline.sections) == len(screen.report.all))
            yield here

    return showing


async def test_answers_that_are_shown_again_run_nothing(shown: Any) -> None:
    async with shown("a", "b") as here:
        await here.pilot.pause()
        assert here.ran == []


async def test_r_runs_on_those_that_failed_and_only_after_a_yes(shown: Any) -> None:
    async with shown("a", "b", status=1) as here:
        for _ in range(2):  # pressed twice before the question is there
            here.screen.action_again()
        dialog = await here.top(Dialog)
        await here.pilot.pause()
        assert sum(isinstance(one, Dialog) for one in here.app.screen_stack) == 1
        assert dialog.question.title == "Run again on 2 machines?"
        await here.pilot.press("escape")
        await until(lambda: here.app.screen is here.screen)
        assert here.ran == []
        await here.pilot.press("r")
        await here.top(Dialog)
        await here.pilot.press("y")
        await until(lambda: here.ran)
        assert here.ran == [["gpu-0", "gpu-1"]]


async def test_r_where_none_has_failed_asks_nothing(shown: Any) -> None:
    async with shown("a", "b") as here:
        await here.pilot.press("r")
        await here.pilot.pause()
        assert (here.app.screen, here.ran) == (here.screen, [])


@pytest.mark.parametrize(("keys", "at"), [(("enter",), 0), (("down", "enter"), 1), (("escape",), None)])
async def test_s_on_several_asks_which_one(shown: Any, keys: tuple[str, ...], at: int | None) -> None:
    async with shown("same", "same") as here:
        await here.pilot.press("s")
        await here.top(Chooser)
        assert here.entered == []
        await here.pilot.press(*keys)
        await until(lambda: here.app.screen is here.screen)
        await here.pilot.pause()
        assert here.entered == ([] if at is None else [ref(at)])


async def test_s_on_one_enters_it_and_m_marks_it(shown: Any) -> None:
    async with shown("odd", "same", "same") as here:
        await here.pilot.press("m", "s")
        await until(lambda: here.entered)
        assert (here.marked, here.entered) == ([[ref(0)]], [ref(0)])


async def test_d_compares_with_the_majority_and_says_where_there_is_none(shown: Any) -> None:
    async with shown("same", "same") as here:
        await here.pilot.press("d")
        assert here.said == ["there is nothing to compare"]
    async with shown("odd", "same", "same") as here:
        await here.pilot.press("d")
        assert (here.said, len(here.screen._compared)) == ([], 1)
        await here.pilot.press("d")
        assert not here.screen._compared
        here.screen.view.outline.move(99)
        await here.pilot.press("d")
        assert here.said == ["the others are compared with this one"]


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_run_that_was_ended_asks_about_no_new_host_keys(
    shown: Any, monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    asked: list[Any] = []

    async def ask(self: object, screen: Dialog) -> None:
        asked.append(screen)

    monkeypatch.setattr(PlainApp, "push_screen_wait", ask)
    async with shown("a") as here:
        monkeypatch.setattr(BatchRun, "cancelled", cancelled)
        unknown: Any = SimpleNamespace(keys=[1, 2], lines=lambda names: ())
        assert not await here.screen._trusts(unknown)
        assert len(asked) == (not cancelled)


async def test_the_question_before_stopping_counts_those_that_have_not_answered(
    shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shown("a") as here:
        monkeypatch.setattr(BatchRun, "counts", Counts(waiting=3, running=2, answered=4, failed=0, silent=1))
        question = here.screen._stopping()
        assert question.title == "Stop the run? 5 of 10 have not answered yet."
        assert question.lines == ("2 run and are ended, 3 wait and are never started.",)
