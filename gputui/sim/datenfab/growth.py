"""Add instances to the initial account."""

from __future__ import annotations

from random import Random

from gputui.sim.datenfab import seeding
from gputui.sim.datenfab.seeding import DAY
from gputui.sim.datenfab.state import Datenfab
from gputui.sim.growing import address

NETWORK = 60
FAILED_EVERY, OFF_EVERY = 97, 31


def grow(cloud: Datenfab, count: int, random: Random) -> None:
    """Add that many instances, without changing existing ones or using up GPUs of the price list."""
    now = cloud.clock.now()
    for number in range(len(cloud.instances), len(cloud.instances) + count):
        title = f"{seeding.TITLES[number % len(seeding.TITLES)]}-{1 + number // len(seeding.TITLES)}"
        made = seeding.new_instance(random, random.choice(cloud.skus), title, now - random.uniform(0.1, 60) * DAY)
        made.home = address(NETWORK, number)
        made.updated = now - random.uniform(60, 5 * DAY)
        made.status = "Failed" if number % FAILED_EVERY == 0 else "Shutdown" if number % OFF_EVERY == 0 else "Running"
        cloud.instances[made.name] = made
        if made.status == "Running":
            cloud.open(made)
