"""Whatever the forms for Datenfab's instances let through, the embedded cloud takes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gputui.core.provider import Settings
from gputui.core.secret import Secret
from gputui.providers.datenfab.actions import ACTIONS
from gputui.providers.datenfab.client import Datenfab, Instance
from gputui.providers.datenfab.create import NEW_INSTANCE
from gputui.providers.datenfab.rules import UNITS
from gputui.providers.datenfab.wire import InstanceBody
from gputui.sim.clock import ManualClock
from gputui.sim.datenfab.api import _end_asked_for
from gputui.sim.datenfab.order import object_of, order_of
from gputui.sim.serve import Simulator

STOP = next(action for action in ACTIONS if action.name == "stop")
ENOUGH = 10


def _complains(action: Any, inputs: dict[str, Any]) -> bool:
    """Whether the form does; else `inputs` are left as it would give them."""
    for field in action.fields:
        if field.when is not None and not field.when(inputs):
            inputs.pop(field.name, None)
        elif not (text := inputs.get(field.name, "")):
            inputs.pop(field.name, None)
            if field.required and field.kind != "flag":
                return True
        elif field.check is not None and field.check(text) is not None:
            return True
        elif field.kind == "int":
            inputs[field.name] = int(text)
    return bool(action.check(inputs))


async def _orders(simulator: Simulator) -> list[dict[str, str]]:
    """All that can be chosen live: region, specification, way to pay, namespace."""
    profile: dict[str, Any] = simulator.world.clouds["datenfab"].profile(simulator.urls["datenfab"])
    client = Datenfab(Settings("datenfab", profile | {"token": Secret(profile["token"])}), now=simulator.clock.now)
    fields = {field.name: field.choices for field in NEW_INSTANCE.fields}

    async def deeper(inputs: dict[str, str], names: tuple[str, ...]) -> list[dict[str, str]]:
        if not names:
            return [inputs]
        read = fields[names[0]]
        assert read is not None
        offered = await read(client, None, inputs)
        found = [
            await deeper({**inputs, names[0]: choice.value}, names[1:]) for choice in (*offered[:2], *offered[-3:])
        ]
        return [one for some in found for one in some]

    try:
        return await deeper({}, ("region", "sku", "cost_type", "namespace"))
    finally:
        await client.aclose()


@st.composite
def filled_in(draw: st.DrawFn, orders: list[dict[str, str]]) -> dict[str, Any]:
    """What a person types over live choices: about as the rules say, but for a field or two."""
    order = draw(st.sampled_from(orders))
    unit = UNITS.get(order["cost_type"], "D")
    right: dict[str, st.SearchStrategy[str]] = {
        "duration": st.integers(1, 20_000).map(lambda number: f"{number}{unit}"),
        "coupon": st.sampled_from(["", "c42"]),
        "name": st.text(min_size=1, max_size=64).map(str.strip),
        "image": st.just("images.neolink-ai.com/matrixdc/pytorch:2.3.0"),
        "disk_sku": st.just("1"),
        "path": st.text("/ab.-_", min_size=2, max_size=9).map(lambda text: f"/{text}"),
        "size": st.integers(1, 500).map(str),
    }
    odd = {
        "duration": st.tuples(st.integers(-1, 2000), st.sampled_from(["D", "M", "Y", ""])).map(
            lambda two: "".join(map(str, two))
        ),
        "size": st.sampled_from(["0", "-1", "1.5", "100001"]),
        "disk_sku": st.just("2"),
    }
    strange = draw(st.sets(st.sampled_from(sorted(right)), max_size=2))
    return order | {
        name: draw(odd.get(name, st.text(max_size=20)) if name in strange else right[name]) for name in right
    }


def test_no_order_that_the_form_lets_through_is_invalid_to_the_cloud() -> None:
    passed: list[str] = []
    with Simulator(only=["datenfab"], calm=True, clock=ManualClock(1_770_000_000.0)) as simulator:
        cloud: Any = simulator.world.clouds["datenfab"]
        orders = asyncio.run(_orders(simulator))
        assert {order["cost_type"] for order in orders} >= {"1", "2", "4"}

        @settings(max_examples=150, deadline=None, database=None)
        @given(filled_in(orders))
        def holds(inputs: dict[str, Any]) -> None:
            if _complains(NEW_INSTANCE, inputs):
                return
            request = NEW_INSTANCE.request([], inputs)
            made = cloud.create(request.path.split("/")[2], order_of(json.dumps(request.body).encode()))
            assert (made.title, made.sku.selling_type) == (inputs["name"], inputs["cost_type"])
            made.sku.left += made.sku.gpus  # else the next one might find it sold out, which is no matter of forms
            del cloud.instances[made.name]
            passed.append(made.sku.selling_type)

        holds()
    assert len(passed) >= ENOUGH
    assert set(passed) >= {"1", "2", "4"}


@settings(deadline=None, database=None)
@given(
    st.fixed_dictionaries(
        {
            "gracePeriodSeconds": st.integers(-5, 3700).map(str),
            "needSnapshot": st.booleans(),
            "imageName": st.one_of(st.just("mine"), st.text("aB-9._", max_size=9)),
            "tag": st.one_of(st.just("v1.1.0"), st.text("aB-9._:", max_size=9)),
        }
    )
)
def test_no_end_that_the_form_lets_through_is_invalid_to_the_cloud(inputs: dict[str, Any]) -> None:
    if _complains(STOP, inputs):
        return
    one = Instance(InstanceBody(name="instance-1", status="Running"), "host-cluster", "")
    grace, image = _end_asked_for(object_of(json.dumps(STOP.request([one], inputs).body).encode()))
    assert grace == inputs.get("gracePeriodSeconds", 10)
    assert image == (f"{inputs['imageName']}:{inputs.get('tag', 'latest')}" if inputs.get("needSnapshot") else "")
