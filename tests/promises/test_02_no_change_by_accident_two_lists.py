"""Promise 2 over two lists: what holds for one holds where it is the second of them, too, and stops both."""

from __future__ import annotations

import errno
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from gputui.core.actions import Action, Field
from gputui.core.request import SendStatus
from gputui.core.rows import Ref, Row
from gputui.engine.journal import Intention, Journal
from gputui.engine.operations import Operation
from gputui.engine.perform import Result
from gputui.engine.store import Store, Tab
from gputui.ui.act.verbs import Verbs
from gputui.ui.form.screen import Form
from gputui.ui.list.common_items import action_items_for
from gputui.ui.list.targets import Invocation, targets_of
from gputui.ui.widgets.dialogs import Answer, Dialog
from tests.clocks import ManualClock, until
from tests.promises.one_guard import POKE
from tests.toy import NODES, PROVIDER, STOP, Machine, ToyClient

NAMED = replace(POKE, fields=(Field("name", "Name"),))
LISTS = ("p", "q")


@dataclass
class Person:
    """Stands in for the app: answers each screen that is opened as told, and hears what is said."""

    answers: list[Any]
    opened: list[Screen[Any]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def push_screen_wait(self, screen: Screen[Any]) -> Any:
        self.opened.append(screen)
        answer = self.answers.pop(0)
        return answer(screen) if callable(answer) else answer

    def notify(self, message: str, **_: object) -> None:
        self.heard.append(message)

    @property
    def kinds(self) -> list[type[Screen[Any]]]:
        return [type(screen) for screen in self.opened]


class TwoLists:
    """One console over two profiles of the same toy, one machine of each marked."""

    def __init__(self, folder: Path, action: Action[Machine]) -> None:
        self.clock = ManualClock()
        provider = replace(PROVIDER, views=(replace(NODES, actions=(action,)),))
        journal = Journal(folder / "state" / "audit.jsonl", "tester", self.clock.now)
        tabs = [Tab(name, "toy") for name in LISTS]
        self.store = Store(tabs, journal=journal, clock=self.clock, rng=random.Random(1))
        self.clients = {name: ToyClient({"m": Machine("m", f"{name}-m")}) for name in LISTS}
        for name, client in self.clients.items():
            self.store.connect(name, provider, client)
        self.action = action
        self.answered: list[list[str]] = []

    def row(self, name: str) -> Row:
        found = self.store.find(Ref(name, "nodes", "m"))
        assert found is not None
        return found

    @property
    def sent(self) -> list[str]:
        return [name for name, client in self.clients.items() for _ in client.sent]

    def invocation(self, *order: str) -> Invocation:
        targets = targets_of(self.store, [Ref(name, "nodes", "m") for name in order or LISTS], marked=True)
        (offer,) = (one for one in action_items_for(targets, {}) if one.label == self.action.label)
        return targets.invocation(offer.label, offer.calls)

    def verbs(self, person: Person) -> Verbs:
        return Verbs(person, self.store, lambda: self.answered.append(self.sent))  # type: ignore[arg-type]

    async def carried_out(self, person: Person) -> Sequence[Result]:
        results = await self.verbs(person).carry_out(self.invocation())
        assert not person.answers, "another screen was waited for"
        return results

    def under_way(self, name: str) -> Operation:
        row = self.row(name)
        return Operation("theirs", row.ref, row.name, self.action, SendStatus.UNKNOWN, self.clock.now())

    async def changed(self, name: str, state: str) -> None:
        self.clients[name].set("m", state)
        self.store.clouds[name].refresh()
        await until(lambda: self.row(name).state == state)


@asynccontextmanager
async def two_lists(folder: Path, action: Action[Machine] = POKE) -> AsyncIterator[TwoLists]:
    made = TwoLists(folder, action)
    await until(lambda: all(made.store.find(Ref(name, "nodes", "m")) for name in LISTS))
    try:
        yield made
    finally:
        await made.store.aclose()


async def test_one_yes_sends_both_and_the_list_is_free_before_that(tmp_path: Path) -> None:
    async with two_lists(tmp_path) as here:
        person = Person([Answer.YES])
        results = await here.carried_out(person)
        assert here.sent == ["p", "q"]
        assert here.answered == [[]], "the question is answered before anything is sent"
        assert person.heard == ["Poke: 2 of 2 accepted"]
        assert here.verbs(person).marks_after(results, frozenset(here.row(name).ref for name in LISTS)) == frozenset()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(("answer", "sent"), [(Answer.NO, []), (Answer.YES, ["p", "q"])])
async def test_what_is_under_way_in_one_is_asked_about_before_both(
    tmp_path: Path, name: str, answer: Answer, sent: list[str]
) -> None:
    async with two_lists(tmp_path) as here:
        here.store.operations.begin(here.under_way(name))
        person = Person([answer, *([Answer.YES] if sent else [])])
        await here.carried_out(person)
        first = person.opened[0]
        assert isinstance(first, Dialog) and first.question.title == f"Poke {name}-m again in {name}?"
        assert here.sent == sent


@pytest.mark.parametrize("name", LISTS)
async def test_what_another_console_begins_in_one_meanwhile_stops_both_at_a_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with two_lists(tmp_path) as here:

        async def resume() -> None:
            here.store.operations.begin(here.under_way(name))

        monkeypatch.setattr(here.store, "resume", resume)
        assert list(await here.carried_out(Person([Answer.YES, Answer.NO]))) == []
        assert here.sent == []


def filled(screen: Screen[Any]) -> Any:
    assert isinstance(screen, Form)
    screen.sheet.put("name", "x")
    return screen.sheet.filled()


@pytest.mark.parametrize("answers", [[None], [filled, None]])
async def test_a_form_that_is_left_in_either_sends_nothing_in_both(
    tmp_path: Path, answers: list[Callable[[Screen[Any]], Any] | None]
) -> None:
    async with two_lists(tmp_path, NAMED) as here:
        person = Person([*answers])
        await here.carried_out(person)
        assert (person.kinds, here.sent) == ([Form] * len(answers), [])


async def test_each_list_has_its_form(tmp_path: Path) -> None:
    async with two_lists(tmp_path, NAMED) as here:
        person = Person([filled, filled, Answer.YES])
        await here.carried_out(person)
        assert (person.kinds, here.sent) == ([Form, Form, Dialog], ["p", "q"])


@pytest.mark.parametrize("name", LISTS)
async def test_back_from_the_question_to_the_inputs_both_are_asked_and_leaving_one_ends_it(
    tmp_path: Path, name: str
) -> None:
    back = [filled, filled, Answer.FORM, *([None] if name == "p" else [filled, None])]
    async with two_lists(tmp_path, NAMED) as here:
        person = Person([*back])
        await here.carried_out(person)
        assert here.sent == []


@pytest.mark.parametrize(("out", "left"), [("p", "q"), ("q", "p")])
async def test_one_that_cannot_be_changed_is_told_and_has_neither_form_nor_request(
    tmp_path: Path, out: str, left: str
) -> None:
    async with two_lists(tmp_path, replace(STOP, fields=(Field("name", "Name"),))) as here:
        await here.changed(out, "ERROR")
        person = Person([filled, Answer.YES])
        await here.carried_out(person)
        assert (person.kinds, here.sent) == ([Form, Dialog], [left])
        asked = person.opened[1]
        assert isinstance(asked, Dialog)
        assert any(line.endswith(f"left out: {out}-m (state is ERROR)") for line in asked.question.aside)


@pytest.mark.parametrize("name", LISTS)
async def test_a_target_of_one_that_changed_after_yes_stops_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with two_lists(tmp_path) as here:

        async def resume() -> None:
            await here.changed(name, "STOPPED")

        monkeypatch.setattr(here.store, "resume", resume)
        results = await here.carried_out(Person([Answer.YES]))
        assert {result.outcome.send_status for result in results} == {SendStatus.NOT_SENT}
        assert here.sent == []


@pytest.mark.parametrize(("unwritten", "order"), [("p", ["p", "q"]), ("q", ["p", "q"])])
async def test_what_could_be_written_down_is_not_sent_again_for_what_could_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unwritten: str, order: list[str]
) -> None:
    async with two_lists(tmp_path) as here:
        intend = here.store.journal.intend

        async def full(entry: str, intention: Intention) -> None:
            if intention.profile == unwritten:
                raise OSError(errno.ENOSPC, "No space left on device")
            await intend(entry, intention)

        monkeypatch.setattr(here.store.journal, "intend", full)
        person = Person([Answer.YES, Answer.YES])
        await here.carried_out(person)
        assert sorted(here.sent) == order
        assert person.heard == ["Poke: 2 of 2 accepted"]


@pytest.mark.parametrize("name", LISTS)
async def test_of_both_the_worst_is_told_and_what_was_refused_stays_marked(tmp_path: Path, name: str) -> None:
    async with two_lists(tmp_path) as here:
        here.clients[name].send_status = SendStatus.REFUSED
        person = Person([Answer.YES])
        results = await here.carried_out(person)
        marks = frozenset(here.row(one).ref for one in LISTS)
        assert here.verbs(person).marks_after(results, marks) == {here.row(name).ref}
        assert "1 of 2 accepted, 1 refused" in person.heard[0]
        assert "1 stay marked" in person.heard[0]


async def test_the_same_on_the_same_targets_in_another_order_is_the_same(tmp_path: Path) -> None:
    async with two_lists(tmp_path) as here:
        person = Person([Answer.YES])
        verbs = here.verbs(person)
        await verbs.carry_out(here.invocation())
        await verbs.carry_out(here.invocation("q", "p"))
        assert here.sent == ["p", "q"]
        assert person.heard[-1] == "Poke: that was sent a moment ago; the key was not meant twice"
        person.answers = [Answer.YES]
        await verbs.carry_out(here.invocation("q"))
        assert here.sent == ["p", "q", "q"], "on one of them alone it is something else"


SECRET = replace(POKE, fields=(Field("name", "Name"), Field("password", "Password", "secret")))


def with_password(screen: Screen[Any]) -> Any:
    assert isinstance(screen, Form)
    screen.sheet.put("name", "x")
    screen.sheet.put("password", f"s3cret of {screen.sheet.text('name')}")
    return screen.sheet.filled()


async def test_back_from_the_question_the_secrets_of_the_form_are_still_there_and_later_nowhere(tmp_path: Path) -> None:
    found: list[str] = []

    def again(screen: Screen[Any]) -> Any:
        assert isinstance(screen, Form)
        found.append(screen.sheet.text("password"))
        return screen.sheet.filled()

    async with two_lists(tmp_path, SECRET) as here:
        first = [with_password, with_password, Answer.FORM, again, again, Answer.NO]
        person = Person([*first, again, None])
        verbs = here.verbs(person)
        await verbs.carry_out(here.invocation())
        await verbs.carry_out(here.invocation())
        assert found == ["s3cret of x", "s3cret of x", ""]
        assert "s3cret" not in repr([vars(screen) for screen in person.opened if isinstance(screen, Form)])
