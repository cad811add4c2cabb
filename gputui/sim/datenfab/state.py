"""Datenfab's account and its operations: instances are created, powered on and off, and deleted."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from gputui.sim.clock import Clock
from gputui.sim.datenfab import seeding
from gputui.sim.datenfab.models import Instance, Refused, Sku, Status
from gputui.sim.datenfab.order import Order
from gputui.sim.scheduler import Scheduler
from gputui.sim.ssh_listeners import SshListeners

SHUTTING_DOWN = 4.0
STARTING = 6.0
CREATING = 8.0
DELETING = 4.0
BASE_PATH = "/mdc/api/v1"


class Datenfab:
    """The cloud of one account (design 2.7).

    `token`, `namespace` and `token_expires` define the authentication; `shown` truncates the instance list and makes
    `hasNextPage` true, although the document gives no way to get another page.
    """

    name = "datenfab"

    def __init__(self, clock: Clock, random: Random, door: SshListeners) -> None:
        self.clock = clock
        self.random = random
        self.door = door
        self.life = Scheduler(clock, random)
        now = clock.now()
        self.token = seeding.hexadecimal(random, 48)
        self.namespace = seeding.fresh_id(random)
        self.token_expires = now + 3650 * seeding.DAY
        self.shown: int | None = None
        self.saved_images: list[str] = []
        self.regions = seeding.regions(random, now)
        self.skus = seeding.skus(self.regions)
        self.instances = {one.name: one for one in seeding.instances(random, self.skus, now)}
        for one in self.instances.values():
            self.take_place(one)

    def tick(self) -> None:
        """Run what is due."""
        self.life.tick()

    def profile(self, base_url: str) -> dict[str, object]:
        """Return the profile's keys in config.toml."""
        return {
            "provider": "datenfab",
            "base_url": base_url.rstrip("/") + BASE_PATH,
            "token": self.token,
            "namespace": self.namespace,
            "ssh": {"allow_local": True, "host_keys": "accept-new"},
        }

    def authorised(self, authorization: str, namespace: str) -> bool:
        """Whether both headers match the account and the token is still valid."""
        scheme, _, token = authorization.partition(" ")
        right = scheme.lower() == "bearer" and token.strip() == self.token and namespace == self.namespace
        return right and self.clock.now() < self.token_expires

    def skus_of(self, region_id: str) -> list[Sku]:
        """Return the price list of one region; empty for an unknown one."""
        return [sku for sku in self.skus if sku.region.id == region_id]

    def instances_of(self, cluster: str) -> list[Instance]:
        """Return the instances of one cluster, newest first. Raises Refused with 404 for an unknown cluster."""
        if cluster not in {region.cluster for region in self.regions}:
            raise Refused(404, f"cluster {cluster} not found")
        here = [one for one in self.instances.values() if one.sku.region.cluster == cluster]
        return sorted(here, key=lambda one: one.created, reverse=True)

    def instance(self, cluster: str, name: str) -> Instance:
        """Return an instance by cluster and name. Raises Refused with 404."""
        for one in self.instances_of(cluster):
            if one.name == name:
                return one
        raise Refused(404, f"instance {name} not found")

    def create(self, cluster: str, order: Order) -> Instance:
        """Start creating an instance. Raises Refused: 404 unknown cluster, 400 invalid order, 409 sold out."""
        region = next((one for one in self.regions if one.cluster == cluster), None)
        if region is None:
            raise Refused(404, f"cluster {cluster} not found")
        if order.namespace != self.namespace:
            raise Refused(400, "namespace: not that of the token")
        if order.region not in ("", region.title, region.cluster, region.id):
            raise Refused(400, f"Region: {cluster} is not in {order.region}")
        sku = next((sku for sku in self.skus_of(region.id) if sku.id == order.sku_id), None)
        if sku is None:
            raise Refused(400, f"GPUSKUID: no {order.sku_id} in {cluster}")
        if sku.selling_type != order.cost_type:
            raise Refused(400, f"CostType: {order.sku_id} is sold by {sku.selling_type}")
        check_stock(sku)
        return self.make(seeding.ordered_instance(self.random, sku, order, self.life.now))

    def power_off(self, cluster: str, name: str, *, grace: int = 10, image: str = "") -> None:
        """Start shutting down a Running instance, saving it as `image` if given.

        Its workload exits by itself after SHUTTING_DOWN seconds, and is killed after `grace` seconds.
        """
        one = self._in_state(cluster, name, "Running", "powered off")
        if image:
            self.saved_images.append(image)
        self.enter(one, "ShuttingDown")
        self.later(one, min(SHUTTING_DOWN, grace), lambda: self.enter(one, "Shutdown"))

    def power_on(self, cluster: str, name: str) -> None:
        """Start a Shutdown instance."""
        one = self._in_state(cluster, name, "Shutdown", "powered on")
        check_stock(one.sku)
        one.sku.left -= one.sku.gpus
        self.enter(one, "Starting")
        self.later(one, STARTING, lambda: self.enter(one, "Running"))

    def delete(self, cluster: str, name: str) -> None:
        """Start deleting a Shutdown or Failed instance; it disappears shortly afterwards."""
        one = self.instance(cluster, name)
        if one.status == "Failed":
            one.sku.left += one.sku.gpus  # as when it is shut down
        else:
            self._in_state(cluster, name, "Shutdown", "deleted")
        self.enter(one, "Deleting")
        self.later(one, DELETING, lambda: self.remove(one))

    def make(self, one: Instance) -> Instance:
        """Add a new instance, which is Creating for a while."""
        self.instances[one.name] = one
        self.take_place(one)
        self.later(one, CREATING, lambda: self.enter(one, "Running"))
        return one

    def _in_state(self, cluster: str, name: str, wanted: Status, verb: str) -> Instance:
        one = self.instance(cluster, name)
        if one.status != wanted:
            raise Refused(409, f"instance {name} is {one.status}: only a {wanted} instance can be {verb}")
        return one

    def take_place(self, one: Instance) -> None:
        """Allocate the GPUs of a new instance, and open its SSH port if it is already running."""
        if one.status not in ("Shutdown", "Deleting"):
            one.sku.left -= one.sku.gpus
        if one.status == "Running":
            self.open(one)

    def later(self, one: Instance, seconds: float, act: Callable[[], None]) -> None:
        """Run `act` after a delay unless the instance's state has changed by then."""
        expected = one.status

        def when_due() -> None:
            if self.instances.get(one.name) is one and one.status == expected:
                act()

        self.life.after(seconds, when_due)

    def enter(self, one: Instance, status: Status) -> None:
        one.status = status
        one.updated = self.life.now
        if status == "Running":
            self.open(one)
            return
        if status in ("Shutdown", "Failed") and one.port is not None:
            self.door.close(one.port, one.home)
            one.port = None
        if status == "Shutdown":
            one.sku.left += one.sku.gpus

    def open(self, one: Instance) -> None:
        one.host, one.port = self.door.open(
            one.name, user="root", password=one.password, gpus=one.sku.gpus, gpu_model=one.sku.model, host=one.home
        )

    def remove(self, one: Instance) -> None:
        del self.instances[one.name]


def check_stock(sku: Sku) -> None:
    if sku.left < sku.gpus:
        raise Refused(409, f"sold out: {max(0, sku.left)} GPUs are left of {sku.id}, which has {sku.gpus}")
