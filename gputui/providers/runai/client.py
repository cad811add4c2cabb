"""Run:ai's control plane: the reads of the console."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar, cast

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Reply, Request, path
from gputui.core.rows import Item, Listing
from gputui.core.text import Json
from gputui.net.api import Api
from gputui.providers.cached import Cached
from gputui.providers.listings import attempt, gather_listings, left_out, or_empty, within
from gputui.providers.runai.auth import V1, V2, Grant, TokenCall
from gputui.providers.runai.in_cluster import ClusterNames, InCluster, InferencePod
from gputui.providers.runai.wire import Cluster, Inference, Pod, Project, RunAINode, RunAINodePool, Workload
from gputui.providers.runai.workloads import WORKLOADS, Inferences, OffsetLists
from gputui.providers.secrecy import redact_secrets
from gputui.providers.session import TokenSession
from gputui.providers.variant import Variant
from gputui.providers.wire import RowRule, Wire, as_listing, entries_of, read_rows

T = TypeVar("T")
M = TypeVar("M", bound=Wire)
UNASKED_PAGE = 50


class RunAI:
    """The tenant of one application. Reads raise Failed."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self.now = now
        bases = {"": settings.text("base_url")}
        grant = cast(Grant, settings.text("grant") or "app_token")
        # A separate Api: a token is requested while a request already holds one of the concurrent slots.
        self._tokens = Api(settings, bases, safe_posts=(V1, V2), now=now)
        call = TokenCall(self._tokens, settings.text("client_id"), settings.secret("client_secret"), grant)
        self._session = TokenSession(call, now, lambda token: {"authorization": f"Bearer {token}"})
        self._api = Api(settings, bases, self._session, now=now)
        self._lists = OffsetLists(self._api)
        self._clusters = Cached(self._listed_clusters, now)
        self._names = ClusterNames(self.clusters)
        self._nodes = Variant(self._all_nodes, self._nodes_by_cluster)
        self._pools = Variant(self._all_pools, self._pools_by_cluster)
        self._inferences = Inferences(self._lists, now)

    async def inferences(self) -> Listing[InCluster[Workload]]:
        """All workloads that are inferences."""
        return await self._names.place(await self._inferences.read(), lambda workload: workload.cluster_id)

    async def inferences_in(self, phases: Sequence[str]) -> Listing[InCluster[Workload]]:
        """The inferences that are in one of these phases."""
        found = await gather_listings((f"inferences in {phase}", self._inferences.read_in(phase)) for phase in phases)
        return await self._names.place(found, lambda workload: workload.cluster_id)

    async def pods(self) -> Listing[InferencePod]:
        """The pods of inferences, and those that do not name their workload."""
        listing, found = await asyncio.gather(
            self._lists.read(Pod, f"{WORKLOADS}/pods", "pods"), attempt(self._inferences.read)
        )
        inferences = or_empty("which are of inferences", found)
        known = {item.value.id: item.value for item in inferences.items}
        certain = known and not inferences.unreadable and not inferences.missing
        missing = (*listing.missing, *within("the list of inferences", inferences.missing))
        pods = tuple(
            Item(InferencePod(item.value, known.get(item.value.workload_id or "")), item.raw)
            for item in listing.items
            if not certain or not item.value.workload_id or item.value.workload_id in known
        )
        return Listing(pods, listing.unreadable, missing)

    async def nodes(self) -> Listing[InCluster[RunAINode]]:
        """The nodes of all clusters."""
        return await self._nodes.read()

    async def pools(self) -> Listing[InCluster[RunAINodePool]]:
        """The node pools of all clusters."""
        return await self._pools.read()

    async def clusters(self) -> Listing[Cluster]:
        """All clusters."""
        return await self._clusters.anew()

    async def _listed_clusters(self) -> Listing[Cluster]:
        """A bare array, never paged."""
        return await self._whole(Cluster, "/api/v1/clusters", "clusters")

    async def projects(self) -> Listing[InCluster[Project]]:
        """All projects."""
        listing = await self._lists.read(Project, "/api/v1/org-unit/projects", "projects")
        return await self._names.place(listing, lambda project: project.cluster_id)

    async def inference(self, workload_id: str) -> Item[Inference]:
        """One inference with its specification."""
        reply = redact_secrets(await self._api.get(f"{WORKLOADS}/inferences{path(workload_id)}"))
        listing = read_rows(Inference, [reply])
        if listing.unreadable:
            raise Failed(Problem(Cause.REPLY, f"this is no inference: {listing.unreadable[0].reason}"))
        return listing.items[0]

    async def again(self, one: InCluster[Workload]) -> Item[InCluster[Workload]]:
        """One inference, in the form the list has, with its present phase: its own call has other field names."""
        item = await self.inference(one.thing.id)
        if not item.value.actual_phase:
            raise Failed(Problem(Cause.REPLY, "it does not say its phase"))
        now = one.thing.model_copy(update={"phase": item.value.actual_phase})
        return Item(replace(one, thing=now), item.raw)

    async def pod_again(self, one: InferencePod) -> Item[InferencePod]:
        """One pod, in the form the list has: no call reads it alone, only the pods of its workload."""
        if not one.pod.workload_id:
            raise Failed(Problem(Cause.REPLY, "the API does not say which workload the pod belongs to"))
        listing = await self._lists.read(Pod, f"{WORKLOADS}{path(one.pod.workload_id, 'pods')}", "pods")
        found = next((item for item in listing.items if item.value.id == one.pod.id), None)
        if found is None:
            cause = Cause.REPLY if listing.missing else Cause.MISSING
            raise Failed(Problem(cause, f"its workload has no pod {one.pod.name}"))
        return Item(replace(one, pod=found.value), found.raw)

    async def cluster(self, cluster_id: str) -> Json:
        """One cluster, read anew."""
        return await self._api.get(path("api", "v1", "clusters", cluster_id))

    async def project(self, project_id: str) -> Json:
        """One project, read anew."""
        return await self._api.get(path("api", "v1", "org-unit", "projects", project_id))

    async def _all_nodes(self) -> Listing[InCluster[RunAINode]]:
        listing = await self._lists.read(RunAINode, "/api/v1/nodes", "nodes")
        return await self._names.place(listing, lambda node: node.cluster_id)

    async def _nodes_by_cluster(self) -> Listing[InCluster[RunAINode]]:
        return await self._clusters.read_by(partial(_joined, self._nodes_of))

    async def _nodes_of(self, cluster: Cluster) -> Listing[InCluster[RunAINode]]:
        at = path("api", "v1", "clusters", cluster.id, "nodes")
        listing = await self._whole(RunAINode, at, "nodes")
        if len(listing.items) + len(listing.unreadable) == UNASKED_PAGE:
            # 2.18 returns all and documents no limit; later versions may truncate here.
            listing = await self._lists.read(RunAINode, at, "nodes")
        return _in_cluster(listing, cluster)

    async def _all_pools(self) -> Listing[InCluster[RunAINodePool]]:
        listing = await self._lists.read(RunAINodePool, "/api/v1/node-pools", "nodepools")
        return await self._names.place(listing, lambda pool: pool.cluster_id)

    async def _pools_by_cluster(self) -> Listing[InCluster[RunAINodePool]]:
        return await self._clusters.read_by(partial(_joined, self._pools_of))

    async def _pools_of(self, cluster: Cluster) -> Listing[InCluster[RunAINodePool]]:
        at = path("v1", "k8s", "clusters", cluster.id, "node-pools")
        return _in_cluster(await self._whole(RunAINodePool, at, "nodepools"), cluster)

    async def _whole(self, model: type[M], at: str, key: str) -> Listing[M]:
        """A list that is not paged."""
        return as_listing(entries_of(await self._api.list(at, keys=(key,), rule=RowRule(model)), key))

    async def read(self, request: Request) -> Reply:
        """The reply to one of the read-only calls."""
        return await self._api.read(request)

    async def change(self, request: Request) -> Outcome:
        """Send one changing request once."""
        return await self._api.change(request)

    def forget(self) -> None:
        """Read the clusters again before the next list."""
        self._clusters.drop()

    async def aclose(self) -> None:
        """Close the connections."""
        self._session.close()
        await asyncio.gather(self._api.aclose(), self._tokens.aclose())


def _in_cluster(listing: Listing[T], cluster: Cluster) -> Listing[InCluster[T]]:
    placed = tuple(Item(InCluster(item.value, cluster.id, cluster.name), item.raw) for item in listing.items)
    return Listing(placed, listing.unreadable, listing.missing)


async def _joined(read: Callable[[Cluster], Awaitable[Listing[T]]], clusters: Listing[Cluster]) -> Listing[T]:
    """One kind of item of every cluster."""
    readings = ((f"cluster {item.value.name}", read(item.value)) for item in clusters.items)
    return await gather_listings(readings, left_out(clusters, "clusters"))
