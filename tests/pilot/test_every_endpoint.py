"""All 62 calls of the five documents, each made by keys alone: as it was shown, once, and found valid by the cloud."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import gputui.ui.widgets.timed_dialog
from tests.pilot.consoles import Wish, console
from tests.pilot.every_call import DOCUMENTED, asked_for
from tests.pilot.every_hand import Hand


@pytest.fixture(autouse=True)
def without_dead_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Haste is tested by itself; here a key may come even before its screen has been drawn for the first time."""
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", -60.0)


@asynccontextmanager
async def all_of(cloud: str, folder: Path) -> AsyncIterator[Hand]:
    """A hand at a console over one cloud, which at the end must have been asked for all that its document names."""
    async with console(folder, Wish(only=(cloud,), every=0.5)) as here:
        hand = Hand(here, cloud)
        await here.go("1")
        yield hand
        assert here.clouds is not None
        calls = asked_for(DOCUMENTED[cloud], here.clouds.logs[cloud].seen)
        documented = [one for requests in calls.values() for one in requests]
        assert {call for call in DOCUMENTED[cloud] if not any(200 <= one.status < 300 for one in calls[call])} == set()
        assert [(one.method, one.target, one.body, one.status) for one in documented if one.status >= 400] == []
        assert [one.target for one in here.changes(cloud) if one not in documented] == []
        assert len(here.changes(cloud)) == len(hand.agreed)


def test_they_are_sixty_two() -> None:
    assert sum(len(set(calls)) for calls in DOCUMENTED.values()) == 62


async def test_all_of_samsung(tmp_path: Path) -> None:
    async with all_of("scp", tmp_path) as hand:
        await hand.choose("gpu-node-005")
        await hand.details()
        await hand.verb("L")
        await hand.verb("U")
        await hand.verb("I", public_ip_address_id="")
        await hand.verb("R")
        await hand.verb("M", after_cluster_fabric_id="")
        await hand.verb("X")
        await hand.verb("S")
        await hand.verb("ctrl+d")
        for view in ("fabrics", "pools", "images", "products"):
            await hand.view(view)
            await hand.press("g")
            await hand.details()
        await hand.view("nodes")
        await hand.verb(
            "N",
            region_id="kr",
            vpc_id="",
            subnet_id="",
            node_pool_id="",
            fabric="new",
            fabric_name="every1",
            image_id="",
            server_type_id="",
            count=2,
            prefix="every",
            first="",
            ip_addresses="",
            os_user_password="Every62@keys",
            password_again="Every62@keys",
            lock_enabled=True,
        )


async def test_all_of_naver(tmp_path: Path) -> None:
    async with all_of("nsml", tmp_path) as hand:
        await hand.press("g")
        await hand.details()


async def test_all_of_hosted_ai(tmp_path: Path) -> None:
    async with all_of("hostedai", tmp_path) as hand:
        await hand.choose("gpu-worker-02")
        await hand.details()
        await hand.look("l")
        await hand.rare_look("Storage")
        await hand.rare_look("SSH keys of the panel")
        await hand.rare("Test connection", watched=True)
        await hand.rare("Scan GPUs", watched=True)
        await hand.rare("Scan NPUs", watched=True)
        await hand.verb("B")
        await hand.verb("N", name="every-1", region_id="busan", node_ip="192.0.2.62", username="admin", port=2222)
        await hand.choose("every-1")
        await hand.verb("E", port=2223)
        await hand.verb("ctrl+d")
        await hand.choose("busan-gpu-03")
        await hand.rare("Initialise")
        await hand.choose("busan-gpu-01")
        await hand.rare("Enable GPUaaS")
        await hand.passing(lambda: hand.here.rows()["busan-gpu-01"].state.upper() == "HEALTHY")
        await hand.choose("busan-gpu-03")
        await hand.rare("Join cluster")
        await hand.rare("Leave cluster")
        await hand.rare("Deinitialise")
        await hand.choose("busan-gpu-01")
        await hand.rare("Disable GPUaaS")
        await hand.view("pools")
        await hand.verb("N", pool_name="every-1", gpuaas_id="gpuaas-1", gpu_model="H100", attach_gpu_ids=1)
        await hand.rare(
            "Add pool to GPUaaS", pool_name="every-2", gpuaas_id="gpuaas-1", gpu_model="A100", attach_gpu_ids=1
        )
        await hand.choose("every-1")
        await hand.details()
        await hand.look("m")
        await hand.verb("A", gpu_uuids=1)
        await hand.verb("F", gpu_uuids=2)
        await hand.verb("ctrl+d")
        await hand.view("gpus")
        await hand.view("services")
        await hand.press("g")
        await hand.details()


async def test_all_of_run_ai(tmp_path: Path) -> None:
    async with all_of("runai", tmp_path) as hand:
        await hand.verb("N", name="every-1", projectId="", clusterId="", image="vllm/vllm-openai:v0.6.4")
        await hand.choose("every-1")
        await hand.details()
        await hand.look("m")
        await hand.view("pods")
        await hand.press("slash")
        await hand.write("every-1")
        await hand.press("enter", "g")
        await hand.look("m")
        await hand.view("inferences")
        await hand.choose("every-1")
        await hand.verb("ctrl+d")


async def test_all_of_datenfab(tmp_path: Path) -> None:
    async with all_of("datenfab", tmp_path) as hand:
        await hand.verb(
            "N", region="", sku="4090", cost_type="", name="every-1", image="tensorflow:2.15.0", namespace=""
        )
        await hand.choose("every-1")
        await hand.details()
        await hand.verb("X")
        await hand.verb("S")
        await hand.verb("X", gracePeriodSeconds=30, needSnapshot=True, imageName="every", tag="v1.1.0")
        await hand.verb("ctrl+d")
        await hand.view("skus")
        await hand.view("clusters")
