"""Scans for accelerators in a node: started by one call, followed by another until the scan has ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gputui.core.actions import Watched
from gputui.core.request import Request
from gputui.core.text import Json, as_object
from gputui.providers.hostedai.client import HostedAI
from gputui.providers.hostedai.wire import HostedNode

_ENDED = ("completed", "failed")


def follow(kind: str) -> Callable[[HostedAI, HostedNode, Json], Awaitable[Watched]]:
    """Watches a scan for `kind` (`gpus` or `npus`).

    Some panels return the result when the scan is started: then there is nothing to follow.
    """

    async def watch(client: HostedAI, node: HostedNode, reply: Json) -> Watched:
        started = as_object(reply)
        scan_id = started.get("scan_id") or started.get("id")
        if isinstance(started.get(kind), list) or not isinstance(scan_id, int | str):
            return Watched(reply, over=True)
        asked = Request("GET", f"/gpuaas/node/scan_{kind}/status", {"scan_id": str(scan_id)})
        answer = (await client.read(asked)).body
        return Watched(answer, over=str(as_object(answer).get("status")).lower() in _ENDED)

    return watch


async def answered(client: HostedAI, node: HostedNode, reply: Json) -> Watched:
    """The end of a change of which nothing but the reply can be seen."""
    return Watched(reply, over=True)
