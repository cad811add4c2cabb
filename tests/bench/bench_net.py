"""What a read through `Api` costs beside one with bare httpx, on the same server: run by hand, prints a table.

python -m tests.bench.bench_net [ROWS]
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

from gputui.core.provider import Settings
from gputui.core.request import Request
from gputui.net.api import Api
from tests.bench.figures import Figure, median, percentile, table
from tests.contract.servers import RawServer, answering, reply

ROUNDS = 200


def page(rows: int) -> bytes:
    """A list as a cloud sends it: `rows` machines of twelve fields."""
    row = {f"field_{index}": f"value {index} of a machine" for index in range(10)} | {"gpus": 8, "locked": False}
    return reply(body=json.dumps({"nodes": [row] * rows}).encode())


async def measure(act: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds that `act` took, each time."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def figure(name: str, world: str, taken: list[float], beside: str = "") -> Figure:
    """The median, beside what 95 in 100 do not exceed."""
    return Figure(name, world, median(taken), "ms", None, f"95th percentile {percentile(taken, 95):.2f} ms{beside}")


async def main(rows: int) -> None:
    """A read and a change, and how many connections they took."""
    async with RawServer(answering(page(rows))) as server:
        api = Api(Settings("bench", {}), {"": server.base})

        async with httpx.AsyncClient() as client:

            async def bare() -> object:
                return (await client.get(f"{server.base}/v1/nodes")).json()

            alone = await measure(bare)
        read = await measure(lambda: api.get("/v1/nodes"))
        change = await measure(lambda: api.change(Request("POST", "/v1/nodes/7/stop")))
        await api.aclose()
        used = f"{server.connections} connections, {len(server.seen)} requests in all"
    world = f"{rows} rows"
    found = [
        figure("httpx, a read", world, alone),
        figure("Api.get", world, read, f"; {median(read) / median(alone):.2f} × httpx"),
        figure("Api.change", "", change, f"; {used}"),
    ]
    print(table(found))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
