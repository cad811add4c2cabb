"""What the controller of verbs does around them: marks that stay, keys that act again, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gputui.core.actions import Progress
from gputui.core.request import SendStatus
from gputui.core.rows import Ref
from gputui.engine.operations import Operation
from gputui.ui.act import controller as module
from gputui.ui.act.controller import ActionController
from gputui.ui.list.action_items import ActionItem
from gputui.ui.list.targets import Invocation, Targets
from tests.toy import STOP

A, B = Ref("p", "nodes", "a"), Ref("p", "nodes", "b")
ASKED, OTHER = Invocation("Stop", ()), Invocation("Start", ())


@dataclass
class Host:
    """The console, as far as it is told something."""

    keymap: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def notify(self, words: str, *, severity: str = "information", markup: bool, timeout: float = 5.0) -> None:
        assert markup is False, "names come from outside"
        self.told.append((severity, words))


@dataclass
class Page:
    marks: frozenset[Ref] = frozenset()

    def set_marks(self, refs: frozenset[Ref]) -> None:
        self.marks = refs


@dataclass
class Verbs:
    """Carries out what it is told; `left` are the marks that stay."""

    results: Sequence[object] = ("done",)
    left: frozenset[Ref] = frozenset({B})
    chosen: Invocation | None = None
    opposite: Invocation | str = OTHER
    error: Exception | None = None
    carried: list[Invocation] = field(default_factory=list)

    async def carry_out(self, invocation: Invocation) -> Sequence[object]:
        self.carried.append(invocation)
        if self.error is not None:
            raise self.error
        return self.results

    def marks_after(self, results: Sequence[object], marks: frozenset[Ref]) -> frozenset[Ref]:
        return self.left

    async def choose(self, targets: Targets, found: object) -> Invocation | None:
        return self.chosen


def controller(verbs: Verbs, page: Page | None = None) -> tuple[ActionController, Host, list[int]]:
    host, answered = Host(), list[int]()
    made = ActionController(cast(Any, host), lambda: cast(Any, page), lambda: answered.append(1))
    made.__dict__["_verbs"] = verbs
    return made, host, answered


@pytest.mark.parametrize(
    ("marks", "results", "after"),
    [
        (frozenset({A, B}), ("done",), frozenset({B})),
        (frozenset({A, B}), (), frozenset({A, B})),
        (frozenset(), ("done",), frozenset()),
    ],
    ids=["what failed stays marked", "a no leaves the marks", "none are set that were not"],
)
async def test_marks_after_a_verb(marks: frozenset[Ref], results: Sequence[object], after: frozenset[Ref]) -> None:
    page = Page(marks)
    made, _, answered = controller(Verbs(results), page)
    await made.carry_out(ASKED)
    assert (page.marks, answered) == (after, [1])


async def test_without_a_list_and_after_a_bug_the_next_key_acts_again() -> None:
    made, _, answered = controller(Verbs())
    await made.carry_out(ASKED)
    assert answered == [1]
    made, _, answered = controller(Verbs(error=ZeroDivisionError()), Page())
    with pytest.raises(ZeroDivisionError):
        await made.carry_out(ASKED)
    assert answered == [1]


async def test_the_opposite_is_carried_out_or_it_is_said_why_there_is_none() -> None:
    verbs = Verbs()
    made, host, _ = controller(verbs)
    await made.take_back()
    assert (verbs.carried, host.told) == ([OTHER], [])
    verbs = Verbs(opposite="nothing was changed yet")
    made, host, _ = controller(verbs)
    await made.take_back()
    assert (verbs.carried, host.told) == ([], [("warning", "nothing was changed yet")])


async def test_of_the_menu_what_was_chosen_is_carried_out_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [ActionItem("stop", "Stop", "X", None)]
    monkeypatch.setattr(module, "action_items_for", lambda targets, keymap: items)
    for chosen in (None, ASKED):
        verbs = Verbs(chosen=chosen)
        made, host, _ = controller(verbs)
        await made.menu(Targets(()))
        assert (verbs.carried, host.told) == ([chosen] if chosen else [], [])
    items.clear()
    verbs = Verbs(chosen=ASKED)
    made, host, _ = controller(verbs)
    await made.menu(Targets(()))
    assert (verbs.carried, host.told) == ([], [("information", "no row is selected")])


def test_why_a_verb_is_off_and_what_became_of_a_change_is_said() -> None:
    made, host, _ = controller(Verbs())
    made.say_off(ActionItem("stop", "Stop", "X", None, "state is STOPPED"))
    failed = Operation(
        "e", A, "toy-[a]", STOP, SendStatus.ACCEPTED, 0.0, progress=Progress.CONTRADICTED, end="failed: x"
    )
    made.change_failed(failed)
    (off, words), (severity, told) = host.told
    assert (off, words) == ("warning", "Stop: state is STOPPED")
    assert severity == "error"
    assert told.startswith(f"p toy-[a]\n{failed.words}\n")
    assert told.endswith("It stays marked until you open it: d, or :ops")
