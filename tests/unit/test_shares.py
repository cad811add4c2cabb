"""A change before its yes: whom it still means, what it will send, and that what is shown is what will be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from gputui.core.actions import Action, Choice, Field, Inputs, Risk, Scope
from gputui.core.cells import words
from gputui.core.health import Health
from gputui.core.request import Request
from gputui.core.rows import Ref, Row
from gputui.engine.cloud import Cloud
from gputui.ui.act.share import LATE, Share
from gputui.ui.form.edits import Edit
from gputui.ui.form.spread import Spread
from gputui.ui.form.state import Filled
from tests.toy import NODES, Machine


@dataclass
class FakeCloud:
    """As much of a cloud as a share asks: the newest row of each target."""

    rows: dict[Ref, Row] = field(default_factory=dict)
    name: str = "p"
    protected: bool = False
    read_only: bool = False

    def find(self, ref: Ref) -> Row | None:
        return self.rows.get(ref)

    def put(self, id: str, state: str = "RUNNING") -> Row:
        machine = Machine(id, f"toy-{id}", state)
        cells = tuple(words("") for _ in range(4))
        row = Row(Ref("p", "nodes", id), machine.name, state, Health.OK, cells, item=machine)
        self.rows[row.ref] = row
        return row


def request(machines: Sequence[Machine], inputs: Inputs) -> Request:
    return Request("POST", f"/{machines[0].id}/poke", body={"hard": inputs.get("hard", False)})


POKE = Action[Machine](
    "poke",
    "Poke",
    Risk.DISRUPTS,
    request,
    lambda machine: None if machine.state == "RUNNING" else f"state is {machine.state}",
    effect="it hurts",
    fields=(Field("image", "Image"), Field("hard", "Hard")),
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def share(cloud: FakeCloud, *rows: Row, action: Action[Machine] = POKE, **more: Any) -> Share:
    made = Share(cast(Cloud, cloud), action, NODES, rows, **more)
    made.look()
    return made


def ids(rows: Sequence[Row]) -> list[str]:
    return [row.ref.id for row in rows]


# -- whom it means ---------------------------------------------------------------------------------------------------


def test_those_it_applies_to_are_ready_as_they_are_now_and_the_others_out_with_the_reason(cloud: FakeCloud) -> None:
    seen = [cloud.put(id) for id in "abc"]
    now = cloud.put("a")
    cloud.put("b", "STOPPED")
    del cloud.rows[seen[2].ref]
    one = share(cloud, *seen)
    assert one.ready == (now,)
    assert one.ready[0] is now
    assert ids([row for row, _ in one.out]) == ["b", "c"]
    assert "STOPPED" in one.out[0][1]
    assert all(reason for _, reason in one.out)
    assert not one.blocked
    assert len(one.left_out) == 2


def test_where_none_is_left_there_is_nothing_to_confirm_and_nothing_to_send(cloud: FakeCloud) -> None:
    one = share(cloud, cloud.put("a", "STOPPED"))
    assert (one.blocked, one.request_count, one.requests()) == (True, 0, [])
    whole = share(cloud, action=replace(POKE, on="view", request=lambda machines, inputs: Request("POST", "/make")))
    assert (whole.blocked, whole.request_count, whole.requests()) == (False, 1, ["POST /make"])


def test_while_it_is_asked_nobody_joins_who_was_left_out_unless_nobody_else_is_left(cloud: FakeCloud) -> None:
    seen = [cloud.put("a"), cloud.put("b", "STOPPED")]
    one = share(cloud, *seen)
    cloud.put("b")
    one.look_again()
    assert ids(one.ready) == ["a"]
    assert [(row.ref.id, reason) for row, reason in one.out] == [("b", LATE)]
    cloud.put("a", "STOPPED")
    one.look_again()
    assert ids(one.ready) == ["b"]
    assert ids([row for row, _ in one.out]) == ["a"]


def test_looking_again_at_what_has_not_changed_changes_nothing(cloud: FakeCloud) -> None:
    one = share(cloud, cloud.put("a"), cloud.put("b"))
    ready = one.ready
    one.look_again()
    assert one.ready is ready
    cloud.put("b")
    one.look_again()
    assert one.ready == ready
    assert one.ready is not ready


def test_with_inputs_of_their_own_those_without_any_are_left_out(cloud: FakeCloud) -> None:
    rows = [cloud.put("a"), cloud.put("b")]
    one = share(cloud, *rows, own={rows[0].ref: {"hard": True}})
    assert ids(one.ready) == ["a"]
    assert one.out == ((rows[1], "it was not ready when the inputs were filled in"),)
    assert len(share(cloud, *rows).ready) == 2


# -- what it will send -----------------------------------------------------------------------------------------------


def test_what_is_shown_follows_whatever_changes_it(cloud: FakeCloud) -> None:
    row = cloud.put("a")
    one = share(cloud, row)
    shown = one.requests()
    assert shown == ["POST /a/poke", '{"hard": false}']
    assert one.requests() is shown, "nothing has changed"
    one.inputs = {"hard": 1}
    assert one.requests() == ["POST /a/poke", '{"hard": 1}']
    one.own = {row.ref: {"hard": 2}}
    assert one.requests() == ["POST /a/poke", '{"hard": 2}']
    one.body = {"other": True}
    assert one.requests() == ["POST /a/poke", '{"other": true}']
    before = one.requests()
    cloud.put("a")
    one.look()
    assert one.requests() is not before, "another item, whatever is shown of it"


def test_a_yes_confirms_what_stands_there_and_nothing_else(cloud: FakeCloud) -> None:
    rows = [cloud.put("a"), cloud.put("b", "STOPPED")]
    one = share(cloud, *rows, inputs={"hard": 1}, body={"k": 1}, insist=frozenset({"e"}))
    intent = one.intent
    assert (ids(intent.rows), intent.view, intent.action) == (["a"], "nodes", POKE)
    assert (intent.inputs, intent.body, intent.insist) == ({"hard": 1}, {"k": 1}, {"e"})
    assert not intent.unwritten


def test_each_target_has_a_request_unless_one_carries_all(cloud: FakeCloud) -> None:
    rows = [cloud.put(id) for id in "abc"]
    assert share(cloud, *rows).request_count == 3
    assert len(share(cloud, *rows).requests()) == 6
    assert share(cloud, *rows, action=replace(POKE, many=True)).request_count == 1


def test_only_a_single_body_can_be_edited_as_a_file(cloud: FakeCloud) -> None:
    rows = [cloud.put("a"), cloud.put("b")]
    written = replace(POKE, document=lambda text: ())
    assert share(cloud, rows[0], action=written).documented
    assert not share(cloud, rows[0]).documented
    assert not share(cloud, *rows, action=written).documented


@pytest.mark.parametrize(("length", "lines"), [(60, 1), (61, 3)])
def test_a_body_of_sixty_characters_stands_in_one_line(cloud: FakeCloud, length: int, lines: int) -> None:
    one = share(cloud, cloud.put("a"), body={"k": "x" * (length - len('{"k": ""}'))})
    assert len(one.requests()) == 1 + lines


def test_a_query_belongs_to_the_request_line_and_secrets_are_masked(cloud: FakeCloud) -> None:
    def made(machines: Sequence[Machine], inputs: Inputs) -> Request:
        return Request("PUT", "/x", {"a": "1", "b": "2"}, body={"token": "tttt"}, secrets=frozenset({"token"}))

    one = share(cloud, cloud.put("a"), action=replace(POKE, request=made))
    line, body = one.requests()
    assert line == "PUT /x?a=1&b=2"
    assert "tttt" not in body
    bare = share(cloud, cloud.put("b"), action=replace(POKE, request=lambda m, i: Request("POST", "/y")))
    assert bare.requests() == ["POST /y"]


# -- what it says ----------------------------------------------------------------------------------------------------


def test_what_was_chosen_is_said_by_its_label(cloud: FakeCloud) -> None:
    row, other = cloud.put("a"), cloud.put("b")
    chosen = {"image": (Choice("i1", "Ubuntu"), Choice("i2", "Rocky")), "hard": ()}
    assert share(cloud, row, chosen=chosen).lines() == ["Image: Ubuntu, Rocky"]
    assert share(cloud, row).lines() == []
    own = {row.ref: {"image": (Choice("i1", "Ubuntu"),)}, other.ref: {"image": (Choice("i2", "Rocky"),)}}
    one = share(cloud, row, other, own_chosen=own)
    assert ["Ubuntu" in line for line in one.lines()] == [True, False]
    assert ["toy-b" in line and "Rocky" in line for line in one.lines()] == [False, True]
    assert one.each() == (), "they stand there already"


def test_of_several_each_has_a_line_and_a_single_one_has_none(cloud: FakeCloud) -> None:
    rows = [cloud.put(id) for id in "abc"]
    assert share(cloud, rows[0]).each() == ()
    two = share(cloud, *rows[:2])
    assert [line.split()[0] for line in two.each()] == ["toy-a", "toy-b"]
    assert two.each() is two.each()
    cloud.put("a", "STOPPED")
    cloud.put("c")
    three = share(cloud, *rows)
    assert [line.split()[0] for line in three.each()] == ["toy-b", "toy-c"]


def test_the_names_and_lines_are_those_of_the_newest_targets(cloud: FakeCloud) -> None:
    rows = [cloud.put(id) for id in "abc"]
    one = share(cloud, *rows)
    assert ("toy-c" in one.names, len(one.each())) == (True, 3)
    cloud.put("c", "STOPPED")
    one.look_again()
    assert ("toy-c" in one.names, len(one.each())) == (False, 2)


def test_the_effect_has_warnings_costs_and_the_guard_of_the_profile(cloud: FakeCloud) -> None:
    row, other = cloud.put("a"), cloud.put("b")
    assert share(cloud, row).effect == ["it hurts"]
    cloud.protected = True
    dear = replace(POKE, cost=lambda chosen: "3 a day")
    assert share(cloud, row, action=dear).effect == ["it hurts", "3 a day", "p is a protected profile."]
    cloud.protected = False
    doubtful = replace(POKE, warning=lambda machine: f"{machine.id} may fail")
    assert share(cloud, row, action=doubtful).effect == ["Warning: a may fail.", "it hurts"]
    both = share(cloud, row, other, action=doubtful)
    assert len([line for line in both.effect if line.startswith("Warning: ") and "toy-" in line]) == 2
    same = share(cloud, row, other, action=replace(POKE, warning=lambda machine: "it may fail"))
    assert same.effect == ["Warning: it may fail.", "it hurts"]


def test_what_an_edit_changes_is_said_for_one_row_of_which_nothing_new_is_made(cloud: FakeCloud) -> None:
    row, other = cloud.put("a"), cloud.put("b")
    edits = (Edit(Field("port", "Port", default=lambda machine: "22"), "2222", {}),)
    chosen = {"image": (Choice("i1", "Ubuntu"),)}
    assert share(cloud, row, chosen=chosen, edits=edits).lines() == ["Port: 22 → 2222"]
    assert share(cloud, row, other, chosen=chosen, edits=edits).lines() == ["Image: Ubuntu"]
    copying = replace(POKE, makes=lambda inputs: ("copy",))
    assert share(cloud, row, action=copying, chosen=chosen, edits=edits).lines() == ["Image: Ubuntu"]


def test_what_was_filled_in_is_shared_out_where_each_has_its_own(cloud: FakeCloud) -> None:
    rows = (cloud.put("a"), cloud.put("b"))
    one = share(cloud, *rows, own={rows[0].ref: {}}, own_chosen={rows[0].ref: {}})
    filled = Filled({"hard": "1"}, {"image": (Choice("i1", "Ubuntu"),)}, {}, {"k": 1})
    one.take(filled)
    assert (one.inputs, one.given, one.body) == ({"hard": "1"}, {"hard": "1"}, {"k": 1})
    assert (one.own, one.own_chosen) == ({}, {})
    each = replace(POKE, fields=(Field("image", "Image", scope=Scope.EACH), Field("hard", "Hard")))
    spread = Spread.of(each, rows)
    names = [field.name for field in spread.action.fields if field.name.startswith("image")]
    one.take(Filled({"hard": "1", names[0]: "x", names[1]: "y"}, {}, {}), spread)
    assert one.inputs == {"hard": "1"}
    assert one.own == {rows[0].ref: {"image": "x"}, rows[1].ref: {"image": "y"}}
    assert one.intent.own is one.own
    assert one.intent.inputs is one.inputs
