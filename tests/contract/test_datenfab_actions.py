"""Making Datenfab instances and powering them off with all there is to say, through forms filled live."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gputui.core.actions import Action, Progress
from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings
from gputui.core.request import Outcome, SendStatus
from gputui.core.secret import Secret
from gputui.providers.datenfab.actions import ACTIONS
from gputui.providers.datenfab.choices import InstancePlace
from gputui.providers.datenfab.client import Datenfab, Instance, Offer
from gputui.providers.datenfab.create import NEW_INSTANCE, NEW_OF_SKU
from gputui.providers.datenfab.views import INSTANCES, PROVIDER, SKUS
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.serve import Simulator
from tests.contract.filling import Form, filled

IMAGE = "images.neolink-ai.com/matrixdc/pytorch:2.3.0"
NAMED = {"name": "mine", "image": IMAGE}
STOP = next(action for action in ACTIONS if action.name == "stop")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(only=["datenfab"], calm=True, clock=ManualClock(1_770_000_000.0)) as served:
        yield served


def cloud(simulator: Simulator) -> Any:
    return simulator.world.clouds["datenfab"]


def settings(simulator: Simulator, *, read_only: bool = False) -> Settings:
    profile: dict[str, Any] = cloud(simulator).profile(simulator.urls["datenfab"])
    values = {setting.name: profile.get(setting.name, setting.default) for setting in PROVIDER.settings}
    return Settings("datenfab", {**values, "token": Secret(values["token"])}, read_only)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Datenfab]:
    made = Datenfab(settings(simulator), now=simulator.clock.now)
    yield made
    await made.aclose()


async def offer(client: Datenfab, name: str, gpus: int, *, selling: str = "1") -> Offer:
    return next(
        item.value
        for item in (await client.offers()).items
        if (item.value.sku.name, item.value.sku.gpu_counts, item.value.sku.selling_type) == (name, gpus, selling)
    )


async def instance(client: Datenfab, name: str) -> Instance:
    return next(item.value for item in (await client.instances()).items if INSTANCES.label(item.value) == name)


async def running(client: Datenfab) -> Instance:
    return next(item.value for item in (await client.instances()).items if item.value.body.status == "Running")


def sent(simulator: Simulator) -> tuple[str, dict[str, Any]]:
    """The line and the body of the one change that came."""
    (asked,) = simulator.logs["datenfab"].changes()
    body = json.loads(asked.body)
    assert isinstance(body, dict)
    return f"{asked.method} {asked.target.removeprefix('/mdc/api/v1')}", body


async def send(client: Datenfab, action: Action[Any], form: Form, *items: Any) -> Outcome:
    assert form.complaints == {}
    assert [action.blocked_reason(item) for item in items] == [None] * len(items)
    return await client.change(action.request(items, form.inputs))


async def followed(client: Datenfab, simulator: Simulator, action: Action[Any], form: Form) -> list[Progress]:
    """How making goes on, second by second to its end; what is made is found by its name."""
    assert action.makes is not None
    assert action.progress is not None
    (name,) = action.makes(form.inputs)
    clock = simulator.clock
    assert isinstance(clock, ManualClock)
    seen: list[Progress] = []
    while not seen or seen[-1] is Progress.GOING:
        assert len(seen) < 30
        seen.append(action.progress(await instance(client, name), form.inputs))
        clock.advance(1)
    return seen


# -- making -----------------------------------------------------------------------------------------------------------


async def test_an_instance_is_made_to_the_end(client: Datenfab, simulator: Simulator) -> None:
    form = await filled(client, NEW_INSTANCE, None, {**NAMED, "region": "上海二区", "sku": "2×H20"})
    outcome = await send(client, NEW_INSTANCE, form)
    assert outcome.send_status is SendStatus.ACCEPTED
    sku = next(sku for sku in cloud(simulator).skus if (sku.gpu, sku.gpus, sku.region.title) == ("H20", 2, "上海二区"))
    assert sent(simulator) == (
        "POST /clusters/east-cluster/instances",
        {
            "Cost": {"CostType": "1", "CouponID": "", "DiskSKUID": "1", "GPUSKUID": sku.id, "CostTime": ""},
            "VolumeMount": [{"PathInContainer": "/root/data", "Size": 50, "Type": "shared-filesystem"}],
            "namespace": cloud(simulator).namespace,
            "displayName": "mine",
            "image": IMAGE,
            "Region": "上海二区",
        },
    )
    seen = await followed(client, simulator, NEW_INSTANCE, form)
    assert (seen[0], seen[-1]) == (Progress.GOING, Progress.DONE)
    one = await instance(client, "mine")
    assert (one.cluster, one.body.status, one.body.image) == ("east-cluster", "Running", IMAGE)


async def test_everything_that_can_be_asked_for_is_sent(client: Datenfab, simulator: Simulator) -> None:
    typed = {**NAMED, "coupon": "c42", "path": "/data", "size": "200"}
    form = await filled(client, NEW_INSTANCE, None, typed)
    assert (await send(client, NEW_INSTANCE, form)).send_status is SendStatus.ACCEPTED
    _, body = sent(simulator)
    assert body["Cost"]["CouponID"] == "c42"
    assert body["VolumeMount"] == [{"PathInContainer": "/data", "Size": 200, "Type": "shared-filesystem"}]


async def test_one_is_made_of_the_price_list_s_own_entry(client: Datenfab, simulator: Simulator) -> None:
    monthly = await offer(client, "4090", 1, selling="2")
    form = await filled(client, NEW_OF_SKU, monthly, {**NAMED, "duration": "2M"})
    assert [(choice.value, choice.label, choice.note) for choice in form.offered["cost_type"]] == [
        ("2", "monthly", "250 monthly")
    ]
    assert (await send(client, NEW_OF_SKU, form, monthly)).send_status is SendStatus.ACCEPTED
    line, body = sent(simulator)
    assert line == "POST /clusters/host-cluster/instances"
    assert body["Cost"] == {
        "CostType": "2",
        "CouponID": "",
        "DiskSKUID": "1",
        "GPUSKUID": str(monthly.sku.id),
        "CostTime": "2M",
    }
    assert body["Region"] == "北京一区"
    assert (await followed(client, simulator, NEW_OF_SKU, form))[-1] is Progress.DONE
    assert NEW_OF_SKU.makes_in == INSTANCES.name


async def test_what_it_costs_is_told_with_what_is_not_known(client: Datenfab) -> None:
    form = await filled(client, NEW_INSTANCE, None, {**NAMED, "sku": "1×H20"})
    assert NEW_INSTANCE.cost is not None
    told = "Price: 480 ×0.48 hourly (the document names no unit of money)."
    assert NEW_INSTANCE.cost(form.chosen) == told
    assert NEW_INSTANCE.cost({}) == ""


async def test_regions_and_specifications_are_offered_as_they_are(client: Datenfab, simulator: Simulator) -> None:
    form = await filled(client, NEW_INSTANCE, None, NAMED)
    assert [(choice.label, choice.note) for choice in form.offered["region"]] == [
        ("北京一区", "host-cluster"),
        ("上海二区", "east-cluster"),
    ]
    here = [sku for sku in cloud(simulator).skus if sku.region.cluster == "host-cluster" and sku.left >= sku.gpus]
    assert [choice.value for choice in form.offered["sku"]] == [sku.id for sku in here]
    notes = {choice.label: choice.note for choice in form.offered["sku"]}
    left = next(sku.left for sku in here if (sku.gpu, sku.gpus) == ("A100", 4))
    assert notes["4×A100"] == f"price 3600 hourly (unit unknown) · {left} GPUs free · 64 cores · 384 GB"
    assert [choice.value for choice in form.offered["namespace"]] == [cloud(simulator).namespace]


async def test_what_is_sold_out_is_not_offered(client: Datenfab, simulator: Simulator) -> None:
    for sku in cloud(simulator).skus:
        sku.left = 3 if sku.gpu == "H100" else 0
    form = await filled(client, NEW_INSTANCE, None, NAMED)
    assert [choice.label for choice in form.offered["sku"]] == ["1×H100", "2×H100"]
    offered = await offer(client, "H100", 4)
    assert NEW_OF_SKU.blocked_reason(offered) == "sold out: 3 GPUs are left and it has 4"
    assert NEW_OF_SKU.blocked_reason(await offer(client, "H100", 2)) is None


async def test_a_specification_sold_in_two_ways_is_one_with_two_prices(client: Datenfab, simulator: Simulator) -> None:
    first, second, *_ = cloud(simulator).skus
    first.selling_type, second.selling_type, second.price = "1", "4", 5000
    second.id, second.gpus = first.id, first.gpus
    form = await filled(client, NEW_INSTANCE, None, {**NAMED, "cost_type": "daily", "duration": "3D"})
    same = next(choice for choice in form.offered["sku"] if choice.value == first.id)
    assert same.note.startswith("price 250 hourly, 5000 daily (unit unknown)")
    assert [(choice.label, choice.note) for choice in form.offered["cost_type"]] == [
        ("hourly", "250 hourly"),
        ("daily", "5000 daily"),
    ]


async def test_prices_that_cannot_be_read_are_said_to_be(client: Datenfab, simulator: Simulator) -> None:
    region = (await client.regions()).items[0].value
    simulator.faults["datenfab"].always(Fault("garbage"), match=f"region_id={region.id}")
    read = next(field.choices for field in NEW_INSTANCE.fields if field.name == "sku")
    assert read is not None
    with pytest.raises(Failed) as failed:
        await read(client, None, {"region": InstancePlace(region.cluster, region.id, "").value})
    assert region.name in failed.value.problem.text
    assert await read(client, None, {}) == []


@pytest.mark.parametrize(
    ("field", "changes", "complaint"),
    [
        ("name", {"name": ""}, "nothing is typed"),
        ("name", {"name": "x" * 65}, "1 to 64 characters"),
        ("name", {"name": "a\u200bb"}, "it holds characters that cannot be seen"),
        ("image", {"image": "images.neolink-ai.com/matrixdc/"}, "the image's own name is missing"),
        ("image", {"image": "two words"}, "an image as registries name it"),
        ("path", {"path": "data"}, "a path from the root"),
        ("path", {"path": "/root/../etc"}, "a path from the root"),
        ("size", {"size": "0"}, "a whole number, 1 to 100000"),
        ("disk_sku", {"disk_sku": "2"}, "there is only 1 so far"),
        ("coupon", {"coupon": "not a coupon"}, "letters and digits"),
    ],
)
async def test_a_rule_that_is_broken_is_said_beside_its_field(
    client: Datenfab, field: str, changes: dict[str, str], complaint: str
) -> None:
    form = await filled(client, NEW_INSTANCE, None, {**NAMED, **changes})
    assert form.complaints.keys() == {field}
    assert form.complaints[field].startswith(complaint)


@pytest.mark.parametrize(
    ("selling", "duration", "complaint"),
    [
        ("2", "1M", None),
        ("3", "2W", None),
        ("4", "3D", None),
        ("2", "3D", "this one is sold in M: 1M, 2M …"),
        ("4", "0D", "a number with D, W or M behind: 3D, 2W, 1M"),
        ("4", "+3D", "a number with D, W or M behind: 3D, 2W, 1M"),
        ("4", "", "nothing is typed"),
    ],
)
async def test_what_is_paid_ahead_needs_a_duration_of_its_kind(
    client: Datenfab, simulator: Simulator, selling: str, duration: str, complaint: str | None
) -> None:
    sku = cloud(simulator).skus[0]
    sku.selling_type = selling
    offered = await offer(client, sku.gpu, sku.gpus, selling=selling)
    form = await filled(client, NEW_OF_SKU, offered, {**NAMED, "duration": duration})
    assert form.complaints.get("duration") == complaint
    assert "coupon" not in form.inputs
    if complaint is None:
        assert (await send(client, NEW_OF_SKU, form, offered)).send_status is SendStatus.ACCEPTED


async def test_a_row_billed_in_another_way_is_not_made_by_the_same_form(client: Datenfab) -> None:
    hourly, monthly = await offer(client, "4090", 2), await offer(client, "4090", 1, selling="2")
    form = await filled(client, NEW_OF_SKU, hourly, NAMED)
    with pytest.raises(Failed) as failed:
        NEW_OF_SKU.request([monthly], form.inputs)
    assert failed.value.problem.cause is Cause.INPUT
    assert "is billed monthly: order it by itself" in failed.value.problem.text


async def test_a_refusal_is_told_in_the_cloud_s_words(client: Datenfab, simulator: Simulator) -> None:
    offered = await offer(client, "H100", 8)
    form = await filled(client, NEW_OF_SKU, offered, NAMED)
    next(sku for sku in cloud(simulator).skus if sku.id == offered.sku.id).left = 0
    outcome = await client.change(NEW_OF_SKU.request([offered], form.inputs))
    assert outcome.send_status is SendStatus.REFUSED
    assert "sold out: 0 GPUs are left" in str(outcome.problem)


async def test_a_price_list_without_a_cluster_sells_nothing(client: Datenfab) -> None:
    offered = await offer(client, "H100", 8)
    lost = Offer(offered.sku.model_copy(update={"cluster": None}), offered.region_id, None)
    assert NEW_OF_SKU.blocked_reason(lost) == "the price list does not say in which cluster it is"


async def test_an_answer_lost_is_unknown_and_the_instance_is_found_by_name(
    client: Datenfab, simulator: Simulator
) -> None:
    form = await filled(client, NEW_INSTANCE, None, NAMED)
    simulator.faults["datenfab"].next(Fault("cut_before"), match="POST")
    assert (await send(client, NEW_INSTANCE, form)).send_status is SendStatus.UNKNOWN
    assert len(simulator.logs["datenfab"].changes()) == 1
    assert (await followed(client, simulator, NEW_INSTANCE, form))[-1] is Progress.DONE


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Creating", Progress.GOING),
        ("Running", Progress.DONE),
        ("Shutdown", Progress.DONE),
        ("Failed", Progress.CONTRADICTED),
        ("Deleting", Progress.CONTRADICTED),
    ],
)
async def test_the_end_of_making_is_read_off_the_state(client: Datenfab, status: str, expected: Progress) -> None:
    one = await running(client)
    now = Instance(one.body.model_copy(update={"status": status}), one.cluster, one.region)
    for action in (NEW_INSTANCE, NEW_OF_SKU):
        progress: Any = action.progress
        assert progress(now, {}) is expected
        assert progress(None, {}) is Progress.CONTRADICTED


# -- powering off -----------------------------------------------------------------------------------------------------


async def test_powering_off_needs_nothing_filled_in(client: Datenfab, simulator: Simulator) -> None:
    one = await running(client)
    form = await filled(client, STOP, one, {})
    assert (await send(client, STOP, form, one)).send_status is SendStatus.ACCEPTED
    assert sent(simulator)[1] == {"gracePeriodSeconds": 10, "needSnapshot": False}
    assert STOP.request([one], {}).body == {"gracePeriodSeconds": 10, "needSnapshot": False}
    assert not any(field.required and not field.default for field in STOP.fields)


async def test_an_instance_is_saved_while_it_is_powered_off(client: Datenfab, simulator: Simulator) -> None:
    one = await running(client)
    typed = {"gracePeriodSeconds": "1", "needSnapshot": True, "imageName": "mine", "tag": "v1.1.0"}
    form = await filled(client, STOP, one, typed)
    assert (await send(client, STOP, form, one)).send_status is SendStatus.ACCEPTED
    line, body = sent(simulator)
    assert line == f"POST /clusters/{one.cluster}/instances/{one.body.name}/power_off"
    assert body == {"gracePeriodSeconds": 1, "needSnapshot": True, "imageName": "mine", "tag": "v1.1.0"}
    assert cloud(simulator).saved_images == ["mine:v1.1.0"]
    clock = simulator.clock
    assert isinstance(clock, ManualClock)
    clock.advance(2)
    assert STOP.progress is not None
    now = next(i.value for i in (await client.instances()).items if i.value.body.name == one.body.name)
    assert STOP.progress(now, form.inputs) is Progress.DONE


@pytest.mark.parametrize(
    ("typed", "complaints"),
    [
        ({"gracePeriodSeconds": "-1"}, {"gracePeriodSeconds": "a whole number, 0 to 3600"}),
        ({"gracePeriodSeconds": "3601"}, {"gracePeriodSeconds": "a whole number, 0 to 3600"}),
        ({"needSnapshot": True}, {"imageName": "the saved image needs a name"}),
        (
            {"needSnapshot": True, "imageName": "Mine", "tag": "-1"},
            {"imageName": "a-z and 0-9, with . _ or - in between", "tag": "A-Z, a-z, 0-9 and . _ -, as in v1.1.0"},
        ),
    ],
)
async def test_powering_off_holds_to_the_rules_of_names(
    client: Datenfab, typed: dict[str, Any], complaints: dict[str, str]
) -> None:
    assert (await filled(client, STOP, await running(client), typed)).complaints == complaints


# -- all of them ------------------------------------------------------------------------------------------------------


async def test_read_only_lets_none_out(simulator: Simulator) -> None:
    client = Datenfab(settings(simulator, read_only=True), now=simulator.clock.now)
    one, offered = await running(client), await offer(client, "4090", 1)
    outcomes = [await client.change(action.request([one], {})) for action in ACTIONS]
    form = await filled(client, NEW_INSTANCE, None, NAMED)
    outcomes.append(await client.change(NEW_INSTANCE.request([], form.inputs)))
    form = await filled(client, NEW_OF_SKU, offered, NAMED)
    outcomes.append(await client.change(NEW_OF_SKU.request([offered], form.inputs)))
    await client.aclose()
    assert {(outcome.send_status, outcome.problem.cause if outcome.problem else None) for outcome in outcomes} == {
        (SendStatus.NOT_SENT, Cause.READ_ONLY)
    }
    assert simulator.logs["datenfab"].changes() == []


def test_every_verb_stands_in_its_view_under_its_key() -> None:
    assert {action.key: action.name for action in INSTANCES.actions} == {
        "S": "start",
        "X": "stop",
        "ctrl+d": "delete",
        "N": "new",
    }
    assert [(action.key, action.name) for action in SKUS.actions] == [("N", "new")]
    for view in PROVIDER.views:
        assert not {action.name for action in view.actions} & set(view.absent)
        assert all(action.effect for action in view.actions)
