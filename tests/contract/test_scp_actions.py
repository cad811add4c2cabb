"""Making GPU nodes and moving them, through forms filled live, to the end and against every refusal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gputui.core.actions import Progress
from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings
from gputui.core.raw import raw_json
from gputui.core.request import Outcome, SendStatus
from gputui.core.secret import Secret
from gputui.engine.journal import described
from gputui.providers.scp.choices import NEW
from gputui.providers.scp.client import ScpClient
from gputui.providers.scp.create import CREATE
from gputui.providers.scp.move import MOVE
from gputui.providers.scp.views import NODES, PROVIDER
from gputui.providers.scp.wire import ScpNode
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.scp.state import Scp
from gputui.sim.serve import VPC, Simulator
from tests.contract.filling import Form, filled

PASSWORD = "Correct1Horse!"
NEW_FABRIC = {
    "fabric_name": "fresh-one",
    "prefix": "fresh",
    "os_user_password": PASSWORD,
    "password_again": PASSWORD,
}


@dataclass(frozen=True)
class Served:
    simulator: Simulator
    cloud: Scp
    clock: ManualClock
    values: dict[str, Any]

    @asynccontextmanager
    async def client(self, *, read_only: bool = False, **changes: Any) -> AsyncIterator[ScpClient]:
        settings = Settings("samsung", {**self.values, **changes}, read_only=read_only)
        client = ScpClient(settings, now=self.clock.now)
        try:
            yield client
        finally:
            await client.aclose()

    def sent(self) -> dict[str, Any]:
        """The body of the one change that came."""
        (asked,) = self.simulator.logs["scp"].changes()
        body = json.loads(asked.body)
        assert isinstance(body, dict)
        return {"": f"{asked.method} {asked.target}", **body}


@pytest.fixture
def served() -> Iterator[Served]:
    clock = ManualClock(1_750_000_000.0)
    with Simulator(only=["scp"], calm=True, clock=clock) as simulator:
        cloud = simulator.world["scp"]
        assert isinstance(cloud, Scp)
        profiles = simulator.config()["profiles"]
        assert isinstance(profiles, dict)
        secret = {setting.name for setting in PROVIDER.settings if setting.kind == "secret"}
        known = {setting.name for setting in PROVIDER.settings}
        table = {key: value for key, value in profiles["samsung"].items() if key in known}
        yield Served(simulator, cloud, clock, {k: Secret(v) if k in secret else v for k, v in table.items()})


@pytest.fixture
async def client(served: Served) -> AsyncIterator[ScpClient]:
    async with served.client() as client:
        yield client


async def named(client: ScpClient, name: str) -> ScpNode:
    return next(item.value for item in (await client.nodes()).items if item.value.gpu_node_name == name)


async def create(client: ScpClient, form: Form) -> Outcome:
    assert form.complaints == {}
    return await client.change(CREATE.request([], form.inputs))


async def made(client: ScpClient, form: Form) -> list[ScpNode]:
    assert CREATE.makes is not None
    return [await named(client, name) for name in CREATE.makes(form.inputs)]


def progress(nodes: list[ScpNode], form: Form) -> set[Progress]:
    assert CREATE.progress is not None
    return {CREATE.progress(node, form.inputs) for node in nodes}


# -- making -----------------------------------------------------------------------------------------------------------


async def test_two_nodes_in_a_new_fabric_are_made_to_the_end(served: Served, client: ScpClient) -> None:
    form = await filled(client, CREATE, None, NEW_FABRIC)
    outcome = await create(client, form)
    assert (outcome.send_status, outcome.status) == (SendStatus.ACCEPTED, 202)
    product, image = form.chosen["server_type_id"][0], form.chosen["image_id"][0]
    server = {"ip_address": None, "nat_enabled": False, "public_ip_address_id": None, "server_type_id": product.value}
    assert served.sent() == {
        "": "POST /v1/gpu-nodes",
        "cluster_fabric_details": {
            "cluster_fabric_id": None,
            "cluster_fabric_name": "fresh-one",
            "node_pool_id": "POOL001-krw1a",
        },
        "image_id": image.value,
        "init_script": None,
        "lock_enabled": False,
        "os_user_id": "root",
        "os_user_password": PASSWORD,
        "region_id": "kr-west1",
        "server_details": [{"gpu_node_name": f"fresh-00{number}", **server} for number in (1, 2)],
        "subnet_id": "ab313c43291e4b678f4bacffe10768ae",
        "tags": [],
        "vpc_id": "e58348b1bc9148e5af86500fd4ef99ca",
    }
    assert progress(await made(client, form), form) == {Progress.GOING}
    served.clock.advance(13)
    assert progress(await made(client, form), form) == {Progress.DONE}
    fabric = next(one.value for one in (await client.fabrics()).items if one.value.cluster_name == "fresh-one")
    assert fabric.size == 2


async def test_everything_that_can_be_asked_for_is_sent(served: Served, client: ScpClient) -> None:
    ips = [ip for ip in served.cloud.ips.values() if ip.state == "RESERVED"][:2]
    typed = {
        **NEW_FABRIC,
        "server_type_id": "g3c128b8_metal",
        "image_id": "Ubuntu 24.04 for BM",
        "count": "3",
        "ip_addresses": ("127.10.1.201", "127.10.1.202"),
        "public_ips": [ip.address for ip in ips],
        "init_script": ("#!/bin/sh", "export TOKEN=abc"),
        "lock_enabled": True,
        "tags": (("team", "llm"), ("empty", "")),
    }
    form = await filled(client, CREATE, None, typed)
    assert (await create(client, form)).send_status is SendStatus.ACCEPTED
    sent = served.sent()
    assert [
        (server["gpu_node_name"], server["ip_address"], server["nat_enabled"], server["public_ip_address_id"])
        for server in sent["server_details"]
    ] == [
        ("fresh-001", "127.10.1.201", True, ips[0].id),
        ("fresh-002", "127.10.1.202", True, ips[1].id),
        ("fresh-003", None, False, None),
    ]
    assert sent["tags"] == [{"key": "team", "value": "llm"}, {"key": "empty", "value": ""}]
    assert (sent["init_script"], sent["lock_enabled"]) == ("#!/bin/sh\nexport TOKEN=abc", True)
    served.clock.advance(13)
    nodes = await made(client, form)
    assert [node.public_ip for node in nodes] == [ips[0].address, ips[1].address, ""]
    assert {(node.locked, node.server_type, node.image_version) for node in nodes} == {
        (True, "g3c128b8_metal", "Ubuntu 24.04 for BM")
    }


async def test_one_node_joins_a_fabric_that_is_there(served: Served, client: ScpClient) -> None:
    """Under the next free name, of the fabric's own server type."""
    typed = {**NEW_FABRIC, "fabric": "cluster002", "prefix": "gpu-node", "count": "1"}
    del typed["fabric_name"]
    form = await filled(client, CREATE, None, typed)
    assert (await create(client, form)).send_status is SendStatus.ACCEPTED
    fabric = next(one for one in served.cloud.fabrics.values() if one.name == "cluster002")
    assert served.sent()["cluster_fabric_details"] == {
        "cluster_fabric_id": fabric.id,
        "cluster_fabric_name": "cluster002",
        "node_pool_id": fabric.pool_id,
    }
    assert [choice.label for choice in form.offered["server_type_id"]] == ["g2c96h8_metal"]
    served.clock.advance(13)
    (node,) = await made(client, form)
    assert (node.gpu_node_name, node.cluster_fabric_name, node.status) == ("gpu-node-065", "cluster002", "RUNNING")


async def test_only_what_can_be_had_is_offered(served: Served, client: ScpClient) -> None:
    form = await filled(client, CREATE, None, {**NEW_FABRIC, "vpc_id": "vpc-lab"})
    told = {name: [choice.label for choice in offered] for name, offered in form.offered.items()}
    assert told == {
        "region_id": ["kr-west1"],
        "vpc_id": ["vpc-train", "vpc-lab"],
        "subnet_id": ["sub-lab"],
        "node_pool_id": ["POOL003-krw1b"],
        "fabric": ["a new fabric", "cluster005", "cluster006"],
        "image_id": ["RHEL 8.8 for BM", "Ubuntu 22.04 for BM", "Ubuntu 24.04 for BM"],
        "server_type_id": ["g2c96h8_metal", "g3c128b8_metal"],
        "first": ["fresh-001 to fresh-002"],
        "public_ips": [],  # vpc-lab has no Internet gateway
    }
    notes = {choice.label: choice.note for offered in form.offered.values() for choice in offered}
    assert notes["g2c96h8_metal"] == "8×H100 · 96 cores · 2048 GB"
    assert notes["sub-lab"] == "127.10.3.0/24 · GENERAL"
    assert notes["cluster006"] == "6 nodes · 8×B300"


async def test_a_server_type_that_is_not_available_is_not_offered(served: Served, client: ScpClient) -> None:
    there = [raw_json(item.raw) for item in (await client.products()).items]
    assert isinstance(there[0], dict)
    body = json.dumps({"products": [{**there[0], "state": "UNAVAILABLE"}, there[1]]}).encode()
    served.simulator.faults["scp"].always(Fault("status", status=200, body=body), match="products")
    form = await filled(client, CREATE, None, NEW_FABRIC)
    assert [choice.label for choice in form.offered["server_type_id"]] == ["g3c128b8_metal"]


async def test_a_fabric_that_is_being_changed_cannot_be_joined(served: Served, client: ScpClient) -> None:
    next(one for one in served.cloud.fabrics.values() if one.name == "cluster001").state = "EDITING"
    form = await filled(client, CREATE, None, NEW_FABRIC)
    assert [choice.label for choice in form.offered["fabric"]] == ["a new fabric", "cluster002"]


async def test_names_in_use_are_not_offered(served: Served, client: ScpClient) -> None:
    for node, name in zip(list(served.cloud.nodes.values())[:3], ("fresh-002", "fresh-003", "fresh-007"), strict=True):
        node.name = name
    form = await filled(client, CREATE, None, NEW_FABRIC)
    assert [choice.label for choice in form.offered["first"]] == ["fresh-004 to fresh-005", "fresh-008 to fresh-009"]


async def test_without_the_vpc_service_the_networks_of_nodes_are_offered(served: Served) -> None:
    """A key without rights in the VPC service can still make nodes beside those that are there."""
    served.simulator.faults[VPC].always(Fault("status", status=403))
    async with served.client() as client:
        fields = {field.name: field for field in CREATE.fields}
        for name, attribute in (("vpc_id", "vpc_id"), ("subnet_id", "network_id")):
            read = fields[name].choices
            assert read is not None
            main = "e58348b1bc9148e5af86500fd4ef99ca"
            nodes = [item.value for item in (await client.nodes()).items]
            there = {getattr(node, attribute) for node in nodes if name == "vpc_id" or node.vpc_id == main}
            found = await read(client, None, {"vpc_id": main})
            assert {choice.value for choice in found} == there
    served.simulator.faults[VPC].always(Fault("status", status=401))
    async with served.client() as client:
        read = fields["vpc_id"].choices
        assert read is not None
        with pytest.raises(Failed):
            await read(client, None, {})


@pytest.mark.parametrize(
    ("field", "changes", "complaint"),
    [
        ("count", {"count": "1"}, "a new fabric begins with 2 nodes at least"),
        ("count", {"count": "6"}, "2 to 5, or 1 more in a fabric that is there"),
        ("count", {"count": "two"}, "2 to 5, or 1 more in a fabric that is there"),
        ("prefix", {"prefix": "Fresh"}, "3 to 20 of a-z, 0-9 and -: a letter first, no - at the end"),
        ("prefix", {"prefix": "a" * 21}, "3 to 20 of a-z, 0-9 and -: a letter first, no - at the end"),
        ("fabric_name", {"fabric_name": "1st"}, "3 to 15 of A-Z, a-z, 0-9 and -: a letter first, no - at the end"),
        ("os_user_password", {"os_user_password": "Short1!"}, "9 to 20 of A-Z, a-z, 0-9 and @$!%*#&"),
        ("os_user_password", {"os_user_password": "Has^Caret123!"}, "9 to 20 of A-Z, a-z, 0-9 and @$!%*#&"),
        ("os_user_password", {"os_user_password": "lowercase"}, "it needs an upper-case letter and a digit and one of"),
        ("password_again", {"password_again": "Correct1Horse?"}, "the two differ"),
        ("ip_addresses", {"ip_addresses": ("127.10.1",)}, "127.10.1 is no IP address"),
        ("ip_addresses", {"ip_addresses": ("127.10.2.9",)}, "127.10.2.9 is not in the subnet 127.10.1.0/24"),
        ("ip_addresses", {"ip_addresses": ("127.10.1.255",)}, "127.10.1.255 is not for nodes: the subnet"),
        ("ip_addresses", {"ip_addresses": ("127.10.1.254",)}, "127.10.1.254 is not for nodes: the subnet"),
        ("ip_addresses", {"ip_addresses": ("127.10.1.9",) * 2}, "one of them is there twice"),
        ("ip_addresses", {"ip_addresses": tuple(f"127.10.1.{n}" for n in (90, 91, 92))}, "3 addresses for 2 nodes"),
        ("public_ips", {"public_ips": ["127.203.113.9", "127.203.113.10", "127.203.113.11"]}, "3 addresses for 2"),
        ("init_script", {"init_script": ("#" * 16385,)}, "16385 characters: 16384 at most"),
        ("tags", {"tags": (("k" * 129, ""),)}, "a key has 1 to 128 characters"),
        ("tags", {"tags": (("k", "v" * 257),)}, "a value has 256 characters at most"),
        ("tags", {"tags": (("k", "1"), ("k", "2"))}, "a key is there twice"),
        ("tags", {"tags": tuple((f"k{n}", "") for n in range(51))}, "51 tags: 50 at most"),
    ],
)
async def test_a_rule_that_is_broken_is_said_beside_its_field(
    client: ScpClient, field: str, changes: dict[str, Any], complaint: str
) -> None:
    form = await filled(client, CREATE, None, {**NEW_FABRIC, **changes})
    assert form.complaints[field].startswith(complaint)


async def test_nothing_is_held_against_a_form_that_is_not_filled_in() -> None:
    assert CREATE.check is not None
    assert CREATE.check({}) == {}
    assert CREATE.check({"fabric": NEW, "os_user_password": Secret("x")}) == {}


async def test_a_refusal_is_told_in_the_cloud_s_words(served: Served, client: ScpClient) -> None:
    typed = {**NEW_FABRIC, "fabric_name": "cluster001"}
    outcome = await create(client, await filled(client, CREATE, None, typed))
    assert outcome.send_status is SendStatus.REFUSED
    assert "The Cluster Fabric name cluster001 is already in use." in str(outcome.problem)
    taken = {**NEW_FABRIC, "ip_addresses": ("127.10.1.1",)}
    outcome = await create(client, await filled(client, CREATE, None, taken))
    assert "The IP address 127.10.1.1 cannot be used" in str(outcome.problem)


async def test_the_password_and_the_script_are_shown_nowhere(served: Served, client: ScpClient) -> None:
    form = await filled(client, CREATE, None, {**NEW_FABRIC, "init_script": ("export TOKEN=abcdef",)})
    request = CREATE.request([], form.inputs)
    shown = json.dumps(described(request))
    assert PASSWORD not in shown
    assert "abcdef" not in shown
    assert PASSWORD not in repr(form.inputs)
    echo = json.dumps({"errors": [{"code": "X", "detail": f"bad {PASSWORD}", "status": 400}]}).encode()
    served.simulator.faults["scp"].next(Fault("status", status=400, body=echo), match="POST")
    outcome = await client.change(request)
    assert PASSWORD not in str(outcome)
    assert "bad ***" in str(outcome.problem)


async def test_an_answer_lost_is_unknown_and_the_nodes_are_found_by_name(served: Served, client: ScpClient) -> None:
    form = await filled(client, CREATE, None, NEW_FABRIC)
    served.simulator.faults["scp"].next(Fault("cut_before"), match="POST")
    assert (await create(client, form)).send_status is SendStatus.UNKNOWN
    assert len(served.simulator.logs["scp"].changes()) == 1
    assert progress(await made(client, form), form) == {Progress.GOING}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("CREATING", Progress.GOING),
        ("RUNNING", Progress.DONE),
        ("STOPPED", Progress.DONE),
        ("ERROR", Progress.CONTRADICTED),
        ("TERMINATING", Progress.CONTRADICTED),
    ],
)
def test_the_end_of_making_is_read_off_the_state(state: str, expected: Progress) -> None:
    assert CREATE.progress is not None
    assert CREATE.progress(ScpNode(id="a", gpu_node_name="a", state=state), {}) is expected


# -- moving -----------------------------------------------------------------------------------------------------------


async def test_nodes_are_moved_in_one_request_to_the_end(served: Served, client: ScpClient) -> None:
    nodes = [await named(client, name) for name in ("gpu-node-003", "gpu-node-012")]
    assert [MOVE.blocked_reason(node) for node in nodes] == [None, None]
    form = await filled(client, MOVE, nodes[0], {})
    assert [(choice.label, choice.note) for choice in form.offered["after_cluster_fabric_id"]] == [
        ("cluster002", "12 nodes · 8×H100")
    ]
    outcome = await client.change(MOVE.request(nodes, form.inputs))
    assert (outcome.send_status, outcome.status) == (SendStatus.ACCEPTED, 202)
    after = form.inputs["after_cluster_fabric_id"]
    assert served.sent() == {
        "": "POST /v1/cluster-fabrics/modify-members",
        "before_cluster_fabric_id": nodes[0].cluster_fabric_id,
        "after_cluster_fabric_id": after,
        "gpu_node_id_list": [node.id for node in nodes],
    }
    assert MOVE.progress is not None
    now = [await named(client, node.gpu_node_name) for node in nodes]
    assert [MOVE.progress(node, form.inputs) for node in now] == [Progress.GOING] * 2
    served.clock.advance(6)
    now = [await named(client, node.gpu_node_name) for node in nodes]
    assert [MOVE.progress(node, form.inputs) for node in now] == [Progress.DONE] * 2
    assert {node.cluster_fabric_name for node in now} == {"cluster002"}
    assert MOVE.progress(None, form.inputs) is Progress.CONTRADICTED


async def test_fabrics_of_another_server_type_are_no_place_to_move_to(client: ScpClient) -> None:
    """cluster003 and cluster004 share a node pool, but one is of H100 and the other of B300."""
    form = await filled(client, MOVE, await named(client, "gpu-node-029"), {})
    assert form.offered["after_cluster_fabric_id"] == []


async def test_members_of_several_fabrics_are_not_moved_together(served: Served, client: ScpClient) -> None:
    nodes = [await named(client, name) for name in ("gpu-node-003", "gpu-node-017")]
    with pytest.raises(Failed) as failed:
        MOVE.request(nodes, {"after_cluster_fabric_id": "x"})
    assert failed.value.problem.cause is Cause.INPUT
    assert "several fabrics (cluster001, cluster002)" in failed.value.problem.text


async def test_a_fabric_that_is_being_changed_keeps_its_members(served: Served, client: ScpClient) -> None:
    next(one for one in served.cloud.fabrics.values() if one.name == "cluster001").state = "EDITING"
    with pytest.raises(Failed) as failed:
        await filled(client, MOVE, await named(client, "gpu-node-003"), {})
    assert "its fabric cluster001 is EDITING" in failed.value.problem.text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "TERMINATING"}, "state is TERMINATING: only a RUNNING or STOPPED node can be changed"),
        ({"state": "EDITING"}, None),
        ({"cluster_fabric_id": None}, "the API names no fabric that it is a member of"),
        ({}, None),
    ],
)
def test_moving_says_why_it_is_off(changes: dict[str, Any], reason: str | None) -> None:
    given = {"id": "a", "gpu_node_name": "a", "state": "RUNNING", "cluster_fabric_id": "f", **changes}
    assert MOVE.blocked_reason(ScpNode(**given)) == reason


async def test_a_move_refused_is_told_in_the_cloud_s_words(served: Served, client: ScpClient) -> None:
    node = await named(client, "gpu-node-003")
    other = next(one.id for one in served.cloud.fabrics.values() if one.name == "cluster003")
    outcome = await client.change(MOVE.request([node], {"after_cluster_fabric_id": other}))
    assert outcome.send_status is SendStatus.REFUSED
    assert "one Node Pool" in str(outcome.problem)


async def test_read_only_lets_neither_out(served: Served) -> None:
    async with served.client(read_only=True) as client:
        form = await filled(client, CREATE, None, NEW_FABRIC)
        node = await named(client, "gpu-node-003")
        move = await filled(client, MOVE, node, {})
        outcomes = [await create(client, form), await client.change(MOVE.request([node], move.inputs))]
    assert [(outcome.send_status, outcome.problem.cause if outcome.problem else None) for outcome in outcomes] == [
        (SendStatus.NOT_SENT, Cause.READ_ONLY)
    ] * 2
    assert served.simulator.logs["scp"].changes() == []


def test_both_stand_in_the_view_of_nodes_under_their_keys() -> None:
    assert {action.key: action.name for action in NODES.actions} == {
        "S": "start",
        "X": "stop",
        "L": "lock",
        "U": "unlock",
        "I": "assign_ip",
        "R": "release_ip",
        "ctrl+d": "delete",
        "M": "move",
        "N": "new",
    }
    assert not {action.name for action in NODES.actions} & set(NODES.absent)
    assert all(action.effect for action in NODES.actions)
