"""Lists that others are read by are read as seldom as they change, and whoever comes or goes is noticed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Item, Listing, Unreadable
from gputui.providers.cached import KEPT_SECONDS, Cached
from gputui.providers.listings import gather_listings


def problem(status: int | None) -> Problem:
    return Problem(Cause.SERVER if status is None else Cause.MISSING, "no", status=status)


@dataclass
class Cloud:
    """Regions with their nodes; `hidden` are listed and cannot be read."""

    regions: list[str] = field(default_factory=lambda: ["north", "south"])
    hidden: dict[str, Problem] = field(default_factory=dict)
    lists: int = 0
    parts: int = 0
    time: float = 1000.0
    listing: Listing[str] | None = None

    def __post_init__(self) -> None:
        self.cached = Cached(self.list, lambda: self.time)

    async def list(self) -> Listing[str]:
        self.lists += 1
        return self.listing or Listing(tuple(Item(region, None) for region in self.regions))

    async def node_of(self, region: str) -> Listing[str]:
        self.parts += 1
        if region in self.hidden:
            raise Failed(self.hidden[region])
        if region not in self.regions:
            raise Failed(problem(404))
        return Listing((Item(f"node of {region}", None),))

    async def nodes_in(self, regions: Listing[str]) -> Listing[str]:
        return await gather_listings((f"region {item.value}", self.node_of(item.value)) for item in regions.items)

    async def nodes(self) -> tuple[list[str], list[str]]:
        found = await self.cached.read_by(self.nodes_in)
        return [item.value.removeprefix("node of ") for item in found.items], [gap.part for gap in found.missing]


async def test_it_is_read_once_for_many_readings() -> None:
    cloud = Cloud()
    for _ in range(20):
        assert await cloud.nodes() == (["north", "south"], [])
        cloud.time += 5
    assert cloud.lists == 1


async def test_what_comes_is_seen_when_it_is_old_or_dropped_or_read_for_itself() -> None:
    cloud = Cloud()
    await cloud.nodes()
    cloud.regions.append("east")
    assert await cloud.nodes() == (["north", "south"], [])
    cloud.time += KEPT_SECONDS
    assert await cloud.nodes() == (["north", "south", "east"], [])
    cloud.regions.append("west")
    cloud.cached.drop()
    assert (await cloud.nodes())[0][-1] == "west"
    cloud.regions.append("far")
    await cloud.cached.anew()
    assert (await cloud.nodes())[0][-1] == "far"
    assert cloud.lists == 4


async def test_a_clock_that_is_set_back_keeps_nothing_for_ever() -> None:
    cloud = Cloud()
    await cloud.nodes()
    cloud.time -= 3600
    await cloud.nodes()
    assert cloud.lists == 2


async def test_what_goes_is_noticed_in_the_same_reading() -> None:
    cloud = Cloud()
    await cloud.nodes()
    cloud.regions = ["south", "east"]
    assert await cloud.nodes() == (["south", "east"], [])
    cloud.regions = ["west"]  # not one of them is left
    assert await cloud.nodes() == (["west"], [])
    assert cloud.lists == 3


@pytest.mark.parametrize("status", [404, 500, None])
async def test_while_a_part_cannot_be_read_the_list_is_read_each_time(status: int | None) -> None:
    cloud = Cloud(hidden={"north": problem(status)})
    for readings in range(1, 4):
        assert await cloud.nodes() == (["south"], ["region north"])
        assert (cloud.lists, cloud.parts) == (readings, 2 * readings), "and nothing twice"
    cloud.hidden.clear()
    for _ in range(3):
        await cloud.nodes()
    assert cloud.lists == 4


async def test_where_nothing_can_be_read_it_fails_and_begins_anew() -> None:
    cloud = Cloud()
    await cloud.nodes()
    cloud.hidden = {"north": problem(None), "south": problem(None)}
    with pytest.raises(Failed):
        await cloud.nodes()
    cloud.hidden.clear()
    await cloud.nodes()
    assert cloud.lists == 2


@pytest.mark.parametrize(
    "listing",
    [
        Listing(()),
        Listing((Item("north", None),), missing=(Gap(listed=1, total=2),)),
        Listing((Item("north", None),), (Unreadable("?", "odd", None),)),
    ],
    ids=["empty", "cut", "unreadable"],
)
async def test_a_list_that_is_not_whole_is_not_kept(listing: Listing[str]) -> None:
    cloud = Cloud(listing=listing)
    for _ in range(3):
        await cloud.nodes()
    assert cloud.lists == 3


async def test_a_cut_in_a_part_is_no_reason_to_read_the_list_again() -> None:
    cloud = Cloud()

    async def cut(regions: Listing[str]) -> Listing[str]:
        return Listing((), missing=(Gap("region north", listed=1, total=2), Gap("labels", problem(500), rows=False)))

    for _ in range(3):
        await cloud.cached.read_by(cut)
    assert cloud.lists == 1


async def test_what_was_being_read_when_it_was_dropped_is_not_kept() -> None:
    cloud = Cloud()

    async def overtaken() -> Listing[str]:
        found = await cloud.list()
        cached.drop()
        return found

    cached = Cached(overtaken, lambda: cloud.time)
    await cached.anew()
    await cached.read_by(cloud.nodes_in)
    assert cloud.lists == 2
