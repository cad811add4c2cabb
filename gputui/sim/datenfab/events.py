"""Automatic events in a Datenfab account: instances progress, fail, and come and go."""

from __future__ import annotations

from functools import partial
from typing import cast

from gputui.sim.churn import Turns
from gputui.sim.datenfab import seeding
from gputui.sim.datenfab.models import Instance, Status
from gputui.sim.datenfab.state import STARTING, Datenfab

SPARE, COME_AND_GO = 2, 6


def begin(cloud: Datenfab) -> None:
    """Continue what is in progress at the start, and schedule an event every few seconds."""
    for one in cloud.instances.values():
        _go_on(cloud, one)
    cloud.life.repeat(3, 8, partial(_something_happens, cloud, len(cloud.instances) + SPARE))


def _go_on(cloud: Datenfab, one: Instance) -> None:
    """Finish an instance's initial transition; in a calm world it stays, so that all states are visible."""
    rest = cloud.random.uniform(5, 20)
    if one.status in ("Starting", "Creating"):
        cloud.later(one, rest, lambda: cloud.enter(one, "Running"))
    elif one.status == "ShuttingDown":
        cloud.later(one, rest, lambda: cloud.enter(one, "Shutdown"))
    elif one.status == "Deleting":
        cloud.later(one, rest, lambda: cloud.remove(one))


def _something_happens(cloud: Datenfab, most: int) -> None:
    """Make one random change, to restless instances only: the others belong to the user."""
    restless = [one for one in cloud.instances.values() if one.restless]
    if len(cloud.instances) < most and cloud.random.random() < 0.15:
        title = f"{cloud.random.choice(seeding.TITLES)}-{cloud.random.randint(10, 99)}"
        sku = cloud.random.choice(cloud.skus)
        if sku.left >= sku.gpus:
            cloud.make(seeding.new_instance(cloud.random, sku, title, cloud.life.now)).restless = True
    elif restless:
        _disturb(cloud, cloud.random.choice(restless), most)


def _disturb(cloud: Datenfab, one: Instance, most: int) -> None:
    cluster = one.sku.region.cluster
    if one.status == "Running":
        if cloud.random.random() < 0.25:
            cloud.enter(one, "Failed")
        else:
            cloud.power_off(cluster, one.name)
    elif one.status == "Shutdown":
        if len(cloud.instances) > most - COME_AND_GO and cloud.random.random() < 0.2:
            cloud.delete(cluster, one.name)
        elif one.sku.left >= one.sku.gpus:
            cloud.power_on(cluster, one.name)
    elif one.status == "Failed":
        cloud.enter(one, "Starting")
        cloud.later(one, STARTING, lambda: cloud.enter(one, "Running"))


def turns(cloud: Datenfab) -> Turns[Instance]:
    """Return how the account's instances change in benchmark worlds: they fail, or restart."""
    return Turns(
        things=lambda: list(cloud.instances.values()),
        state=lambda one: one.status,
        enter=lambda one, status: cloud.enter(one, cast(Status, status)),
        words={"resting": "Running", "other": "Failed", "moving": "Starting"},
    )
