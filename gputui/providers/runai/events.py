"""The newest events of Run:ai's inferences and of their pods."""

from __future__ import annotations

from gputui.core.actions import Answer, Inputs, LogEntry, Query
from gputui.core.request import Request, path
from gputui.core.text import Json, as_object
from gputui.providers.runai.client import RunAI
from gputui.providers.runai.in_cluster import InCluster, InferencePod
from gputui.providers.runai.wire import Workload
from gputui.providers.runai.workloads import WORKLOADS
from gputui.providers.wire import as_list_or_null, read_moment

MOST_EVENTS = 200
EVERY_SECONDS = 10.0


async def _of_inference(client: RunAI, one: InCluster[Workload], _: Inputs) -> Answer:
    return tuple(_entry(told) for told in await _events(client, one.thing.id))


async def _of_pod(client: RunAI, one: InferencePod, _: Inputs) -> Answer:
    """The events of its workload that are about the pod."""
    found = await _events(client, one.pod.workload_id or "")
    names = (one.pod.id, one.pod.name)
    objects = ((told, as_object(told.get("involvedObject"))) for told in found)
    return tuple(_entry(told) for told, about in objects if about.get("uid") in names or about.get("name") in names)


async def _events(client: RunAI, workload: str) -> list[dict[str, Json]]:
    """The newest events of a workload, oldest first: one page of them."""
    query = {"limit": str(MOST_EVENTS), "sortOrder": "desc"}
    reply = await client.read(Request("GET", f"{WORKLOADS}{path(workload, 'events')}", query))
    found = [as_object(entry) for entry in as_list_or_null(reply.body, "events")]
    return sorted(found, key=lambda told: str(told.get("createdAt") or ""))


def _entry(told: dict[str, Json]) -> LogEntry:
    at, about = read_moment(told.get("createdAt")), as_object(told.get("involvedObject"))
    words = [str(told[name]) for name in ("reason", "message") if told.get(name)]
    whose = " ".join(str(about[name]) for name in ("kind", "name") if about.get(name))
    text = f"{': '.join(words)} ({whose})" if whose else ": ".join(words)
    return LogEntry(None if at is None else at.timestamp(), str(told.get("type") or ""), text)


def of_known_inference(one: InferencePod) -> str | None:
    """Why nothing can be read of a pod, or None."""
    return None if one.pod.workload_id else "the API does not say which inference it belongs to"


EVENTS_OF_INFERENCE: Query[InCluster[Workload]] = Query(
    "events", "Events", _of_inference, key="l", every=EVERY_SECONDS, evidence=True
)
EVENTS_OF_POD: Query[InferencePod] = Query(
    "events", "Events", _of_pod, of_known_inference, key="l", every=EVERY_SECONDS, evidence=True
)
