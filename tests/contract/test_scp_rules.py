"""Whatever the form for new GPU nodes lets through, the embedded cloud takes."""

from __future__ import annotations

import asyncio
import copy
import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gputui.core.actions import Choice
from gputui.core.provider import Settings
from gputui.core.secret import Secret
from gputui.providers.scp.choices import NEW, SubnetChoice
from gputui.providers.scp.client import ScpClient
from gputui.providers.scp.create import CREATE
from gputui.sim.clock import ManualClock
from gputui.sim.scp.bodies import Fields
from gputui.sim.scp.creation import create
from gputui.sim.scp.errors import Refused
from gputui.sim.scp.order import order_of
from gputui.sim.scp.seeding import Account
from gputui.sim.scp.state import Scp
from gputui.sim.serve import Simulator

LIVE = ("region_id", "vpc_id", "subnet_id", "node_pool_id", "fabric", "image_id", "server_type_id")
FIELDS = {field.name: field for field in CREATE.fields}
ENOUGH = 10


async def _branches(client: ScpClient, inputs: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """All that can be chosen live, one choice after the other, with the public addresses offered at its end."""
    read = FIELDS[names[0] if names else "public_ips"].choices
    assert read is not None
    offered = await read(client, None, inputs)
    if not names:
        return [{**inputs, "public_ips": tuple(choice.value for choice in offered)}]
    deeper = [await _branches(client, {**inputs, names[0]: choice.value}, names[1:]) for choice in _few(offered)]
    return [branch for some in deeper for branch in some]


def _few(offered: Any) -> list[Choice]:
    return list(offered)[:3]


def _settings(simulator: Simulator) -> Settings:
    profiles = simulator.config()["profiles"]
    assert isinstance(profiles, dict)
    values = dict(profiles["samsung"])
    return Settings("samsung", values | {key: Secret(values[key]) for key in ("access_key", "secret_key")})


def _as_it_was(cloud: Scp) -> Account:
    """The account, for one order: making nodes adds to it and gives public addresses away."""
    return Account(dict(cloud.nodes), dict(cloud.fabrics), {id: copy.copy(ip) for id, ip in cloud.ips.items()})


def _like(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(rf"\A{pattern}\Z")


def _address(place: SubnetChoice) -> st.SearchStrategy[str]:
    return st.integers(0, 255).map(lambda last: f"{place.cidr.rsplit('.', 1)[0]}.{last}")


@st.composite
def filled_in(draw: st.DrawFn, branches: list[dict[str, Any]]) -> dict[str, Any]:
    """What a person types over a branch of live choices: about as the rules say, but for a field or two."""
    inputs = dict(draw(st.sampled_from(branches)))
    free = inputs.pop("public_ips")
    place = SubnetChoice.of(inputs["subnet_id"])
    right: dict[str, st.SearchStrategy[Any]] = {
        "count": st.integers(1, 5).map(str),
        "prefix": _like("[a-z][a-z0-9-]{1,19}[a-z0-9]"),
        "fabric_name": _like("[a-zA-Z][a-zA-Z0-9-]{1,14}[a-zA-Z0-9]"),
        "ip_addresses": st.lists(_address(place), max_size=2, unique=True).map(tuple),
        "public_ips": st.integers(0, 2).map(lambda most: tuple(free[:most])),
        "os_user_password": _like("aA1[@$!%*#&][A-Za-z0-9@$!%*#&]{4,17}"),
        "init_script": st.lists(st.text(max_size=20), max_size=2).map(tuple),
        "tags": st.dictionaries(st.text(min_size=1, max_size=129), st.text(max_size=20), max_size=2).map(
            lambda tags: tuple(tags.items())
        ),
    }
    odd: dict[str, st.SearchStrategy[Any]] = {
        "count": st.text(max_size=2),
        "prefix": st.text("aB-9", max_size=22),
        "fabric_name": st.text("aB-9_", max_size=17),
        "ip_addresses": st.lists(st.one_of(_address(place), st.ip_addresses().map(str), st.text()), max_size=6).map(
            tuple
        ),
        "public_ips": st.just(tuple(free)),
        "os_user_password": st.text("aB1!^", max_size=22),
        "init_script": st.just(("#" * 9000,) * 2),
        "tags": st.just((("key", "v" * 257),)),
    }
    strange = draw(st.sets(st.sampled_from(sorted(odd)), max_size=1))
    inputs |= {name: draw(odd[name] if name in strange else right[name]) for name in right}
    return inputs | {"first": "900", "password_again": inputs["os_user_password"], "lock_enabled": draw(st.booleans())}


def _passes(inputs: dict[str, Any]) -> bool:
    """Whether the form has no complaint; then `inputs` are typed as it would give them."""
    if inputs["fabric"] != NEW:
        del inputs["fabric_name"]
    for name in inputs:
        check = FIELDS[name].check
        if check is not None and check(inputs[name]) is not None:
            return False
    inputs["count"] = int(inputs["count"])
    for name in ("os_user_password", "password_again"):
        inputs[name] = Secret(inputs[name])
    assert CREATE.check is not None
    return not CREATE.check(inputs)


def test_no_inputs_that_the_form_lets_through_are_invalid_to_the_cloud() -> None:
    with Simulator(only=["scp"], calm=True, clock=ManualClock(1_750_000_000.0)) as simulator:
        cloud = simulator.world["scp"]
        assert isinstance(cloud, Scp)

        async def read() -> list[dict[str, Any]]:
            client = ScpClient(_settings(simulator), now=simulator.clock.now)
            try:
                return await _branches(client, {}, LIVE)
            finally:
                await client.aclose()

        branches = asyncio.run(read())
    assert {branch["fabric"] == NEW for branch in branches} == {True, False}
    passed: list[dict[str, Any]] = []

    @settings(max_examples=200, deadline=None, database=None)
    @given(filled_in(branches))
    def holds(inputs: dict[str, Any]) -> None:
        if not _passes(inputs):
            return
        request = CREATE.request([], inputs)
        body = json.loads(json.dumps(request.body))
        try:
            made = create(_as_it_was(cloud), order_of(Fields(body)), Random(1), 0.0)
        except Refused as refused:
            # No form can foresee what else has a name or an address.
            taken = {node.ip for node in cloud.nodes.values()} & {*inputs["ip_addresses"]}
            assert taken or "name" in refused.details[0], refused.details
        else:
            passed.append(inputs)
            assert CREATE.makes is not None
            assert [node.name for node in made] == CREATE.makes(inputs)

    holds()
    assert len(passed) >= ENOUGH
