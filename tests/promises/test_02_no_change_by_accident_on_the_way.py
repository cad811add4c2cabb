"""Promise 2 from the key to the request: what menu, form and a no keep from being sent, each alone."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

import gputui.ui.widgets.timed_dialog
from gputui.config.colours import Depth
from gputui.core.actions import Field
from gputui.core.request import SendStatus
from gputui.engine.journal import Intention
from gputui.engine.operations import Operation
from gputui.ui.act.menu import Menu
from gputui.ui.act.verbs import Verbs, refusals
from gputui.ui.form.screen import Form
from gputui.ui.list.action_items import ActionItem
from gputui.ui.terminal.themed_app import ThemedApp
from gputui.ui.widgets.dialogs import Answer, Dialog
from tests.clocks import until
from tests.pilot.table_app import shipped_theme
from tests.promises.one_guard import POKE, ToyBench, toy_bench
from tests.toy import STOP

NAMED = replace(POKE, fields=(Field("name", "Name"),))


@dataclass
class Person:
    """Stands in for the app: answers each screen that is opened as told, and hears what is said."""

    answers: list[Any]
    opened: list[type[Screen[Any]]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def push_screen_wait(self, screen: Screen[Any]) -> Any:
        self.opened.append(type(screen))
        answer = self.answers.pop(0)
        return answer(screen) if callable(answer) else answer

    def notify(self, message: str, **_: object) -> None:
        self.heard.append(message)


async def carried_out(bench: ToyBench, person: Person, count: int = 1) -> list[str]:
    """The paths of what was sent."""
    await Verbs(person, bench.store, lambda: None).carry_out(bench.invocation(count))  # type: ignore[arg-type]
    assert not person.answers, "another screen was waited for"
    return [request.path for request in bench.client.sent]


async def test_yes_sends_and_no_does_not(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        assert await carried_out(bench, Person([Answer.NO])) == []
        assert await carried_out(bench, Person([Answer.YES])) == ["/poke/m0"]


async def test_a_form_that_is_left_asks_and_sends_nothing(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, NAMED) as bench:
        person = Person([None])
        assert await carried_out(bench, person) == []
        assert person.opened == [Form]


async def test_inputs_left_on_the_way_back_from_the_question_send_nothing(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, replace(POKE, fields=(Field("name", "Name", default="x"),))) as bench:
        person = Person([Answer.FORM, None])
        assert await carried_out(bench, person) == []
        assert person.opened == [Dialog, Form]


async def test_on_a_read_only_profile_nothing_is_asked_or_sent(tmp_path: Path) -> None:
    """Not protected, and past the offers: the list does not keep it away here."""
    async with toy_bench(tmp_path, read_only=True) as bench:
        person = Person([])
        assert await carried_out(bench, person) == []
        assert person.opened == []
        assert person.heard == ["Poke: p is read-only"]


async def test_what_the_verb_is_not_for_is_neither_asked_nor_sent(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, STOP) as bench:
        await bench.changed("m0", state="ERROR")
        person = Person([])
        assert await carried_out(bench, person) == []
        assert person.heard == ["Stop: toy-0: state is ERROR"]


async def test_what_some_of_several_are_not_for_is_asked_of_the_others(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, STOP) as bench:
        await bench.changed("m0", state="ERROR")
        assert list(refusals(bench.invocation(2))) == []
        await bench.changed("m1", state="ERROR")
        assert list(refusals(bench.invocation(2))) == ["state is ERROR"]


async def test_what_was_sent_with_its_line_is_not_sent_again_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two requests one could be written down; nothing can be read of either that would stand against a second."""
    async with toy_bench(tmp_path) as bench:
        intend = bench.store.journal.intend

        async def full(entry: str, intention: Intention) -> None:
            if intention.rows[0].ref.id == "m1":
                raise OSError(errno.ENOSPC, "No space left on device")
            await intend(entry, intention)

        monkeypatch.setattr(bench.store.journal, "intend", full)
        person = Person([Answer.YES, Answer.YES])
        assert await carried_out(bench, person, 2) == ["/poke/m0", "/poke/m1"]
        assert person.heard == ["Poke: 2 of 2 accepted"]


@pytest.mark.parametrize(("answer", "sent"), [(Answer.NO, []), (Answer.YES, ["/poke/m0"])])
async def test_what_another_console_sends_while_it_is_asked_is_asked_about_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, sent: list[str]
) -> None:
    async with toy_bench(tmp_path) as bench:
        (row,) = bench.rows(1)
        theirs = Operation(
            "theirs", row.ref, row.name, bench.action, SendStatus.UNKNOWN, bench.clock.now(), adopted=True
        )

        async def resume() -> None:
            bench.store.operations.begin(theirs)

        monkeypatch.setattr(bench.store, "resume", resume)
        asked: list[str] = []

        def insisted(dialog: Dialog) -> Answer:
            asked.append(dialog.question.title)
            return answer

        person = Person([Answer.YES, insisted])
        assert await carried_out(bench, person) == sent
        assert asked == ["Poke toy-0 again in p?"]
        assert person.heard == (["Poke toy-0: 1 accepted"] if sent else []), "a no is no attempt"


@pytest.mark.parametrize(("after", "counts"), [(0.0, False), (1.99, False), (2.0, True)])
async def test_the_same_key_on_the_same_row_counts_again_after_two_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: float, counts: bool
) -> None:
    """Also where its outcome is known at once, and nothing else would stop a second one."""
    now = [100.0]
    monkeypatch.setattr(gputui.ui.act.verbs, "monotonic", lambda: now[0])
    async with toy_bench(tmp_path) as bench:
        person = Person([Answer.YES, *[Answer.YES] * counts])
        verbs = Verbs(person, bench.store, lambda: None)  # type: ignore[arg-type]
        for _ in range(2):
            await verbs.carry_out(bench.invocation())
            now[0] += after
        assert len(bench.client.sent) == 1 + counts
        assert person.heard[1:] == (
            ["Poke toy-0: 1 accepted"] if counts else ["Poke: that was sent a moment ago; the key was not meant twice"]
        )


async def test_what_was_not_sent_may_be_asked_for_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with toy_bench(tmp_path) as bench:
        resume = bench.store.resume

        async def changed() -> None:
            await bench.changed("m0", state="STOPPED")

        person = Person([Answer.YES, Answer.YES])
        verbs = Verbs(person, bench.store, lambda: None)  # type: ignore[arg-type]
        monkeypatch.setattr(bench.store, "resume", changed)
        await verbs.carry_out(bench.invocation())
        assert bench.client.sent == []
        monkeypatch.setattr(bench.store, "resume", resume)
        await verbs.carry_out(bench.invocation())
        assert len(bench.client.sent) == 1


async def test_what_belongs_to_one_row_is_not_asked_of_two(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, replace(POKE, makes=lambda inputs: ("x",))) as bench:
        assert list(refusals(bench.invocation(1))) == []
        person = Person([])
        assert await carried_out(bench, person, 2) == []
        assert person.heard == ["Poke: one at a time"]


# ---------------------------------------------------------------------- the menu and the form


class Shown(ThemedApp[None]):
    """One screen, and what it ended with."""

    def __init__(self, over: Screen[Any]) -> None:
        super().__init__(shipped_theme(), Depth.DIRECT)
        self.over = over
        self.answers: list[Any] = []

    def on_mount(self) -> None:
        self.push_screen(self.over, self.answers.append)


def offer(label: str, key: str, **more: Any) -> ActionItem:
    return ActionItem(f"toy.nodes.{label.lower()}", label, key, POKE, **more)


@pytest.mark.parametrize(("after", "chosen"), [(0.25, False), (0.35, True)])
@pytest.mark.parametrize("key", ["K", "enter"])
async def test_the_menu_takes_a_choice_after_300_ms(
    monkeypatch: pytest.MonkeyPatch, key: str, after: float, chosen: bool
) -> None:
    now = [100.0]
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "monotonic", lambda: now[0])
    menu = Menu("What?", [offer("Poke", "K")])
    app = Shown(menu)
    async with app.run_test() as pilot:
        await pilot.pause()
        now[0] = menu.seen_at + after
        await pilot.press(key)
        assert [one.label for one in app.answers] == (["Poke"] if chosen else [])


@pytest.mark.parametrize("key", ["K", "enter"])
async def test_the_menu_chooses_nothing_that_is_off(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", -60.0)
    app = Shown(Menu("What?", [offer("Poke", "K", off="it is locked")]))
    async with app.run_test(notifications=True) as pilot:
        await until(lambda: isinstance(app.screen, Menu) and app.screen.ripe)
        await pilot.press(key)
        await until(lambda: "Poke: it is locked" in [notice.message for notice in app._notifications])
        assert app.answers == []


async def test_a_key_that_means_several_verbs_chooses_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", -60.0)
    clashes = (("K", "K means Poke in p and Kill in q"),)
    app = Shown(Menu("What?", [offer("Poke", "", clashes=clashes), offer("Kill", "", clashes=clashes)]))
    async with app.run_test(notifications=True) as pilot:
        await until(lambda: isinstance(app.screen, Menu) and app.screen.ripe)
        await pilot.press("K")
        await until(lambda: "K means Poke in p and Kill in q" in [notice.message for notice in app._notifications])
        assert app.answers == []
        await pilot.press("enter")
        assert [one.label for one in app.answers] == ["Poke"]


@pytest.mark.parametrize(("after", "left"), [(0.25, False), (0.35, True)])
async def test_a_form_is_sent_to_the_review_after_300_ms(
    monkeypatch: pytest.MonkeyPatch, after: float, left: bool
) -> None:
    now = [100.0]
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "monotonic", lambda: now[0])
    form = Form(replace(POKE, fields=(Field("name", "Name", default="x"),)), None, (), "Poke")
    app = Shown(form)
    async with app.run_test() as pilot:
        await pilot.pause()
        now[0] = form.seen_at + after
        form.action_go_on()
        await pilot.pause()
        assert bool(app.answers) is left


async def test_a_form_with_something_missing_does_not_come_to_the_review(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", -60.0)
    form = Form(NAMED, None, (), "Poke")
    app = Shown(form)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("ctrl+s")
        assert app.answers == []
        await pilot.press("x", "ctrl+s")
        assert [dict(filled.inputs) for filled in app.answers] == [{"name": "x"}]
