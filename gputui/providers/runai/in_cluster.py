"""Items with the cluster they were read from, which the objects themselves give only as an id, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from gputui.core.problem import Failed
from gputui.core.rows import Item, Listing
from gputui.providers.runai.wire import Cluster, Pod, Workload

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InCluster(Generic[T]):
    """An item in a cluster; `cluster` is its name, or its id if the name is unknown."""

    thing: T
    cluster_id: str
    cluster: str


@dataclass(frozen=True, slots=True)
class InferencePod:
    """A pod with its inference, if that is in the list."""

    pod: Pod
    workload: Workload | None


class ClusterNames:
    """The names of clusters by id: read when a new id is met, and kept."""

    def __init__(self, clusters: Callable[[], Awaitable[Listing[Cluster]]]) -> None:
        self._clusters = clusters
        self._names: dict[str, str] = {}

    def learn(self, clusters: Listing[Cluster]) -> None:
        """Keep the names of a list that was read anyway."""
        self._names.update((item.value.id, item.value.name) for item in clusters.items)

    async def of(self, ids: Iterable[str]) -> Mapping[str, str]:
        """The names of `ids`, or the ids themselves where unknown. A failure to read names is ignored."""
        wanted = set(ids) - {""}
        if wanted - self._names.keys():
            try:
                self.learn(await self._clusters())
            except Failed:
                return {cluster_id: self._names.get(cluster_id, cluster_id) for cluster_id in wanted}
            # Otherwise an id that no cluster has would be looked up at every refresh.
            self._names.update((cluster_id, cluster_id) for cluster_id in wanted - self._names.keys())
        return {cluster_id: self._names[cluster_id] for cluster_id in wanted}

    async def place(self, listing: Listing[T], cluster_id: Callable[[T], str | None]) -> Listing[InCluster[T]]:
        """The listing with each item in its cluster."""
        names = await self.of(cluster_id(item.value) or "" for item in listing.items)
        placed = tuple(
            Item(InCluster(item.value, found, names.get(found, "")), item.raw)
            for item in listing.items
            for found in (cluster_id(item.value) or "",)
        )
        return Listing(placed, listing.unreadable, listing.missing)
