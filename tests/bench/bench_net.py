"""What a read through `Api` costs beside one with bare httpx, on the same server: run by hand, prints one line a case.

python -m tests.bench.bench_net [ROWS]
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

from gputui.core.provider import Settings
from gputui.core.request import Request
from gputui.net.api import Api
from tests.contract.servers import RawServer, answering, reply

ROUNDS = 200


def page(rows: int) -> bytes:
    """A list as a cloud sends it: `rows` machines of twelve fields."""
    row = {f"field_{index}": f"value {index} of a machine" for index in range(10)} | {"gpus": 8, "locked": False}
    return reply(body=json.dumps({"nodes": [row] * rows}).encode())


async def measure(name: str, act: Callable[[], Awaitable[object]]) -> float:
    """The median time of `act` in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - started) * 1000)
    median = statistics.median(taken)
    print(f"{name:<24} median {median:6.2f} ms   p95 {sorted(taken)[int(ROUNDS * 0.95)]:6.2f} ms")
    return median


async def main(rows: int) -> None:
    async with RawServer(answering(page(rows))) as server:
        api = Api(Settings("bench", {}), {"": server.base})

        async with httpx.AsyncClient() as client:

            async def bare() -> object:
                return (await client.get(f"{server.base}/v1/nodes")).json()

            reference = await measure(f"httpx, {rows} rows", bare)
        read = await measure(f"Api.get, {rows} rows", lambda: api.get("/v1/nodes"))
        print(f"{'':<24} ratio  {read / reference:6.2f}")
        await measure("Api.change, fresh", lambda: api.change(Request("POST", "/v1/nodes/7/stop")))
        print(f"{server.connections} connections for {len(server.seen)} requests")
        await api.aclose()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
