"""Changes through the console: asked first, sent once, to the machine that was shown, followed to their end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.events import Paste

from gputui.ui.form.screen import Form
from gputui.ui.widgets.dialogs import Dialog, TypedInput
from tests.pilot.consoles import Console, Wish, console

SCP = ("scp",)


def audit(here: Console) -> list[dict[str, object]]:
    path = here.folder / "state" / "audit.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def free_node(here: Console, state: str = "RUNNING", *, locked: bool = False) -> str:
    """The name of a node in that state, without a public address."""
    for row in here.page.rows.values():
        raw = row.raw
        assert isinstance(raw, dict)
        if row.state == state and raw["lock_enabled"] is locked and not raw["policy_use_nat"]:
            return row.name
    raise AssertionError(f"no {state} node")


async def test_stop_is_asked_sent_once_and_followed_until_it_stands(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        name = free_node(here)
        ref = await here.choose(name)
        await here.press("X")
        dialog = await here.dialog()
        assert dialog.focused is not None
        assert dialog.focused.id == "cancel"
        assert name in dialog.question.title
        assert "samsung" in dialog.question.title
        await here.press("y")
        await here.until(lambda: here.row("samsung", name).state == "STOPPING")
        assert "stop…" in here.page.rows[ref].cells[2].text
        assert here.clock is not None
        here.clock.advance(10)
        await here.until(lambda: here.row("samsung", name).state == "STOPPED")
        await here.until(lambda: "Stop: confirmed" in here.bar("changes"))
        (sent,) = here.changes("scp")
        assert (sent.method, sent.target) == ("POST", "/v1/gpu-nodes/stop")
        assert json.loads(sent.body) == {"gpu_node_ids": [ref.id]}
        before, after, *_ = audit(here)
        assert (before["phase"], after["phase"]) == ("intent", "outcome")
        assert after["outcome"] == "accepted"


@pytest.mark.parametrize("keys", [("enter",), ("escape",), ("n",), ("q",), ("tab", "enter")])
async def test_cancel_is_what_haste_gets(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        await here.choose(free_node(here))
        await here.press("X")
        await here.dialog()
        await here.press(*keys)
        await here.until(lambda: not isinstance(here.app.screen, Dialog))
        assert not here.changes("scp")
        assert not audit(here)


async def test_a_burst_of_keys_changes_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        await here.choose(free_node(here))
        for key in "Xyyyyyy":
            here.app.simulate_key(key)
        await here.until(lambda: here.app._notifications)
        (notice,) = here.app._notifications
        assert "too many keys at once" in notice.message
        await here.until(lambda: not isinstance(here.app.screen, Dialog))
        assert not here.changes("scp")
        assert not audit(here)


async def test_delete_takes_the_typed_name_and_no_paste(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        name = free_node(here)
        ref = await here.choose(name)
        await here.press("ctrl+d")
        dialog = await here.dialog()
        await here.press("y", "enter")
        assert not here.changes("scp")
        typed = dialog.query_one(TypedInput)
        typed.value = ""
        typed.post_message(Paste(name))
        await here.pilot.pause()
        assert typed.value == ""
        await here.press(*name[:-1], "enter")
        assert not here.changes("scp")
        await here.press(name[-1], "enter")
        await here.until(lambda: here.changes("scp"))
        (sent,) = here.changes("scp")
        assert (sent.method, sent.target) == ("DELETE", "/v1/gpu-nodes")
        assert json.loads(sent.body) == {"gpu_node_ids": [ref.id]}
        assert here.clock is not None
        await here.until(lambda: here.row("samsung", name).state == "TERMINATING")
        here.clock.advance(10)
        await here.until(lambda: here.store.find(ref) is None)
        await here.until(lambda: here.page.cursor_ref is None)
        await here.until(lambda: "Delete: confirmed" in here.bar("changes"))


async def test_a_locked_node_is_not_deleted(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        await here.choose(free_node(here, locked=True))
        await here.press("ctrl+d")
        await here.pilot.pause()
        assert not isinstance(here.app.screen, Dialog)
        assert not here.changes("scp")


async def test_in_a_protected_profile_every_change_takes_the_name(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP, protected=True)) as here:
        await here.go("1")
        name = free_node(here, "STOPPED")
        await here.choose(name)
        await here.press("S")
        dialog = await here.dialog()
        assert dialog.question.type_this == name
        await here.press("y")
        assert not here.changes("scp")
        dialog.query_one(TypedInput).value = name
        await here.press("enter")
        await here.until(lambda: here.changes("scp"))


async def test_marked_rows_go_in_one_dialog_and_one_request(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        running = [row for row in here.page.rows.values() if row.state == "RUNNING"][:3]
        here.page.set_marks(row.ref for row in running)
        await here.press("X")
        dialog = await here.dialog()
        assert "3 marked rows" in dialog.question.title
        assert all(any(row.name in line for line in dialog.question.told) for row in running)
        await here.press("y")
        await here.until(lambda: here.changes("scp"))
        (sent,) = here.changes("scp")
        assert sorted(json.loads(sent.body)["gpu_node_ids"]) == sorted(row.ref.id for row in running)


async def test_five_at_once_take_the_typed_count(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        running = [row for row in here.page.rows.values() if row.state == "RUNNING"][:5]
        here.page.set_marks(row.ref for row in running)
        await here.press("X")
        dialog = await here.dialog()
        assert dialog.question.type_this == "5"
        await here.press("5", "enter")
        await here.until(lambda: here.changes("scp"))


async def test_lock_and_unlock(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        name = free_node(here)
        ref = await here.choose(name)
        for key, path in (("L", "lock"), ("U", "unlock")):
            await here.press(key)
            await here.dialog()
            await here.press("y")
            await here.until(lambda path=path: any(seen.target.endswith(f"/{path}") for seen in here.changes("scp")))
            await here.until(lambda: not here.store.operations.of(ref).open)  # type: ignore[union-attr]
        assert [seen.target for seen in here.changes("scp")] == [
            f"/v1/gpu-nodes/{ref.id}/lock",
            f"/v1/gpu-nodes/{ref.id}/unlock",
        ]


async def test_an_address_is_chosen_from_the_reserved_ones_and_released_again(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        name = free_node(here)
        ref = await here.choose(name)
        await here.press("I")
        await here.until(lambda: isinstance(here.app.screen, Form) and here.app.screen.ripe)
        form = here.app.screen
        assert isinstance(form, Form)
        offered = await here.offered(form, "public_ip_address_id")
        chosen = offered[1]
        await here.press("enter", "down", "enter", "ctrl+s")
        dialog = await here.dialog()
        assert any(chosen.label in line for line in dialog.question.lines)
        assert f'{{"public_ip_address_id": "{chosen.value}"}}' in dialog.question.request
        await here.press("y")
        await here.until(lambda: here.row("samsung", name).state == "EDITING")
        (sent,) = here.changes("scp")
        assert sent.target == f"/v1/gpu-nodes/{ref.id}/public-nat-ip"
        assert json.loads(sent.body) == {"public_ip_address_id": chosen.value}
        assert here.clock is not None
        here.clock.advance(10)
        await here.until(lambda: here.row("samsung", name).state == "RUNNING")
        await here.until(lambda: not here.store.operations.of(ref).open)  # type: ignore[union-attr]
        await here.press("R")
        await here.dialog()
        await here.press("y")
        await here.until(lambda: len(here.changes("scp")) == 2)
        assert here.changes("scp")[1].method == "DELETE"


async def test_a_target_that_changes_under_the_dialog_is_left_alone(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        name = free_node(here)
        ref = await here.choose(name)
        await here.press("X")
        await here.dialog()
        scp = here.clouds.world["scp"]  # type: ignore[union-attr]
        scp.enter(scp.nodes[ref.id], "ERROR")  # type: ignore[attr-defined]
        dialog = await here.dialog()
        await here.until(lambda: dialog.question.blocked)
        assert "ERROR" in dialog.question.blocked
        await here.press("y", "enter")
        await here.until(lambda: not isinstance(here.app.screen, Dialog))
        await here.pilot.pause()
        assert not here.changes("scp")
        assert not audit(here)


async def test_datenfab_is_powered_off_on_and_deleted(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",))) as here:
        await here.go("1")
        name = next(row.name for row in here.page.rows.values() if row.state == "Running")
        ref = await here.choose(name)
        cluster, _, instance = ref.id.partition("/")
        base = f"/mdc/api/v1/clusters/{cluster}/instances"
        assert here.clock is not None
        for key, state in (("X", "Shutdown"), ("S", "Running"), ("X", "Shutdown")):
            await here.press(key)
            await here.dialog()
            await here.press("y")
            count = len(here.changes("datenfab"))
            await here.until(lambda count=count: here.store.operations.of(ref) and here.store.operations.of(ref).open)  # type: ignore[union-attr]
            here.clock.advance(15)
            await here.until(lambda state=state: here.row("datenfab", name).state == state)
            await here.until(lambda: not here.store.operations.of(ref).open)  # type: ignore[union-attr]
        await here.press("ctrl+d")
        await here.dialog()
        await here.press(*name, "enter")
        await here.until(lambda: len(here.changes("datenfab")) == 4)
        targets = [(seen.method, seen.target) for seen in here.changes("datenfab")]
        assert targets == [
            ("POST", f"{base}/{instance}/power_off"),
            ("POST", f"{base}/{instance}/power_on"),
            ("POST", f"{base}/{instance}/power_off"),
            ("DELETE", f"{base}?name={instance}"),
        ]


async def test_verbs_work_from_the_fleet_on_the_row_of_any_cloud(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "datenfab"))) as here:
        await here.until(lambda: here.store.machines("samsung") and here.store.machines("datenfab"))
        name = next(row.name for row in here.store.machines("datenfab").values() if row.state == "Running")
        await here.choose(name)
        await here.press("X")
        dialog = await here.dialog()
        assert f"{name} in datenfab" in dialog.question.title
        await here.press("y")
        await here.until(lambda: here.changes("datenfab"))
        assert not here.changes("scp")


async def test_of_two_that_are_called_the_same_the_id_is_typed(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=SCP)) as here:
        await here.go("1")
        first, second = (here.rows()[f"gpu-node-0{n}"].ref.id for n in (14, 15))
        scp = here.clouds.world["scp"]  # type: ignore[union-attr]
        scp.nodes[second].name = "gpu-node-014"  # type: ignore[attr-defined]
        await here.until(lambda: [row.name for row in here.page.rows.values()].count("gpu-node-014") == 2)
        here.page.choose(next(ref for ref in here.page.rows if ref.id == first))
        await here.press("ctrl+d")
        dialog = await here.dialog()
        assert dialog.question.type_this == first
