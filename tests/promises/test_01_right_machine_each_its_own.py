"""Promise 1 in forms: what was filled in for one machine never goes to another."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gputui.core.actions import Action, Risk, Scope, one_at_a_time, scope_of
from gputui.core.request import Request
from gputui.core.rows import Row
from gputui.providers.datenfab.views import PROVIDER as DATENFAB
from gputui.providers.hostedai.views import PROVIDER as HOSTEDAI
from gputui.providers.nsml.views import PROVIDER as NSML
from gputui.providers.runai.views import PROVIDER as RUNAI
from gputui.providers.scp.views import PROVIDER as SCP
from gputui.sim.scp.state import Scp
from gputui.ui.act.verbs import refusals
from gputui.ui.form.screen import Form
from gputui.ui.list.common_items import action_items_for
from gputui.ui.list.targets import Group, targets_of
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.every_hand import Hand

PROVIDERS = (SCP, NSML, HOSTEDAI, RUNAI, DATENFAB)
ON_ROWS = {
    f"{provider.name}.{view.name}.{action.name}": action
    for provider in PROVIDERS
    for view in provider.views
    for action in view.actions
    if action.on == "rows" and action.fields
}
SINGLE = {"hostedai.nodes.edit", "hostedai.pools.assign_gpus", "hostedai.pools.free_gpus", "datenfab.skus.new"}


def without_address(row: Row) -> bool:
    raw = row.raw
    assert isinstance(raw, dict)
    return row.state == "RUNNING" and not raw["policy_use_nat"]


def said(here: Console, words: str) -> bool:
    return any(words in notice.message for notice in here.app._notifications)


async def marked(here: Console, wanted: Callable[[Row], bool], count: int) -> list[Row]:
    await here.until(lambda: sum(map(wanted, here.page.rows.values())) >= count)
    rows = [row for row in here.page.rows.values() if wanted(row)][:count]
    here.page.set_marks(row.ref for row in rows)
    return rows


def test_every_verb_with_fields_on_rows_was_judged() -> None:
    assert set(ON_ROWS) == {*SINGLE, "scp.nodes.assign_ip", "scp.nodes.move", "datenfab.instances.stop"}
    assert {name for name, action in ON_ROWS.items() if one_at_a_time(action)} == SINGLE


@pytest.mark.parametrize(("name", "each"), [("scp.nodes.assign_ip", "public_ip_address_id"), ("scp.nodes.move", "")])
def test_what_each_has_of_its_own_is_declared(name: str, each: str) -> None:
    action = ON_ROWS[name]
    found = [field.name for field in action.fields if scope_of(action, field) is Scope.EACH]
    assert found == ([each] if each else [])


@pytest.mark.parametrize("action", ON_ROWS.values(), ids=ON_ROWS)
def test_what_all_have_does_not_hang_on_what_each_has(action: Action[object]) -> None:
    scopes = {field.name: scope_of(action, field) for field in action.fields}
    for field in action.fields:
        if scopes[field.name] is Scope.ALL:
            assert Scope.EACH not in {scopes[need] for need in field.needs}


@pytest.mark.parametrize(
    ("key", "view", "label"), [("E", "nodes", "Edit"), ("F", "pools", "Free GPUs"), ("A", "pools", "Assign GPUs")]
)
async def test_what_belongs_to_one_row_is_off_for_two(tmp_path: Path, key: str, view: str, label: str) -> None:
    async with console(tmp_path, Wish(only=("hostedai",))) as here:
        hand = Hand(here, "hostedai")
        await here.go("1", view=view)
        await marked(here, lambda row: True, 2)
        assert {one.off for one in here.page.offers() if one.label == label} == {"one at a time"}
        await hand.press(key)
        await here.until(lambda: said(here, f"{label}: one at a time"))
        assert here.app.screen is here.app.console_screen
        await here.until(lambda: not here.page.asking)
        await marked(here, lambda row: True, 1)
        assert {one.off for one in here.page.offers() if one.label == label} != {"one at a time"}


async def test_one_row_of_each_of_two_lists_is_two_rows(tmp_path: Path) -> None:
    """Off as well where no list has more than one."""
    wish = Wish(only=("scp", "datenfab"))
    async with console(tmp_path, wish) as here:
        await here.until(lambda: here.store.machines("samsung") and here.store.machines("datenfab"))
        rename = Action[object](
            "rename", "Rename", Risk.REVERSIBLE, lambda items, inputs: Request("POST", "/"), makes=lambda inputs: ("x",)
        )
        refs = [next(iter(here.store.machines(name))) for name in ("samsung", "datenfab")]
        targets = targets_of(here.store, refs, marked=True)
        groups = tuple(Group(g.cloud, replace(g.view, actions=(rename,)), g.rows) for g in targets.groups)
        (offer,) = (one for one in action_items_for(replace(targets, groups=groups), {}) if one.label == "Rename")
        assert offer.off == "one at a time"
        assert next(refusals(targets.invocation(offer.label, offer.calls))) == "one at a time"


async def test_three_nodes_get_three_addresses(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        rows = await marked(here, without_address, 3)
        await hand.press("I")
        form = await hand.screen(Form)
        await here.until(lambda: form.ripe)
        assert [str(box.field.label) for box in form.boxes.values()] == [row.name for row in rows]
        names = list(form.boxes)
        for name in names:
            await here.offered(form, name)
        offered = form.sheet.offer(names[0]).choices or ()
        for choice in (offered[0], offered[0], offered[2]):  # the second is the first's
            await hand.press("enter")
            await hand.write(choice.label)
            await hand.press("enter")
        await hand.press("ctrl+s")
        assert here.app.screen is form
        assert form.sheet.complaints == {names[1]: f"the same as for {rows[0].name}: each needs its own"}
        await hand.press("enter")
        await hand.write(offered[1].label)
        await hand.press("enter", "ctrl+s")
        dialog = await here.dialog()
        wanted = {row.ref.id: offered[at].value for at, row in enumerate(rows)}
        assert dialog.question.request == (
            "3 requests:",
            *(
                line
                for row in rows
                for line in (
                    f"POST /v1/gpu-nodes/{row.ref.id}/public-nat-ip",
                    json.dumps({"public_ip_address_id": wanted[row.ref.id]}),
                )
            ),
        )
        for at, row in enumerate(rows):
            assert any(row.name in line and offered[at].label in line for line in dialog.question.lines)
        await hand.agree()
        await here.until(lambda: len(here.changes("scp")) == 3)
        sent = {
            seen.target.split("/")[3]: json.loads(seen.body)["public_ip_address_id"] for seen in here.changes("scp")
        }
        assert sent == wanted
        journal = [json.loads(line) for line in (tmp_path / "state" / "audit.jsonl").read_text().splitlines()]
        told = {one["targets"][0]["id"]: one["inputs"] for one in journal if one["phase"] == "intent"}
        assert told == {id: {"public_ip_address_id": value} for id, value in wanted.items()}


async def test_a_node_that_was_not_ready_for_the_form_is_not_sent_anothers_address(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        rows = await marked(here, without_address, 3)
        assert here.clouds is not None
        scp = here.clouds.world["scp"]
        assert isinstance(scp, Scp)
        scp.enter(scp.nodes[rows[2].ref.id], "ERROR")
        await here.until(lambda: here.row("samsung", rows[2].name).state == "ERROR")
        await hand.press("I")
        form = await hand.screen(Form)
        await here.until(lambda: form.ripe)
        assert len(form.boxes) == 2
        offered = await here.offered(form, next(iter(form.boxes)))
        for choice in offered[:2]:
            await hand.press("enter")
            await hand.write(choice.label)
            await hand.press("enter")
        await hand.press("ctrl+s")
        dialog = await here.dialog()
        scp.enter(scp.nodes[rows[2].ref.id], "RUNNING")
        words = f"left out: {rows[2].name} was not ready when the inputs were filled in"
        await here.until(lambda: words in dialog.question.aside)
        assert len([line for line in dialog.question.request if line.startswith("POST")]) == 2


async def test_images_of_three_instances_have_three_names(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",))) as here:
        hand = Hand(here, "datenfab")
        await here.go("1")
        rows = await marked(here, lambda row: row.state == "Running", 2)
        await hand.press("X")
        await here.dialog()
        await hand.press("e")
        form = await hand.screen(Form)
        await here.until(lambda: form.ripe)
        names = [name for name in form.boxes if name.startswith("imageName of ")]
        await hand.press("tab", "space")
        await here.until(lambda: all(form.boxes[name].display for name in names))
        for name in names:
            await hand.press("tab")
            await here.until(lambda name=name: form.boxes[name].editor.has_focus)
            await hand.write("saved")
        await here.until(lambda: form.sheet.text(names[1]) == "saved")
        await hand.press("ctrl+s")
        assert here.app.screen is form
        assert list(form.sheet.complaints.values()) == [f"the same as for {rows[0].name}: each needs its own"]
        await hand.write("2")
        await hand.press("ctrl+s")
        await here.dialog()
        await hand.agree()
        await here.until(lambda: len(here.changes("datenfab")) == 2)
        assert {json.loads(seen.body)["imageName"] for seen in here.changes("datenfab")} == {"saved", "saved2"}
