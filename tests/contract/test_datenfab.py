"""The Datenfab provider against the embedded cloud, over real sockets."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gputui.core.actions import Action, Progress
from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings, SshTarget, View
from gputui.core.raw import raw_json
from gputui.core.reading import rows
from gputui.core.request import SendStatus
from gputui.core.secret import Secret, masked
from gputui.providers.datenfab.client import Datenfab, Instance
from gputui.providers.datenfab.views import CLUSTERS, INSTANCES, PROVIDER, SKUS
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.serve import Simulator

NOON = 1_770_000_000.0


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(only=["datenfab"], calm=True, clock=ManualClock(NOON)) as served:
        yield served


def cloud(simulator: Simulator) -> Any:
    return simulator.world.clouds["datenfab"]


def settings(simulator: Simulator, *, read_only: bool = False, **changes: Any) -> Settings:
    profile: dict[str, Any] = cloud(simulator).profile(simulator.urls["datenfab"])
    values = {setting.name: profile.get(setting.name, setting.default) for setting in PROVIDER.settings} | changes
    return Settings("datenfab", {**values, "token": Secret(values["token"])}, read_only)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Datenfab]:
    made = Datenfab(settings(simulator), now=simulator.clock.now)
    yield made
    await made.aclose()


async def listed(client: Datenfab, view: View[Datenfab, Any]) -> dict[str, Any]:
    listing = await view.fetch(client)
    found, duplicates = rows(view, "p", listing)
    assert (duplicates, listing.unreadable, listing.notice) == (0, (), "")
    return {ref.id: row for ref, row in found.items()}


async def instance(client: Datenfab, status: str) -> Instance:
    listing = await client.instances()
    return next(item.value for item in listing.items if item.value.body.status == status)


async def read_again(client: Datenfab, one: Instance) -> Instance | None:
    listing = await client.instances()
    key = INSTANCES.key(one)
    return next((item.value for item in listing.items if INSTANCES.key(item.value) == key), None)


async def test_the_regions_are_not_read_before_every_list(client: Datenfab, simulator: Simulator) -> None:
    def asked() -> int:
        seen = [seen.target for seen in simulator.logs["datenfab"].seen]
        return sum(target.endswith("/regions") for target in seen)

    for _ in range(5):
        await listed(client, INSTANCES)
        await listed(client, SKUS)
    assert asked() == 1
    client.forget()
    await listed(client, INSTANCES)
    assert asked() == 2
    gone = cloud(simulator).regions[0]
    cloud(simulator).regions.remove(gone)
    simulator.faults["datenfab"].always(Fault("status", status=404), match=f"/clusters/{gone.cluster}/")
    left = await listed(client, INSTANCES)
    assert (bool(left), any(key.startswith(f"{gone.cluster}/") for key in left), asked()) == (True, False, 3)


async def test_the_instances_of_all_clusters_are_listed(client: Datenfab, simulator: Simulator) -> None:
    found = await listed(client, INSTANCES)
    there = {f"{one.sku.region.cluster}/{one.name}": one for one in cloud(simulator).instances.values()}
    assert found.keys() == there.keys()
    for key, one in there.items():
        row = found[key]
        assert (row.name, row.state) == (one.title, one.status)
        gpu = row.cells[3]
        assert (gpu.text, gpu.value) == (f"{one.sku.gpus}×{one.sku.gpu}", one.sku.gpus)
        target = INSTANCES.ssh(row.item) if INSTANCES.ssh else ""
        if one.status == "Running":
            assert target == SshTarget(one.host, one.port, "root", Secret(one.password))
        else:
            assert one.status in str(target)
    clusters = [region.cluster for region in cloud(simulator).regions]
    base = "/mdc/api/v1"
    assert {seen.target for seen in simulator.logs["datenfab"].seen} == {
        f"{base}/regions",
        *(f"{base}/clusters/{cluster}/instances" for cluster in clusters),
    }


async def test_skus_are_listed_for_every_region(client: Datenfab, simulator: Simulator) -> None:
    found = await listed(client, SKUS)
    assert len(found) == len(cloud(simulator).skus)
    regions = {region.id for region in cloud(simulator).regions}
    asked = {seen.target for seen in simulator.logs["datenfab"].seen if "skus" in seen.target}
    assert asked == {f"/mdc/api/v1/skus/computings?region_id={region}" for region in regions}
    discounts = {row.name: row.item.discount for row in found.values()}
    assert discounts["H20"] == 0.48
    assert discounts["4090"] is None


async def test_clusters_lead_to_their_instances(client: Datenfab, simulator: Simulator) -> None:
    clusters = await listed(client, CLUSTERS)
    instances = await listed(client, INSTANCES)
    assert {row.name for row in clusters.values()} == {region.title for region in cloud(simulator).regions}
    child = CLUSTERS.children[0]
    counts = [sum(child.match(row.item, one.item) for one in instances.values()) for row in clusters.values()]
    assert sum(counts) == len(instances)
    assert all(counts)


async def test_one_instance_is_read_anew(client: Datenfab) -> None:
    one = await instance(client, "Running")
    assert INSTANCES.show is not None
    raw = await INSTANCES.show(client, one)
    assert isinstance(raw, dict)
    assert raw["name"] == one.body.name


async def test_a_cut_list_says_so(client: Datenfab, simulator: Simulator) -> None:
    cloud(simulator).shown = 3
    gaps = (await client.instances()).missing
    assert {gap.part for gap in gaps} == {f"region {region.title}" for region in cloud(simulator).regions}
    assert {gap.listed for gap in gaps} == {3}


@pytest.mark.parametrize("wrong", [{"token": "nope"}, {"namespace": "someone-else"}])
async def test_wrong_credentials_are_said(simulator: Simulator, wrong: dict[str, str]) -> None:
    client = Datenfab(settings(simulator, **wrong))
    with pytest.raises(Failed) as failed:
        await client.instances()
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert len(simulator.logs["datenfab"].seen) == 1
    await client.aclose()


async def test_a_cluster_that_cannot_be_read_costs_itself_only(client: Datenfab, simulator: Simulator) -> None:
    simulator.faults["datenfab"].always(Fault("status", status=403), match="east-cluster")
    listing = await client.instances()
    there = {one.name for one in cloud(simulator).instances.values() if one.sku.region.cluster != "east-cluster"}
    assert {item.value.body.name for item in listing.items} == there
    (east,) = (region.title for region in cloud(simulator).regions if region.cluster == "east-cluster")
    assert listing.notice.startswith(f"not complete: region {east}: not allowed: HTTP 403")
    simulator.faults["datenfab"].always(Fault("status", status=403), match="/instances")
    with pytest.raises(Failed) as failed:
        await client.instances()
    assert failed.value.problem.cause is Cause.FORBIDDEN


async def test_a_region_whose_prices_cannot_be_read_costs_itself_only(client: Datenfab, simulator: Simulator) -> None:
    first, *others = cloud(simulator).regions
    simulator.faults["datenfab"].always(Fault("garbage"), match=f"region_id={first.id}")
    listing = await client.offers()
    assert {item.value.region_id for item in listing.items} == {region.id for region in others}
    assert f"not complete: region {first.title}: bad reply" in listing.notice


async def test_a_region_without_a_plain_cluster_name_costs_itself_only(client: Datenfab, simulator: Simulator) -> None:
    regions = [{"id": "1", "clusterName": "a/../b"}, {"id": "2", "clusterName": "host-cluster"}]
    body = json.dumps(regions).encode()
    simulator.faults["datenfab"].always(Fault("status", status=200, body=body), match="/regions")
    listing = await client.instances()
    assert {item.value.cluster for item in listing.items} == {"host-cluster"}
    assert "not complete: region a/../b: bad input" in listing.notice


async def test_a_throttled_account_is_told_as_a_whole(client: Datenfab, simulator: Simulator) -> None:
    """Else nobody would wait as long as the cloud asks for."""
    simulator.faults["datenfab"].always(Fault("status", status=429), match="east-cluster")
    with pytest.raises(Failed) as failed:
        await client.instances()
    assert failed.value.problem.cause is Cause.THROTTLED


async def test_no_password_is_shown_in_details_or_raw(client: Datenfab, simulator: Simulator) -> None:
    listing = await client.instances()
    running = next(item for item in listing.items if item.value.body.servers)
    one = next(one for one in cloud(simulator).instances.values() if one.name == running.value.body.name)
    assert INSTANCES.show is not None
    for raw in (raw_json(running.raw), await INSTANCES.show(client, running.value)):
        token = re.findall(r"token=([0-9a-f]+)", json.dumps(raw))
        assert token == []
        shown = json.dumps(masked(raw, INSTANCES.secrets))
        assert one.password not in shown
        assert "sshPassword" in shown


async def test_garbage_is_no_empty_list(client: Datenfab, simulator: Simulator) -> None:
    simulator.faults["datenfab"].always(Fault("garbage"))
    with pytest.raises(Failed) as failed:
        await client.instances()
    assert failed.value.problem.cause is Cause.REPLY


async def follow(client: Datenfab, simulator: Simulator, action: Action[Instance], one: Instance) -> list[Progress]:
    """Send the action's request and read its progress, the clock moving a second at a time."""
    assert action.blocked_reason(one) is None
    outcome = await client.change(action.request([one], {}))
    assert (outcome.send_status, outcome.body) == (SendStatus.ACCEPTED, "ok")
    seen: list[Progress] = []
    while not seen or seen[-1] not in (Progress.DONE, Progress.CONTRADICTED):
        assert len(seen) < 30
        seen.append(action.progress(await read_again(client, one), {}))
        assert isinstance(simulator.clock, ManualClock)
        simulator.clock.advance(1)
    return list(dict.fromkeys(seen))


@pytest.mark.parametrize(
    ("name", "status", "line", "body"),
    [
        (
            "stop",
            "Running",
            "POST /mdc/api/v1/clusters/{c}/instances/{n}/power_off",
            {"gracePeriodSeconds": 10, "needSnapshot": False},
        ),
        ("start", "Shutdown", "POST /mdc/api/v1/clusters/{c}/instances/{n}/power_on", None),
        ("delete", "Shutdown", "DELETE /mdc/api/v1/clusters/{c}/instances?name={n}", None),
    ],
)
async def test_an_action_is_sent_as_documented_and_followed_to_its_end(
    client: Datenfab, simulator: Simulator, name: str, status: str, line: str, body: object
) -> None:
    action = next(action for action in INSTANCES.actions if action.name == name)
    one = await instance(client, status)
    assert await follow(client, simulator, action, one) == [Progress.GOING, Progress.DONE]
    (sent,) = simulator.logs["datenfab"].changes()
    assert f"{sent.method} {sent.target}" == line.format(c=one.cluster, n=one.body.name)
    assert (json.loads(sent.body) if sent.body else None) == body


async def test_a_state_that_changed_meanwhile_is_refused_by_the_cloud(client: Datenfab) -> None:
    delete = next(action for action in INSTANCES.actions if action.name == "delete")
    outcome = await client.change(delete.request([await instance(client, "Running")], {}))
    assert (outcome.send_status, outcome.status) == (SendStatus.REFUSED, 409)


async def test_read_only_lets_no_change_out(simulator: Simulator) -> None:
    client = Datenfab(settings(simulator, read_only=True))
    one = await instance(client, "Running")
    stop = next(action for action in INSTANCES.actions if action.name == "stop")
    outcome = await client.change(stop.request([one], {}))
    assert outcome.send_status is SendStatus.NOT_SENT
    assert simulator.logs["datenfab"].changes() == []
    await client.aclose()
