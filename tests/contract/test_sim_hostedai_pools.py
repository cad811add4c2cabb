"""Pools of the embedded hosted·ai panel: set up step by step, filled and emptied GPU by GPU, deleted when empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.test_sim_hostedai import Panel, assert_error, served


@pytest.fixture
def panel() -> Iterator[Panel]:
    with served() as running:
        yield running


def create(panel: Panel, uuids: list[str], name: str = "mine", ratio: int = 2) -> dict[str, Any]:
    pool = {
        "pool_name": name,
        "attach_gpu_ids": uuids,
        "sharing_ratio": ratio,
        "time_quantum_in_sec": 30,
        "security_level": "low",
    }
    made: dict[str, Any] = panel.send("POST", "/gpuaas/pool/create", json={"gpuaas_id": 1, "pool": pool}).json()
    return made


def ready(panel: Panel, uuids: list[str], name: str = "mine") -> int:
    """An active pool of those GPUs."""
    number = int(create(panel, uuids, name)["id"])
    panel.until(lambda: panel.pool(number)["status"] == "ACTIVE")
    return number


def test_a_pool_is_set_up_step_by_step(panel: Panel) -> None:
    uuids = panel.free("H100")[:3]
    made = create(panel, uuids)
    assert made == panel.pool(made["id"])
    assert made["id"] == 9
    assert made["status"] == "DEPLOYMENT_SCHEDULED"
    assert made["gpu_model_type"] == "NVIDIA H100 80GB HBM3"
    assert [slot["uuid"] for slot in made["gpus"]] == [uuid for uuid in uuids for _ in range(2)]
    assert {panel.gpu(uuid)["assignment_status"] for uuid in uuids} == {"ASSIGNING"}
    assert not set(uuids) & set(panel.free())
    seen = panel.states(lambda: panel.pool(9)["status"], "ACTIVE")
    assert seen == ["DEPLOYMENT_SCHEDULED", "VM_CREATION", "SETTING_UP", "ACTIVE"]
    assert {panel.gpu(uuid)["assignment_status"] for uuid in uuids} == {"ASSIGNED"}
    assert {panel.gpu(uuid)["pool_details"]["name"] for uuid in uuids} == {"mine"}


def test_a_pool_that_loses_a_gpu_meanwhile_fails_and_can_be_cleared_away(panel: Panel) -> None:
    uuid = panel.free("H100")[0]
    number = create(panel, [uuid])["id"]
    panel.wait(11)
    panel.send("POST", f"/gpuaas/node/reboot?node_id={panel.gpu(uuid)['node_details']['id']}")
    panel.until(lambda: panel.pool(number)["status"] == "ERROR_WHILE_DEPLOYING")
    panel.send("POST", f"/gpuaas/pool/{number}/remove_gpus", json={"gpu_uuids": [uuid]})
    panel.until(lambda: uuid in panel.free())
    panel.send("DELETE", f"/gpuaas/pool/{number}/delete")
    panel.until(lambda: panel.http.get(f"/gpuaas/pool/{number}").status_code == 404)


def test_gpus_come_and_go(panel: Panel) -> None:
    first, *rest = panel.free("A100")[:3]
    number = ready(panel, [first])
    panel.send("POST", f"/gpuaas/pool/{number}/add_gpus", json={"gpu_uuids": rest})
    assert {panel.gpu(uuid)["assignment_status"] for uuid in rest} == {"ASSIGNING"}
    panel.until(lambda: {panel.gpu(uuid)["assignment_status"] for uuid in rest} == {"ASSIGNED"})
    assert sorted(panel.pool_gpus(number)) == sorted([first, *rest])
    panel.send("POST", f"/gpuaas/pool/{number}/remove_gpus", json={"gpu_uuids": [first]})
    assert panel.gpu(first)["assignment_status"] == "UNASSIGNING"
    panel.until(lambda: panel.gpu(first)["assignment_status"] == "UNASSIGNED")
    assert "pool_details" not in panel.gpu(first)
    assert sorted(panel.pool_gpus(number)) == sorted(rest)


def test_an_empty_pool_takes_its_model_from_the_first_gpu(panel: Panel) -> None:
    number = ready(panel, [])
    assert "gpu_model_type" not in panel.pool(number)
    panel.send("POST", f"/gpuaas/pool/{number}/add_gpus", json={"gpu_uuids": panel.free("L40S")[:1]})
    assert panel.pool(number)["gpu_model_type"] == "NVIDIA L40S"
    panel.declines("POST", f"/gpuaas/pool/{number}/add_gpus", "of NVIDIA L40S", {"gpu_uuids": panel.free("H100")[:1]})


def test_a_pool_is_deleted_when_it_is_empty(panel: Panel) -> None:
    uuid = panel.free("H100")[0]
    number = ready(panel, [uuid])
    delete = f"/gpuaas/pool/{number}/delete"
    panel.declines("DELETE", delete, "all GPUs must be removed from the pool first")
    panel.send("POST", f"/gpuaas/pool/{number}/remove_gpus", json={"gpu_uuids": [uuid]})
    panel.declines("DELETE", delete, "all GPUs must be removed from the pool first")
    panel.until(lambda: uuid in panel.free())
    assert panel.send("DELETE", delete).content == b""
    assert panel.pool(number)["status"] == "DELETING"
    panel.declines("DELETE", delete, "already")
    panel.until(lambda: panel.http.get(f"/gpuaas/pool/{number}").status_code == 404)
    assert number not in {pool["id"] for pool in panel.rows("/gpuaas/1/pool/list")}
    assert create(panel, [])["id"] == number + 1, "an id is never given twice"


def test_one_gpu_that_cannot_be_had_stops_all_of_them(panel: Panel) -> None:
    free, taken = panel.free("H100")[0], panel.pool_gpus(1)[0]
    number = ready(panel, [])
    panel.declines("POST", f"/gpuaas/pool/{number}/add_gpus", "is ASSIGNED", {"gpu_uuids": [free, taken]})
    other = panel.free("L40S")[0]
    panel.declines("POST", f"/gpuaas/pool/{number}/add_gpus", "L40S", {"gpu_uuids": [free, other]})
    reply = panel.http.post("/gpuaas/pool/1/remove_gpus", json={"gpu_uuids": [taken, free]})
    assert_error(reply, 400)
    assert panel.gpu(taken)["assignment_status"] == "ASSIGNED"
    assert free in panel.free()


def test_what_a_pool_is_doing_decides_what_may_be_done(panel: Panel) -> None:
    free = panel.free("A100")[:1]
    panel.declines("POST", "/gpuaas/pool/6/add_gpus", "is SETTING_UP", {"gpu_uuids": free})
    panel.declines("POST", "/gpuaas/pool/6/remove_gpus", "is SETTING_UP", {"gpu_uuids": panel.pool_gpus(6)[:1]})
    leaving = next(uuid for uuid in panel.pool_gpus(5) if panel.gpu(uuid)["assignment_status"] == "UNASSIGNING")
    panel.declines("POST", "/gpuaas/pool/5/remove_gpus", "already", {"gpu_uuids": [leaving]})


def test_only_gpus_of_joined_nodes_can_be_had(panel: Panel) -> None:
    free = {uuid for uuid in panel.all_gpus() if panel.gpu(uuid)["assignment_status"] == "UNASSIGNED"}
    waiting = sorted(free - set(panel.free()))
    assert waiting, "there is a node that is still joining"
    panel.declines("POST", "/gpuaas/pool/5/add_gpus", "joined node", {"gpu_uuids": waiting[:1]})


def test_pools_need_an_active_service(panel: Panel) -> None:
    panel.cloud.services[1].status = "GPUAAS_INACTIVE"
    order = {
        "pool_name": "mine",
        "attach_gpu_ids": [],
        "sharing_ratio": 1,
        "time_quantum_in_sec": 30,
        "security_level": "low",
    }
    body = {"gpuaas_id": 1, "pool": order}
    panel.declines("POST", "/gpuaas/pool/create", "is GPUAAS_INACTIVE", body)
    panel.declines("POST", "/gpuaas/pool/add", "is GPUAAS_INACTIVE", body)
