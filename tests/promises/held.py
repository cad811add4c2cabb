"""A proxy before an embedded cloud that holds every change back until the test lets it go: nothing is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from gputui.sim.serve import PROFILES, Simulator
from tests.contract.servers import GONE, RawServer, Wire
from tests.pilot.consoles import Console, Wish, console

BASES = {"hostedai": "/api", "datenfab": "/mdc/api/v1", "scp": "", "runai": ""}


class Held:
    """Reads go on to the cloud at once. `changes` are the lines of what changes something, as they came.

    Those wait for `let_go`: until then the cloud shows no trace of them. With `lose` they arrive, their answers do not.
    """

    def __init__(self) -> None:
        self.changes: list[str] = []
        self.reads: list[str] = []
        self._upstream = ("127.0.0.1", 0)
        self._free = asyncio.Event()
        self._lost = False
        self.server = RawServer(self._serve)

    def lead_to(self, url: str) -> None:
        """Which cloud stands behind it."""
        there = urlsplit(url)
        assert there.hostname is not None
        assert there.port is not None
        self._upstream = (there.hostname, there.port)

    def let_go(self) -> None:
        """Answer whatever waits, and all that comes."""
        self._free.set()

    def lose(self) -> None:
        """Let the answers to changes be lost: the cloud does what it was asked, and the connection ends."""
        self._lost = True
        self._free.set()

    async def _serve(self, wire: Wire) -> None:
        while True:
            seen = await wire.request()
            line = f"{seen.method} {seen.target}"
            changing = seen.method != "GET"
            (self.changes if changing else self.reads).append(line)
            if changing:
                await self._free.wait()
            answer = await self._asked(seen.head + seen.body)
            if changing and self._lost:
                return
            await wire.send(answer)

    async def _asked(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._upstream)
        try:
            writer.write(request)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.readexactly(_length(head))
        except GONE:
            return b""
        finally:
            writer.close()


def _length(head: bytes) -> int:
    lines = (line.partition(":") for line in head.decode("latin-1").lower().split("\r\n"))
    return next((int(value) for name, _, value in lines if name == "content-length"), 0)


@asynccontextmanager
async def held_console(folder: Path, cloud: str) -> AsyncIterator[tuple[Console, Held]]:
    """A console over one cloud whose answers to changes wait."""
    held = Held()
    async with held.server:
        where = {"base_url": held.server.base + BASES[cloud]}

        def before(clouds: Simulator) -> None:
            held.lead_to(clouds.urls[cloud])

        wish = Wish(only=(cloud,), profile_changes={PROFILES[cloud]: where}, before=before)
        async with console(folder, wish) as here:
            try:
                yield here, held
            finally:
                held.let_go()
