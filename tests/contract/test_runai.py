"""The Run:ai provider against the embedded cloud, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings, View
from gputui.core.reading import rows
from gputui.core.secret import Secret
from gputui.providers.runai import workloads
from gputui.providers.runai.client import RunAI
from gputui.providers.runai.views import CLUSTERS, INFERENCES, NODES, PODS, POOLS, PROJECTS, PROVIDER
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.serve import Simulator

NOON = 1_770_000_000.0
TOKEN = "POST /api/v1/token"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(only=["runai"], calm=True, clock=ManualClock(NOON)) as served:
        yield served


def cloud(simulator: Simulator) -> Any:
    return simulator.world.clouds["runai"]


def client_of(simulator: Simulator, **changes: Any) -> RunAI:
    profile: dict[str, Any] = cloud(simulator).profile(simulator.urls["runai"])
    values = {setting.name: profile.get(setting.name, setting.default) for setting in PROVIDER.settings} | changes
    settings = Settings("runai", {**values, "client_secret": Secret(values["client_secret"])})
    return RunAI(settings, now=simulator.clock.now)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[RunAI]:
    made = client_of(simulator)
    yield made
    await made.aclose()


async def listed(client: RunAI, view: View[RunAI, Any]) -> dict[str, Any]:
    listing = await view.fetch(client)
    found, duplicates = rows(view, "p", listing)
    assert (duplicates, listing.unreadable, listing.notice) == (0, (), "")
    return {ref.id: row for ref, row in found.items()}


def lines(simulator: Simulator) -> list[str]:
    return [f"{seen.method} {unquote(seen.target)}" for seen in simulator.logs["runai"].seen]


def inferences(simulator: Simulator) -> dict[str, Any]:
    return {one.id: one for one in cloud(simulator).living() if one.kind == "Inference"}


async def test_all_inferences_are_listed_and_nothing_else(client: RunAI, simulator: Simulator) -> None:
    found = await listed(client, INFERENCES)
    there = inferences(simulator)
    assert found.keys() == there.keys()
    for key, one in there.items():
        row = found[key]
        assert (row.name, row.state, row.item.cluster) == (one.name, one.phase, one.project.cluster.name)
        assert row.cells[4].value == len(one.running)
    assert "GET /api/v1/workloads?filterBy=type==Inference&offset=0&limit=500" in lines(simulator)


async def test_pages_are_followed_by_next(client: RunAI, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "PAGE", 10)
    assert (await listed(client, INFERENCES)).keys() == inferences(simulator).keys()
    pages = [line for line in lines(simulator) if "/workloads?" in line]
    assert [page.rpartition("offset=")[2] for page in pages] == [
        f"{offset}&limit=10" for offset in range(0, len(inferences(simulator)), 10)
    ]


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ([(13, None)], ["0"]),
        # Nodes and node pools never name a next page: twenty may be all that the server gives at once.
        ([(20, None), (20, None), (3, None)], ["0", "20", "40"]),
        ([(20, None), (0, None)], ["0", "20"]),
        ([(20, "20"), (20, None)], ["0", "20"]),
        ([(20, 30), (4, None)], ["0", "30"]),
    ],
)
async def test_a_list_is_read_to_its_end(
    client: RunAI, simulator: Simulator, pages: list[tuple[int, Any]], asked: list[str]
) -> None:
    first = 0
    for count, following in pages:
        nodes = [{"name": f"n{number}", "status": "Ready"} for number in range(first, first + count)]
        first += count
        body = {"nodes": nodes} if following is None else {"nodes": nodes, "next": following}
        answer = Fault("status", status=200, body=json.dumps(body).encode())
        simulator.faults["runai"].next(answer, match="/api/v1/nodes")
    listing = await client.nodes()
    assert (len(listing.items), listing.notice) == (first, "")
    offsets = [line.partition("offset=")[2].partition("&")[0] for line in lines(simulator) if "/nodes?" in line]
    assert offsets == asked


async def test_a_filter_that_the_server_refuses_is_left_out(client: RunAI, simulator: Simulator) -> None:
    simulator.faults["runai"].always(Fault("status", status=400), match="filterBy")
    assert (await listed(client, INFERENCES)).keys() == inferences(simulator).keys()
    simulator.logs["runai"].clear()
    assert (await listed(client, INFERENCES)).keys() == inferences(simulator).keys()
    assert lines(simulator) == ["GET /api/v1/workloads?offset=0&limit=500"]


async def test_a_filter_that_finds_none_is_checked_only_now_and_then(client: RunAI, simulator: Simulator) -> None:
    for one in inferences(simulator).values():
        one.kind = "Training"
    assert await listed(client, INFERENCES) == {}
    assert await listed(client, INFERENCES) == {}
    asked = [line for line in lines(simulator) if "/workloads?" in line]
    assert [("filterBy" in line) for line in asked] == [True, False, True]


async def test_pods_of_inferences_are_listed(client: RunAI, simulator: Simulator) -> None:
    found = await listed(client, PODS)
    there = {pod.id: (pod, one) for one in inferences(simulator).values() for pod in one.pods}
    assert found.keys() == there.keys()
    for key, (pod, one) in there.items():
        assert (found[key].name, found[key].state) == (pod.name, pod.phase)
        assert found[key].cells[4].text == one.name
    assert any(one.pods for one in cloud(simulator).living() if one.kind != "Inference")


@pytest.mark.parametrize(
    ("version", "nodes", "pools"),
    [
        ("2.18", "/api/v1/clusters/", "/v1/k8s/clusters/"),
        ("2.20", "/api/v1/clusters/", "/api/v1/node-pools"),
        ("2.23", "/api/v1/nodes", "/api/v1/node-pools"),
    ],
)
async def test_nodes_and_pools_are_found_where_the_version_keeps_them(
    client: RunAI, simulator: Simulator, version: str, nodes: str, pools: str
) -> None:
    cloud(simulator).version = version
    for _ in range(2):
        simulator.logs["runai"].clear()
        found = await listed(client, NODES)
        assert found.keys() == {node.id for node in cloud(simulator).nodes}
        assert {row.item.cluster for row in found.values()} == {one.name for one in cloud(simulator).clusters}
        found = await listed(client, POOLS)
        assert found.keys() == {pool.id for pool in cloud(simulator).pools}
    assert {seen.status for seen in simulator.logs["runai"].seen} == {200}, "what worked is asked at once"
    assert any(f"GET {nodes}" in line for line in lines(simulator))
    assert any(f"GET {pools}" in line for line in lines(simulator))


async def test_fifty_nodes_of_a_cluster_may_be_a_cut_list(client: RunAI, simulator: Simulator) -> None:
    (first, *_), nodes = cloud(simulator).clusters, cloud(simulator).nodes
    here = [node for node in nodes if node.pool.cluster is first]
    nodes += [replace(here[0], id=f"node-{number}") for number in range(50 - len(here))]
    assert (await listed(client, NODES)).keys() == {node.id for node in nodes}
    asked = [line for line in lines(simulator) if f"/clusters/{first.id}/nodes" in line]
    assert [line.rpartition("/nodes")[2] for line in asked] == ["", "?offset=0&limit=500", "?offset=50&limit=500"]


async def test_an_upgraded_control_plane_is_noticed(client: RunAI, simulator: Simulator) -> None:
    cloud(simulator).version = "2.24"
    await listed(client, NODES)
    cloud(simulator).version = "2.20"
    with pytest.raises(Failed):
        await client.nodes()
    assert await listed(client, NODES)


async def test_clusters_and_projects_are_listed(client: RunAI, simulator: Simulator) -> None:
    clusters, projects = await listed(client, CLUSTERS), await listed(client, PROJECTS)
    assert {row.name: row.state for row in clusters.values()} == {
        one.name: one.state for one in cloud(simulator).clusters
    }
    assert {key: row.name for key, row in projects.items()} == {one.id: one.name for one in cloud(simulator).projects}
    assert {row.item.cluster for row in projects.values()} <= {row.name for row in clusters.values()}


async def test_drill_down_divides_the_children_among_the_parents(client: RunAI) -> None:
    every = {view.name: await listed(client, view) for view in PROVIDER.views}
    for parent, child in (
        ("projects", "inferences"),
        ("pools", "nodes"),
        ("clusters", "nodes"),
        ("inferences", "pods"),
    ):
        view = PROVIDER.view(parent)
        assert view is not None
        (children,) = [found for found in view.children if found.view == child]
        matches = [
            sum(children.match(row.item, one.item) for row in every[parent].values()) for one in every[child].values()
        ]
        assert matches
        assert set(matches) == {1}, (parent, child)


async def test_things_are_shown_anew(client: RunAI, simulator: Simulator) -> None:
    for view, key in ((INFERENCES, "workloadId"), (CLUSTERS, "uuid"), (PROJECTS, "id")):
        found = await listed(client, view)
        name, row = next(iter(found.items()))
        assert view.show is not None
        raw = await view.show(client, row.item)
        assert isinstance(raw, dict)
        assert raw[key] == name
    assert any(line.startswith("GET /api/v1/workloads/inferences/") for line in lines(simulator))


@pytest.mark.parametrize(
    ("grant", "version", "target"),
    [
        ("app_token", "2.18", "/api/v1/token"),
        ("client_credentials", "2.20", "/api/v1/token"),
        ("v2", "2.24", "/api/v2/token"),
    ],
)
async def test_every_grant_gets_a_token(simulator: Simulator, grant: str, version: str, target: str) -> None:
    cloud(simulator).version = version
    client = client_of(simulator, grant=grant)
    await client.clusters()
    assert [seen.target for seen in simulator.logs["runai"].seen] == [target, "/api/v1/clusters"]
    await client.aclose()


@pytest.mark.parametrize("grant", ["app_token", "client_credentials", "v2"])
async def test_a_wrong_secret_is_said(simulator: Simulator, grant: str) -> None:
    cloud(simulator).version = "2.24"
    client = client_of(simulator, client_secret="nope", grant=grant)
    with pytest.raises(Failed) as failed:
        await client.clusters()
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert all("/token" in seen.target for seen in simulator.logs["runai"].seen)
    await client.aclose()


async def test_a_grant_that_the_version_lacks_says_where_to_look(simulator: Simulator) -> None:
    client = client_of(simulator, grant="v2")
    with pytest.raises(Failed) as failed:
        await client.clusters()
    assert failed.value.problem.cause is Cause.MISSING
    assert "grant" in failed.value.problem.remedy
    await client.aclose()


async def test_all_views_at_once_share_one_token(client: RunAI, simulator: Simulator) -> None:
    await asyncio.gather(*(view.fetch(client) for view in PROVIDER.views))
    assert [line for line in lines(simulator) if "token" in line] == [TOKEN]
    (bought,) = [seen for seen in simulator.logs["runai"].seen if "token" in seen.target]
    assert json.loads(bought.body).keys() == {"grantType", "AppId", "AppSecret"}


@pytest.mark.parametrize("opaque", [False, True])
async def test_a_token_is_renewed_before_it_ends(client: RunAI, simulator: Simulator, opaque: bool) -> None:
    cloud(simulator).tokens.opaque = opaque
    cloud(simulator).sends_expires_in = opaque
    assert isinstance(simulator.clock, ManualClock)
    for seconds, calls in ((0, 1), (539, 1), (2, 2)):
        simulator.clock.advance(seconds)
        await client.clusters()
        assert lines(simulator).count(TOKEN) == calls
    assert {seen.status for seen in simulator.logs["runai"].seen} == {200}


async def test_a_revoked_token_is_replaced_once_for_all(client: RunAI, simulator: Simulator) -> None:
    await client.clusters()
    cloud(simulator).tokens.revoke_all()
    await asyncio.gather(*(client.clusters() for _ in range(4)))
    assert lines(simulator).count(TOKEN) == 2


async def test_a_token_that_is_never_good_ends_in_words(client: RunAI, simulator: Simulator) -> None:
    simulator.faults["runai"].always(Fault("status", status=401), match="/clusters")
    with pytest.raises(Failed) as failed:
        await client.clusters()
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert lines(simulator) == [TOKEN, "GET /api/v1/clusters", TOKEN, "GET /api/v1/clusters"]


async def test_names_of_clusters_are_not_worth_failing_for(client: RunAI, simulator: Simulator) -> None:
    simulator.faults["runai"].always(Fault("status", status=403), match="/clusters")
    found = await listed(client, INFERENCES)
    assert {row.item.cluster for row in found.values()} == {
        one.project.cluster.id for one in inferences(simulator).values()
    }


async def test_a_cluster_that_cannot_be_read_costs_itself_only(client: RunAI, simulator: Simulator) -> None:
    cloud(simulator).version = "2.18"
    first, *others = cloud(simulator).clusters
    simulator.faults["runai"].always(Fault("status", status=403), match=f"clusters/{first.id}/")
    for listing in (await client.nodes(), await client.pools()):
        assert {item.value.cluster for item in listing.items} == {cluster.name for cluster in others}
        assert listing.notice.startswith(f"not complete: cluster {first.name}: not allowed: HTTP 403")


async def test_pods_are_listed_where_inferences_cannot_be(client: RunAI, simulator: Simulator) -> None:
    simulator.faults["runai"].always(Fault("status", status=403), match="/workloads?")
    listing = await client.pods()
    assert listing.items
    assert listing.notice.startswith("not complete: which are of inferences: not allowed")


@pytest.mark.parametrize("page", [b"<html>ingress</html>", b"404 page not found", b""])
async def test_what_a_version_lacks_is_found_whoever_says_so(client: RunAI, simulator: Simulator, page: bytes) -> None:
    cloud(simulator).version = "2.18"
    simulator.faults["runai"].always(Fault("status", status=404, body=page), match="/api/v1/node")
    assert (await listed(client, NODES)).keys() == {node.id for node in cloud(simulator).nodes}
    assert (await listed(client, POOLS)).keys() == {pool.id for pool in cloud(simulator).pools}


async def test_secret_variables_of_an_inference_are_never_shown(client: RunAI, simulator: Simulator) -> None:
    row = next(iter((await listed(client, INFERENCES)).values()))
    spec = {
        "image": "vllm",
        "args": "--model meta --api-key sk-hidden-1 --max-tokens 64",
        "environmentVariables": [
            {"name": "HF_TOKEN", "value": "sk-hidden-2"},
            {"name": "DB_PASSWORD", "secret": {"name": "postgres", "key": "PASSWORD"}},
            {"name": "DB_URL", "value": "postgres://user:sk-hidden-3@db/x"},
            {"name": "MAX_TOKENS", "value": "4096"},
        ],
    }
    body = json.dumps({"name": row.name, "workloadId": row.ref.id, "projectId": 1, "spec": spec}).encode()
    simulator.faults["runai"].always(Fault("status", status=200, body=body), match="/inferences/")
    assert INFERENCES.show is not None
    shown = json.dumps(await INFERENCES.show(client, row.item))
    assert "sk-hidden" not in shown
    for kept in ("HF_TOKEN", "4096", "postgres://***@db/x", "--max-tokens 64", "--model meta"):
        assert kept in shown


async def test_the_secret_of_a_v2_token_call_is_not_in_its_problem(simulator: Simulator) -> None:
    cloud(simulator).version = "2.24"
    client = client_of(simulator, grant="v2", client_secret="s3cr3t-of-mine")
    echo = b'{"error": "invalid_client", "error_description": "no client has s3cr3t-of-mine"}'
    simulator.faults["runai"].always(Fault("status", status=401, body=echo))
    with pytest.raises(Failed) as failed:
        await client.clusters()
    assert "no client has ***" in failed.value.problem.text
    await client.aclose()


async def test_garbage_is_no_empty_list(client: RunAI, simulator: Simulator) -> None:
    await client.clusters()
    simulator.faults["runai"].always(Fault("garbage"))
    for view in PROVIDER.views:
        with pytest.raises(Failed) as failed:
            await view.fetch(client)
        assert failed.value.problem.cause is Cause.REPLY
