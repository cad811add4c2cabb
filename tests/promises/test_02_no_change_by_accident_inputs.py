"""Promise 2, the inputs: what was filled in or edited is what is sent, and a look that is off opens nothing."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

import gputui.ui.act.verbs
from gputui.core.actions import Answer as Found
from gputui.core.actions import Field, Inputs, Query
from gputui.core.request import Request, SendStatus
from gputui.core.rows import Ref
from gputui.engine.operations import Operation
from gputui.ui.act.verbs import _LOOKED_FOR, _NO_SIGN, Verbs, _targets
from gputui.ui.form.drafts import DraftKey
from gputui.ui.form.screen import Form
from gputui.ui.form.state import Filled
from gputui.ui.list.common_items import action_items_for
from gputui.ui.list.targets import Call, Group, Invocation, targets_of
from gputui.ui.widgets.dialogs import Answer, Dialog
from tests.promises.one_guard import POKE, ToyBench, toy_bench
from tests.toy import STOP, Machine


def _request(machines: Sequence[Machine], inputs: Inputs) -> Request:
    return Request("POST", f"/poke/{machines[0].id}", body={"name": inputs.get("name")})


NAMED = replace(POKE, fields=(Field("name", "Name"),), request=_request)
FILLED = Filled({"name": "typed"}, {}, {"name": "typed"})
OCCASION = DraftKey("p", "nodes", "poke", "m0")


@dataclass
class Person:
    """Stands in for the app: answers each screen that is opened as told, and hears what is said."""

    answers: list[Any]
    opened: list[type[Screen[Any]]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def push_screen_wait(self, screen: Screen[Any]) -> Any:
        self.opened.append(type(screen))
        return self.answers.pop(0)

    def notify(self, message: str, **_: object) -> None:
        self.heard.append(message)


async def bodies(bench: ToyBench, person: Person) -> list[Any]:
    """The bodies of what was sent."""
    verbs = Verbs(person, bench.store, lambda: None)  # type: ignore[arg-type]
    await verbs.carry_out(bench.invocation())
    assert not person.answers, "another screen was waited for"
    return [request.body for request in bench.client.sent]


async def test_what_was_filled_in_is_sent(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, NAMED) as bench:
        person = Person([FILLED, Answer.YES])
        assert await bodies(bench, person) == [{"name": "typed"}]
        assert person.opened == [Form, Dialog]


@pytest.mark.parametrize(("edited", "sent"), [({"name": "edited"}, "edited"), (None, "typed")])
async def test_what_was_edited_as_a_file_is_sent_and_left_as_it_was_where_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: Any, sent: str
) -> None:
    async def edit(*_: Any) -> Any:
        return edited

    monkeypatch.setattr(gputui.ui.act.verbs, "edited_body", edit)
    async with toy_bench(tmp_path, replace(NAMED, document=lambda text: ())) as bench:
        assert await bodies(bench, Person([FILLED, Answer.DOCUMENT, Answer.YES])) == [{"name": sent}]


@pytest.mark.parametrize(
    ("status", "kept"),
    [(SendStatus.ACCEPTED, {}), (SendStatus.REFUSED, {"name": "x"}), (SendStatus.UNKNOWN, {"name": "x"})],
)
async def test_what_was_filled_in_is_forgotten_once_it_was_accepted(
    tmp_path: Path, status: SendStatus, kept: dict[str, str]
) -> None:
    async with toy_bench(tmp_path) as bench:
        bench.client.send_status = status
        verbs = Verbs(Person([Answer.YES]), bench.store, lambda: None)  # type: ignore[arg-type]
        verbs._drafts.keep(OCCASION, {"name": "x"})
        await verbs.carry_out(bench.invocation())
        assert len(bench.client.sent) == 1
        assert verbs._drafts.of(OCCASION) == kept


async def test_what_is_under_way_is_asked_about_before_anything_is_filled_in(tmp_path: Path) -> None:
    async with toy_bench(tmp_path, NAMED) as bench:
        (row,) = bench.rows(1)
        now = bench.clock.now()
        bench.store.operations.begin(Operation("e", row.ref, row.name, NAMED, SendStatus.UNKNOWN, now))
        person = Person([Answer.NO])
        assert await bodies(bench, person) == []
        assert person.opened == [Dialog]


@pytest.mark.parametrize(("reason", "heard"), [("it is off", ["Logs: it is off"]), ("", [])])
async def test_a_look_that_is_off_says_why_and_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str, heard: list[str]
) -> None:
    async def read(*_: Any) -> Found:
        raise AssertionError("nothing is read here")

    opened: list[str] = []

    async def open_query(_host: Any, _cloud: Any, _view: Any, query: Query[Any], rows: Any, _drafts: Any) -> None:
        opened.append(f"{query.label} of {rows[0].name}")

    monkeypatch.setattr(gputui.ui.act.verbs, "open_query", open_query)
    async with toy_bench(tmp_path) as bench:
        look = Query[Any]("logs", "Logs", read, lambda item: reason or None)
        view = replace(bench.view, queries=(look,))
        person = Person([])
        invocation = Invocation("Logs", (Call(Group(bench.cloud, view, bench.rows(1)), look),))
        await Verbs(person, bench.store, lambda: None).carry_out(invocation)  # type: ignore[arg-type]
        assert (person.heard, opened) == (heard, [] if reason else ["Logs of toy-0"])


async def test_the_same_verb_on_another_row_is_no_second_press(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        verbs = Verbs(Person([Answer.YES, Answer.YES]), bench.store, lambda: None)  # type: ignore[arg-type]
        both = bench.invocation(2).calls[0]
        for row in bench.rows(2):
            alone = replace(both, group=replace(both.group, rows=(row,)))
            await verbs.carry_out(Invocation("Poke", (alone,)))
        assert [request.path for request in bench.client.sent] == ["/poke/m0", "/poke/m1"]


async def test_what_makes_something_is_told_apart_by_its_list(tmp_path: Path) -> None:
    make = replace(POKE, on="view")
    async with toy_bench(tmp_path, make) as bench:
        invocation = Invocation("New", (Call(Group(bench.cloud, bench.view), make),))
        assert _targets(invocation) == {Ref("p", "nodes", "")}
        assert _targets(bench.invocation(2)) == {Ref("p", "nodes", "")}
    async with toy_bench(tmp_path) as bench:
        assert _targets(bench.invocation(2)) == {Ref("p", "nodes", "m0"), Ref("p", "nodes", "m1")}


@pytest.mark.parametrize(
    ("status", "followed", "words"),
    [
        (SendStatus.ACCEPTED, True, ""),
        (SendStatus.REFUSED, True, ""),
        (SendStatus.UNKNOWN, True, f"It may have happened. {_LOOKED_FOR}"),
        (SendStatus.UNKNOWN, False, f"It may have happened. {_NO_SIGN}"),
    ],
)
async def test_what_is_unknown_is_said_to_be_so_and_whether_it_is_looked_for(
    tmp_path: Path, status: SendStatus, followed: bool, words: str
) -> None:
    action = replace(POKE, progress=STOP.progress) if followed else POKE
    async with toy_bench(tmp_path, action) as bench:
        bench.client.send_status = status
        person = Person([Answer.YES])
        await bodies(bench, person)
        (heard,) = person.heard
        assert [line for line in heard.split("\n") if line.startswith("It may")] == ([words] if words else [])


@pytest.mark.parametrize(
    ("count", "status", "words"),
    [
        (2, SendStatus.REFUSED, ["2 stay marked: K asks again for just those."]),
        (1, SendStatus.REFUSED, []),
        (2, SendStatus.ACCEPTED, []),
    ],
)
async def test_of_several_those_that_were_refused_stay_marked_and_that_is_said(
    tmp_path: Path, count: int, status: SendStatus, words: list[str]
) -> None:
    async with toy_bench(tmp_path) as bench:
        bench.client.send_status = status
        person = Person([Answer.YES])
        await Verbs(person, bench.store, lambda: None).carry_out(bench.invocation(count))  # type: ignore[arg-type]
        (heard,) = person.heard
        assert [line for line in heard.split("\n") if "stay marked" in line] == words


async def test_another_verb_on_the_same_row_is_no_second_press(tmp_path: Path) -> None:
    other = replace(POKE, name="prod", label="Prod")
    async with toy_bench(tmp_path) as bench:
        verbs = Verbs(Person([Answer.YES, Answer.YES]), bench.store, lambda: None)  # type: ignore[arg-type]
        view = replace(bench.view, actions=(POKE, other))
        for action in (POKE, other):
            group = Group(bench.cloud, view, bench.rows(1))
            await verbs.carry_out(Invocation(action.label, (Call(group, action),)))
        assert len(bench.client.sent) == 2


@pytest.mark.parametrize(("required", "opened"), [(True, [Dialog]), (False, [Dialog, Dialog])])
async def test_where_a_line_is_required_nobody_is_asked_to_do_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: bool, opened: list[type[Any]]
) -> None:
    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with toy_bench(tmp_path) as bench:
        monkeypatch.setattr(bench.store.journal, "intend", full)
        monkeypatch.setattr(bench.store.journal, "required", required)
        person = Person([Answer.YES, *[Answer.NO] * (not required)])
        assert await bodies(bench, person) == []
        assert person.opened == opened


@pytest.mark.parametrize(
    ("count", "status", "watched"),
    [(1, SendStatus.ACCEPTED, 1), (2, SendStatus.ACCEPTED, 0), (1, SendStatus.REFUSED, 0), (1, SendStatus.UNKNOWN, 0)],
)
async def test_what_can_be_watched_is_watched_where_it_is_one_and_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, status: SendStatus, watched: int
) -> None:
    async def watch(*_: Any) -> Any:
        raise AssertionError("nothing is read here")

    opened: list[Any] = []
    monkeypatch.setattr(gputui.ui.act.verbs, "open_watch", lambda *given: opened.append(given))
    async with toy_bench(tmp_path, replace(POKE, watch=watch)) as bench:
        bench.client.send_status = status
        verbs = Verbs(Person([Answer.YES]), bench.store, lambda: None)  # type: ignore[arg-type]
        await verbs.carry_out(bench.invocation(count))
        assert (len(bench.client.sent), len(opened)) == (count, watched)


async def test_of_the_menu_comes_only_what_was_chosen_and_can_be_asked_for(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        targets = targets_of(bench.store, [row.ref for row in bench.rows(1)], marked=False)
        found = action_items_for(targets, {})
        (poke,) = (one for one in found if one.label == "Poke")
        for chosen, label in ((None, None), (replace(poke, calls=()), None), (poke, "Poke")):
            verbs = Verbs(Person([chosen]), bench.store, lambda: None)  # type: ignore[arg-type]
            invocation = await verbs.choose(targets, found)
            assert (invocation.label if invocation is not None else None) == label


async def test_what_was_insisted_on_before_the_question_is_not_asked_about_again_behind_it(tmp_path: Path) -> None:
    async with toy_bench(tmp_path) as bench:
        (row,) = bench.rows(1)
        now = bench.clock.now()
        bench.store.operations.begin(Operation("e", row.ref, row.name, POKE, SendStatus.UNKNOWN, now))
        person = Person([Answer.YES, Answer.YES])
        assert len(await bodies(bench, person)) == 1
        assert person.opened == [Dialog, Dialog]
