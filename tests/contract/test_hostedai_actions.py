"""Every verb of hosted·ai against the embedded panel, over real sockets, to its end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from gputui.core.actions import LogEntry, Progress
from gputui.core.metrics import Measurements, Series
from gputui.core.problem import Cause, Failed
from gputui.core.request import SendStatus
from gputui.providers.hostedai.client import CHANGING_GETS, NO_SERVICE, HostedAI
from gputui.providers.hostedai.views import NODES, POOLS, PROVIDER
from gputui.providers.hostedai.wire import HostedNode
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.hostedai.state import HostedAI as Panel
from gputui.sim.serve import Simulator
from tests.contract.test_hostedai import NOON, client_of, cloud
from tests.contract.verbs import Verbs, complaints
from tests.examples import examples

DONE, GOING, WAITING = Progress.DONE, Progress.GOING, Progress.WAITING


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(only=["hostedai"], calm=True, clock=clock) as served:
        yield served


@pytest.fixture
def panel(simulator: Simulator) -> Panel:
    found: Panel = cloud(simulator)
    return found


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[HostedAI]:
    made = client_of(simulator)
    yield made
    await made.aclose()


@pytest.fixture
def pools(client: HostedAI, clock: ManualClock) -> Verbs:
    return Verbs(client, POOLS, clock)


@pytest.fixture
def nodes(client: HostedAI, clock: ManualClock) -> Verbs:
    return Verbs(client, NODES, clock)


def sent(simulator: Simulator) -> list[tuple[str, Any]]:
    """The changes that arrived: their first line and their body."""
    changes = simulator.logs["hostedai"].changes()
    return [(f"{seen.method} {seen.target}", json.loads(seen.body) if seen.body else None) for seen in changes]


def new_pool(uuids: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    return {
        "pool_name": "nightly",
        "gpuaas_id": "1",
        "gpu_model": "NVIDIA H100 80GB HBM3",
        "attach_gpu_ids": uuids,
        "sharing_ratio": 4,
        "time_quantum_in_sec": 30,
        "security_level": "medium",
    } | changes


def new_node(**changes: Any) -> dict[str, Any]:
    roles = dict.fromkeys(("is_controller_node", "is_gateway_service", "is_storage_service"), False)
    return {
        "name": "gpu-worker-99",
        "region_id": "2",
        "node_ip": "127.0.0.1",
        "username": "admin",
        "port": 2299,
        "is_worker_node": True,
        **roles,
    } | changes


# -- pools --


@pytest.mark.parametrize(("verb", "target"), [("create", "/pool/create"), ("add", "/pool/add")])
async def test_a_pool_is_made_of_free_gpus(
    pools: Verbs, simulator: Simulator, panel: Panel, verb: str, target: str
) -> None:
    assert await pools.choices(verb, "gpuaas_id") == {"1": "gpuaas-1"}
    models = await pools.choices(verb, "gpu_model", inputs={"gpuaas_id": "1"})
    assert models.keys() == {gpu.model for gpu in panel.available_gpus(1)}
    assert len(models) > 1
    assert await pools.choices(verb, "attach_gpu_ids", inputs={"gpuaas_id": "1"}) == {}, "a pool is of one model"
    model = next(iter(models))
    free = await pools.choices(verb, "attach_gpu_ids", inputs={"gpuaas_id": "1", "gpu_model": model})
    assert free.keys() == {gpu.uuid for gpu in panel.available_gpus(1) if gpu.model == model}
    assert (await pools.choices(verb, "security_level")).keys() == {"low", "medium", "high"}
    uuids = tuple(free)[:2]
    assert await pools.done(verb, None, new_pool(uuids, gpu_model=model)) == (WAITING, GOING, DONE)
    wanted = {"pool_name": "nightly", "attach_gpu_ids": list(uuids), "sharing_ratio": 4, "time_quantum_in_sec": 30}
    assert sent(simulator) == [
        (f"POST /api/gpuaas{target}", {"gpuaas_id": 1, "pool": {**wanted, "security_level": "medium"}})
    ]
    (made,) = [pool for pool in panel.pools.values() if pool.name == "nightly"]
    assert (made.status, {gpu.uuid for gpu in panel.gpus_in_pool(made)}) == ("ACTIVE", set(uuids))


async def test_a_pool_whose_gpu_is_lost_fails_in_words(pools: Verbs, panel: Panel) -> None:
    gpu = next(gpu for gpu in panel.available_gpus(1) if "H100" in gpu.model)
    panel.life.after(1, lambda: setattr(gpu, "status", "UNAVAILABLE"))
    seen = await pools.done("create", None, new_pool((gpu.uuid,)))
    assert seen[-1] is Progress.CONTRADICTED


async def test_a_pool_is_given_gpus_freed_of_them_and_deleted(pools: Verbs, simulator: Simulator, panel: Panel) -> None:
    row = await pools.row("inference-shared" if "inference-shared" in await names(pools) else "Inference Shared")
    pool = panel.pools[int(row.ref.id)]
    free = await pools.choices("assign_gpus", "gpu_uuids", row.item)
    assert free.keys() == {gpu.uuid for gpu in panel.available_gpus(1) if gpu.model == pool.gpu_model}
    chosen = tuple(free)[:2]
    assert await pools.done("assign_gpus", row, {"gpu_uuids": chosen}) == (WAITING, GOING, DONE)
    row = await pools.row(row.name)
    mine = await pools.choices("free_gpus", "gpu_uuids", row.item)
    assert mine.keys() == {gpu.uuid for gpu in panel.gpus_in_pool(pool)} >= set(chosen)
    assert pools.action("delete").blocked_reason(row.item) == f"it has {len(mine)} GPUs: free them first"
    assert await pools.done("free_gpus", row, {"gpu_uuids": tuple(mine)}) == (WAITING, GOING, DONE)
    row = await pools.row(row.name)
    assert pools.action("free_gpus").blocked_reason(row.item) == "it has no GPUs"
    assert await pools.done("delete", row) == (WAITING, GOING, DONE)
    at = f"/api/gpuaas/pool/{pool.id}"
    assert sent(simulator) == [
        (f"POST {at}/add_gpus", {"gpu_uuids": list(chosen)}),
        (f"POST {at}/remove_gpus", {"gpu_uuids": list(mine)}),
        (f"DELETE {at}/delete", None),
    ]
    assert pool.id not in panel.pools


async def names(verbs: Verbs) -> set[str]:
    return {row.name for row in (await verbs.rows()).values()}


async def test_gpus_that_leave_are_not_offered_to_be_freed(pools: Verbs, panel: Panel) -> None:
    leaving = next(gpu for gpu in panel.gpus.values() if gpu.status == "UNASSIGNING")
    row = next(row for row in (await pools.rows()).values() if row.ref.id == str(leaving.pool_id))
    assert leaving.uuid not in await pools.choices("free_gpus", "gpu_uuids", row.item)


@pytest.mark.parametrize("status", ["DEPLOYMENT_SCHEDULED", "VM_CREATION", "SETTING_UP", "DELETING"])
async def test_a_pool_under_way_may_keep_its_gpus(pools: Verbs, panel: Panel, status: Any) -> None:
    panel.pools[1].status = status
    row = next(row for row in (await pools.rows()).values() if row.ref.id == "1")
    item: Any = row.item
    for verb in ("assign_gpus", "free_gpus"):
        assert pools.action(verb).blocked_reason(row.item) is None, "no document forbids it"
        assert (pools.action(verb).warning(row.item) or "").startswith(f"state is {status}: ")
        outcome = await pools.send(verb, row, {"gpu_uuids": tuple(item.uuids)[:1]})
        assert outcome.send_status is SendStatus.REFUSED, "the panel thinks so too"


async def test_an_unknown_service_is_said_where_choices_would_be(simulator: Simulator, clock: ManualClock) -> None:
    client = client_of(simulator, gpuaas_ids=())
    simulator.faults["hostedai"].always(Fault("status", status=404), match="/api/gpuaas")
    with pytest.raises(Failed) as failed:
        await Verbs(client, POOLS, clock).choices("create", "gpuaas_id")
    assert failed.value.problem == NO_SERVICE.problem
    await client.aclose()


# -- nodes --


async def test_a_node_lives_from_adding_to_deleting(nodes: Verbs, simulator: Simulator, panel: Panel) -> None:
    regions = await nodes.choices("create", "region_id")
    assert regions == {str(region.id): region.name for region in panel.regions.values()}
    wanted = new_node(region_id="1", name="gpu-worker-77", volume_group="vg1")
    assert await nodes.done("create", None, wanted) == (WAITING, DONE)
    node = next(node for node in panel.nodes.values() if node.name == "gpu-worker-77")
    number = node.id

    async def does(verb: str) -> tuple[Progress, ...]:
        return await nodes.done(verb, await nodes.row("gpu-worker-77"))

    assert await does("init") == (WAITING, GOING, DONE)
    assert await does("join") == (WAITING, GOING, DONE)
    assert node.status in ("k8_initialized", "healthy")
    assert await does("leave") == (WAITING, DONE)
    assert await does("deinit") == (WAITING, GOING, DONE)
    assert await does("delete") == (WAITING, DONE)
    assert number not in panel.nodes
    flags = {"is_controller_node": False, "is_worker_node": True}
    flags |= {"is_gateway_service": False, "is_storage_service": False}
    body = {"name": "gpu-worker-77", "region_id": 1, "node_ip": "127.0.0.1", "username": "admin", "port": 2299}
    assert sent(simulator) == [
        ("POST /api/gpuaas/node/add", {**body, **flags, "volume_group": "vg1"}),
        (f"GET /api/gpuaas/node/init?gpuaas_node_id={number}", None),
        ("POST /api/gpuaas/node/join", {"joinee_node_id": number, "region_id": 1}),
        (f"POST /api/gpuaas/node/leave?node_id={number}", None),
        (f"GET /api/gpuaas/node/deinit?gpuaas_node_id={number}", None),
        (f"DELETE /api/gpuaas/node/{number}/delete", None),
    ]


async def test_a_region_is_switched_on_and_off_at_its_controller(
    nodes: Verbs, simulator: Simulator, panel: Panel
) -> None:
    controller = next(node for node in panel.nodes.values() if node.region_id == 2 and "controller" in node.roles)
    assert await nodes.done("enable", await nodes.row(controller.name)) == (WAITING, GOING, DONE)
    simulator.clock.advance(60)  # type: ignore[attr-defined]
    assert (await nodes.row(controller.name)).state == "healthy"
    assert panel.regions[2].gpuaas == "enabled"
    assert await nodes.done("disable", await nodes.row(controller.name)) == (WAITING, DONE)
    assert panel.regions[2].gpuaas == "disabled"
    assert sent(simulator) == [
        (f"POST /api/gpuaas/enable?controller_node_id={controller.id}", None),
        (f"POST /api/gpuaas/node/{controller.id}/disable", None),
    ]


async def test_a_node_is_edited_from_what_is_there(nodes: Verbs, simulator: Simulator, panel: Panel) -> None:
    gateway = await nodes.row("gpu-gateway-01")
    there = {
        field.name: field.default(gateway.item) for field in nodes.action("edit").fields if callable(field.default)
    }
    node = panel.nodes[int(gateway.ref.id)]
    assert there == {
        "name": node.name,
        "region_id": "1",
        "node_ip": node.host,
        "username": "admin",
        "port": str(node.port),
        "is_controller_node": "",
        "is_worker_node": "",
        "is_gateway_service": "yes",
        "is_storage_service": "yes",
        "external_service_ip": "203.0.113.20",
        "volume_group": "vg0",
    }
    inputs = new_node(
        name="gpu-gateway-02", region_id="1", node_ip=node.host, port=node.port, is_worker_node=False,
        is_gateway_service=True, is_storage_service=True, external_service_ip="203.0.113.21",
    )  # fmt: skip
    assert await nodes.done("edit", gateway, inputs) == (WAITING, DONE)
    assert (node.name, node.external_ip, node.volume_group) == ("gpu-gateway-02", "203.0.113.21", None)
    assert sent(simulator)[0][0] == f"PUT /api/gpuaas/node/{node.id}/edit"


async def test_a_reboot_is_sent_once_and_the_state_tells_the_rest(
    nodes: Verbs, simulator: Simulator, panel: Panel, clock: ManualClock
) -> None:
    row = await nodes.row("gpu-worker-06")
    assert row.state == "error"
    assert await nodes.done("reboot", row) == (WAITING, GOING, DONE)
    assert sent(simulator) == [(f"POST /api/gpuaas/node/reboot?node_id={row.ref.id}", None)]
    clock.advance(60)
    assert (await nodes.row("gpu-worker-06")).state == "healthy"


@pytest.mark.parametrize("wrong", [False, True])
async def test_a_connection_is_tried_and_its_answer_shown(
    nodes: Verbs, client: HostedAI, panel: Panel, wrong: bool
) -> None:
    row = await nodes.row("busan-gpu-05" if wrong else "gpu-worker-01")
    outcome = await nodes.send("test_conn", row)
    assert outcome.send_status is SendStatus.ACCEPTED, "that it does not answer is the answer"
    watch = nodes.action("test_conn").watch
    assert watch is not None
    watched = await watch(client, row.item, outcome.body)
    assert watched.over
    assert isinstance(watched.answer, dict)
    assert watched.answer["success"] is not wrong


@pytest.mark.parametrize("kind", ["gpus", "npus"])
async def test_a_scan_is_watched_to_its_end(
    nodes: Verbs, client: HostedAI, clock: ManualClock, simulator: Simulator, kind: str
) -> None:
    row = await nodes.row("gpu-worker-01")
    outcome = await nodes.send(f"scan_{kind}", row)
    watch = nodes.action(f"scan_{kind}").watch
    assert watch is not None
    seen: list[str] = []
    for _ in range(20):
        watched = await watch(client, row.item, outcome.body)
        assert isinstance(watched.answer, dict)
        seen.append(str(watched.answer["status"]))
        if watched.over:
            break
        clock.advance(1)
    assert list(dict.fromkeys(seen)) == ["pending", "processing", "completed"]
    answer: Any = watched.answer
    resources = answer["resources"]
    assert len(resources[kind]) == (8 if kind == "gpus" else 0)
    assert len(sent(simulator)) == 1, "to look at a scan changes nothing"


async def test_a_scan_that_fails_says_why(nodes: Verbs, client: HostedAI, clock: ManualClock) -> None:
    row = await nodes.row("busan-gpu-05")
    outcome = await nodes.send("scan_gpus", row)
    clock.advance(30)
    watch = nodes.action("scan_gpus").watch
    assert watch is not None
    watched = await watch(client, row.item, outcome.body)
    assert isinstance(watched.answer, dict)
    assert (watched.over, watched.answer["status"]) == (True, "failed")
    assert watched.answer["error_msg"]


async def test_a_scan_that_is_answered_at_once_is_over(nodes: Verbs, client: HostedAI, panel: Panel) -> None:
    panel.direct_scans = True
    row = await nodes.row("gpu-worker-01")
    outcome = await nodes.send("scan_gpus", row)
    watch = nodes.action("scan_gpus").watch
    assert watch is not None
    watched = await watch(client, row.item, outcome.body)
    assert watched.over
    assert isinstance(watched.answer, dict)
    gpus: Any = watched.answer["gpus"]
    assert len(gpus) == 8


# -- why not --


async def test_every_reason_is_one_the_panel_has_too(nodes: Verbs, panel: Panel, simulator: Simulator) -> None:
    """What the console refuses in words, the panel declines; nothing it would do is kept from the user."""
    reasons: dict[str, set[str]] = {}
    verbs = ("init", "deinit", "join", "leave", "disable", "enable")
    for row in (await nodes.rows()).values():
        for verb in verbs:
            reason = nodes.action(verb).blocked_reason(row.item)
            if reason is None:
                continue
            reasons.setdefault(verb, set()).add(reason)
            outcome = await nodes.send(verb, row)
            assert outcome.send_status is SendStatus.REFUSED, (verb, row.name, row.state, reason)
            assert outcome.problem is not None
            assert outcome.problem.text
    assert reasons.keys() == set(verbs)
    assert "8 of its GPUs are in pools: free them first" in reasons["deinit"]
    assert "state is healthy: only an initialized node can join" in reasons["join"]
    assert "it is no controller: GPUaaS is enabled on one" in reasons["enable"]


async def test_a_node_that_is_set_up_is_not_deleted_and_one_that_may_not_answer_with_a_warning(nodes: Verbs) -> None:
    delete = nodes.action("delete")
    for row in (await nodes.rows()).values():
        set_up = row.state in ("initialized", "k8_initializing", "k8_initialized", "healthy")
        expected = f"state is {row.state}: deinitialise it first" if set_up else None
        assert delete.blocked_reason(row.item) == expected
        assert bool(delete.warning(row.item)) is (row.state != "uninitialized")


@pytest.mark.parametrize("state", ["error", "initializing", "k8_initializing", "resetting", "", "odd"])
def test_a_node_stuck_in_any_state_can_be_rebooted_and_reset(state: str) -> None:
    node = HostedNode(name="n", Id=1, status=state)
    for action in (one for one in NODES.actions if one.name in ("reboot", "deinit")):
        assert action.blocked_reason(node) is None
        assert bool(action.warning(node)) is (state in ("initializing", "k8_initializing", "resetting"))


async def test_only_what_has_a_warning_may_be_declined_for_its_state(nodes: Verbs, panel: Panel) -> None:
    """The panel may want a GPUaaS first, or know of a machine that does not answer: that is no matter of states."""
    for name in ("init", "deinit", "reboot", "join", "leave", "disable"):
        action = nodes.action(name)
        rows = (await nodes.rows()).values()
        row = next(row for row in rows if action.blocked_reason(row.item) is None and action.warning(row.item) is None)
        outcome = await nodes.send(name, row)
        words = outcome.problem.text if outcome.problem else ""
        assert f"node {row.ref.id} is {row.state}" not in words, name


@pytest.mark.parametrize("refusal", ["coded", "accepted"])
async def test_what_the_panel_declines_is_refused_in_its_words(pools: Verbs, panel: Panel, refusal: Any) -> None:
    panel.refusal = refusal
    outcome = await pools.send("delete", await pools.row("training-dedicated"))
    assert outcome.send_status is SendStatus.REFUSED
    assert outcome.problem is not None
    assert outcome.problem.cause is Cause.REFUSED
    assert "all GPUs must be removed from the pool first" in outcome.problem.text


async def test_an_error_without_the_panel_s_number_stays_unknown(pools: Verbs, simulator: Simulator) -> None:
    row = await pools.row("training-dedicated")
    for body in (b"", b'{"error": "boom"}', b'{"code": 500, "message": "boom"}', b'{"code": 12370004}'):
        simulator.faults["hostedai"].next(Fault("status", status=500, body=body))
        assert (await pools.send("delete", row)).send_status is SendStatus.UNKNOWN


async def test_a_reply_that_says_no_is_no_yes(nodes: Verbs, simulator: Simulator) -> None:
    row = await nodes.row("busan-gpu-01")
    body = b'{"success": false, "message": "node is locked by a job"}'
    simulator.faults["hostedai"].next(Fault("garbage", body=body))
    outcome = await nodes.send("join", row)
    assert outcome.send_status is SendStatus.REFUSED
    assert outcome.problem is not None
    assert outcome.problem.text == "node is locked by a job"


async def test_read_only_refuses_every_verb(simulator: Simulator, clock: ManualClock) -> None:
    client = client_of(simulator, read_only=True)
    inputs = new_pool(("GPU-1",)) | {"gpu_uuids": ("GPU-1",)} | new_node()
    for view in (NODES, POOLS):
        verbs = Verbs(client, view, clock)
        row = next(iter((await verbs.rows()).values()))
        for action in view.actions:
            targets: list[Any] = [row.item] if action.on == "rows" else []
            request = action.request(targets, inputs)
            outcome = await client.change(request)
            assert outcome.problem is not None
            assert (outcome.send_status, outcome.problem.cause) == (SendStatus.NOT_SENT, Cause.READ_ONLY), action.name
    assert sent(simulator) == []
    await client.aclose()


async def test_the_gets_that_change_things_are_known_as_such() -> None:
    row: Any = type("Row", (), {"id": "1"})()
    for name in ("init", "deinit", "test_conn", "scan_gpus", "scan_npus"):
        (action,) = [action for action in NODES.actions if action.name == name]
        request = action.request([row], {})
        assert (request.method, request.path in CHANGING_GETS) == ("GET", True)


async def test_a_changing_get_that_is_cut_is_sent_once(nodes: Verbs, simulator: Simulator) -> None:
    row = await nodes.row("busan-gpu-03")
    simulator.faults["hostedai"].always(Fault("cut_before"), match="/init")
    outcome = await nodes.send("init", row)
    assert (outcome.send_status, len(sent(simulator))) == (SendStatus.UNKNOWN, 1)


# -- looks --


async def look(verbs: Verbs, name: str, item: Any, **inputs: Any) -> Any:
    (found,) = [look for look in verbs.view.queries if look.name == name]
    return await found.read(verbs.client, item, inputs)


async def test_metrics_of_a_pool_are_series(pools: Verbs, simulator: Simulator) -> None:
    (metrics,) = POOLS.queries
    item = (await pools.row("training-dedicated")).item
    for grouping in metrics.ranges:
        found = await look(pools, "metrics", item, range=grouping.value)
        assert simulator.logs["hostedai"].seen[-1].target.endswith(f"/metrics?time_grouping={grouping.value}")
        assert isinstance(found, Measurements)
        assert [(series.label, series.unit, series.ceiling) for series in found.series] == [
            ("gpu utilization", "%", 100.0),
            ("vram used", "MB", None),
            ("tflops", "TFLOPS", None),
        ]
        for series in found.series:
            assert isinstance(series, Series)
            assert len(series.points) == 24
            assert list(series.points) == sorted(series.points)
            assert all(value is not None for _, value in series.points)
    assert [grouping.value for grouping in metrics.ranges] == ["hourly", "daily", "weekly", "monthly"]


@pytest.mark.parametrize("lines", [0, 1, 61, 200, 450])
async def test_the_whole_log_is_read_oldest_first(nodes: Verbs, panel: Panel, clock: ManualClock, lines: int) -> None:
    row = await nodes.row("gpu-worker-01")
    write(panel, clock, int(row.ref.id), lines)
    found = await look(nodes, "logs", row.item)
    assert [entry.text for entry in found] == [f"line {at}" for at in range(lines)]
    assert all(isinstance(entry, LogEntry) and entry.level == "info" for entry in found)
    assert [entry.at for entry in found] == [NOON + at // 2 for at in range(lines)]


async def test_an_endless_log_is_cut_with_a_word(nodes: Verbs, panel: Panel, clock: ManualClock) -> None:
    row = await nodes.row("gpu-worker-01")
    write(panel, clock, int(row.ref.id), 5000)
    found = await look(nodes, "logs", row.item)
    assert (found[0].text, len(found)) == ("only 2000 lines are read", 2001)
    assert found[-1].text == "line 4999", "the newest"


def write(panel: Panel, clock: ManualClock, number: int, lines: int) -> None:
    """Two lines every second: their order within one is the log's."""
    panel.nodes[number].log.clear()
    for at in range(lines):
        panel.note(panel.nodes[number], "info", f"line {at}")
        clock.advance(0.5)


async def test_storage_and_keys_are_shown_as_the_panel_tells_them(nodes: Verbs, panel: Panel) -> None:
    row = await nodes.row("gpu-worker-01")
    node = panel.nodes[int(row.ref.id)]
    assert (await look(nodes, "storage_metrics", row.item))["total_mb"] == node.disk_mb
    for wrapped in (False, True):
        panel.wrapped_keys = wrapped
        assert await look(nodes, "ssh_keys", row.item) == {"public_keys": list(node.keys)}


# -- what a form lets through is valid --

EDGES = st.sampled_from(["", " ", "a", "a b", "\u202e", "é" * 63, "x" * 64, "null", "0"])
ODD_ADDRESSES = st.sampled_from(["", "0.0.0.0", "fe80::1%eth0", "localhost", "224.0.0.1", "10.0.0.1/24", "::"])
NAME = (st.uuids().map(str), st.text(max_size=70) | EDGES)
ADDRESS = (st.ip_addresses().map(str), ODD_ADDRESSES)
ROLE = (st.booleans(), st.booleans())
Kinds = dict[str, tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]]
A_POOL: Kinds = {
    "pool_name": NAME,
    "sharing_ratio": (st.integers(1, 10), st.integers(-1, 12)),
    "time_quantum_in_sec": (st.integers(10, 120), st.integers(0, 10) | st.integers(120, 130)),
    "security_level": (st.sampled_from(["low", "medium", "high"]), st.just("")),
}
A_NODE: Kinds = {
    "name": NAME,
    "node_ip": ADDRESS,
    "username": (st.from_regex(r"[a-z_][a-z0-9_.-]{0,31}", fullmatch=True), EDGES),
    "port": (st.integers(1, 65535), st.sampled_from([-1, 0, 65536])),
    "external_service_ip": ADDRESS,
    "volume_group": NAME,
    "is_worker_node": ROLE,
    "is_gateway_service": ROLE,
}


def filled(data: st.DataObject, kinds: Kinds) -> dict[str, Any]:
    """What somebody fills in who gets at most one field wrong."""
    odd = data.draw(st.sampled_from(["", "", *kinds]))
    return {name: data.draw(strange if name == odd else good) for name, (good, strange) in kinds.items()}


@pytest.fixture(scope="module")
def standing() -> Iterator[Simulator]:
    with Simulator(only=["hostedai"], calm=True, clock=ManualClock(NOON)) as served:
        yield served


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
async def test_no_form_that_is_accepted_makes_an_invalid_request(standing: Simulator, data: st.DataObject) -> None:
    panel: Panel = cloud(standing)
    client = client_of(standing)
    try:
        uuids = st.lists(st.sampled_from(sorted(panel.gpus)), max_size=2, unique=True)
        pool = new_pool(tuple(data.draw(uuids)), **filled(data, A_POOL))
        node = new_node(**filled(data, A_NODE))
        for view, verb, inputs in ((POOLS, "create", pool), (NODES, "create", node), (NODES, "edit", node)):
            await send_if_accepted(Verbs(client, view, ManualClock(NOON)), verb, inputs)
    finally:
        await client.aclose()


async def send_if_accepted(verbs: Verbs, verb: str, inputs: dict[str, Any]) -> None:
    """What the form takes the panel takes too, or declines for what is there, never for what was typed."""
    action = verbs.action(verb)
    inputs = {name: value for name, value in inputs.items() if value not in ("", ())}
    said = complaints(action, inputs)
    event(f"{verb} {'not ' if said else ''}accepted")
    if said:
        return
    targets = [next(iter((await verbs.rows()).values())).item] if action.on == "rows" else []
    outcome = await verbs.client.change(action.request(targets, inputs))
    taken = outcome.status == 400 and any(words in str(outcome.problem) for words in ("is taken", "already"))
    assert outcome.status != 400 or taken, (str(outcome.problem), inputs)


def test_all_32_calls_of_the_document_are_reached() -> None:
    assert {action.name for action in NODES.actions} >= {
        *("create", "edit", "delete", "init", "deinit", "reboot", "join", "leave", "enable", "disable"),
        *("test_conn", "scan_gpus", "scan_npus"),
    }
    assert {look.name for view in PROVIDER.views for look in view.queries} == {
        *("metrics", "logs", "storage_metrics", "ssh_keys"),
    }
    keys = {action.key: action.name for action in POOLS.actions if action.key}
    assert keys == {"N": "create", "A": "assign_gpus", "F": "free_gpus", "ctrl+d": "delete"}
