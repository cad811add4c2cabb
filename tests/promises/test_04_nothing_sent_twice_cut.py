"""A change whose connection is cut, at every point there is: sent at most once, its outcome told truly to the end.

How the HTTP layer judges each cut is in test_net; here the change goes the whole way, from the verb to the journal and
to what reading the cloud shows afterwards, through a proxy that does the cutting.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import tomli_w

from gputui.config.profiles import load
from gputui.core.actions import Progress
from gputui.core.request import SendStatus
from gputui.core.rows import Row
from gputui.engine.journal import Journal
from gputui.engine.operations import Operation
from gputui.engine.perform import Intent
from gputui.engine.store import Store, Tab
from gputui.sim.clock import ManualClock as CloudsClock
from gputui.sim.serve import Simulator
from tests.clocks import ManualClock, until
from tests.contract.servers import GONE, Authority, serving
from tests.opening import open_first

PROFILE = "datenfab"
# Where it is cut → what is known of the change, and how often the cloud was asked for it.
CUTS: dict[str, tuple[SendStatus, int]] = {
    "nobody listens": (SendStatus.NOT_SENT, 0),
    "after accept": (SendStatus.UNKNOWN, 0),
    "in the handshake": (SendStatus.NOT_SENT, 0),
    "in the head": (SendStatus.UNKNOWN, 0),
    "after the head": (SendStatus.UNKNOWN, 0),
    "in the body": (SendStatus.UNKNOWN, 0),
    "after the request": (SendStatus.UNKNOWN, 1),
    "in the reply's head": (SendStatus.UNKNOWN, 1),
    "in the reply's body": (SendStatus.UNKNOWN, 1),
    "after the reply": (SendStatus.ACCEPTED, 1),
}
ENCRYPTED = {"after accept": (SendStatus.NOT_SENT, 0)}
"""Over TLS nothing can have left before there was a handshake."""

MEANWHILE = {SendStatus.UNKNOWN: ["unknown whether it arrived, looking"], SendStatus.ACCEPTED: ["accepted"]}
"""What is said until reading the cloud has shown something."""


class Cutter:
    """A proxy before one cloud that passes everything on whole, but cuts the first change at the point it is told."""

    def __init__(self, upstream: str, tls: ssl.SSLContext | None) -> None:
        there = urlsplit(upstream)
        assert there.hostname is not None
        self._upstream = (there.hostname, there.port)
        self._tls = tls
        self._cut = ""
        self._callers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.url = ""

    async def __aenter__(self) -> Cutter:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for caller in tuple(self._callers):
            caller.cancel()
        await asyncio.gather(*self._callers, return_exceptions=True)

    def cut(self, where: str) -> None:
        """Cut what comes next on a connection of its own: a change does, and nothing else is under way."""
        assert self._server is not None
        self._cut = where
        if where == "nobody listens":
            self._server.close()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._callers.add(task)
        cut, self._cut = self._cut, ""
        try:
            await self._serve(reader, writer, cut)
        except GONE:
            pass
        finally:
            self._callers.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: str) -> None:
        if cut == "after accept":
            writer.transport.abort()
        elif cut == "in the handshake":
            await reader.readexactly(5)
            writer.transport.abort()
        else:
            if self._tls is not None:
                await writer.start_tls(self._tls)
            while not cut:
                await send(writer, await self._answer(await request(reader)))
            await self._cut_short(reader, writer, cut)

    async def _cut_short(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: str) -> None:
        """Take and give exactly as much as the point says; no more of the request reaches the cloud than all of it."""
        if cut == "in the head":
            await reader.readexactly(20)
        elif cut in ("after the head", "in the body"):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(length_of(head) // 2 if cut == "in the body" else 0)
        else:
            answer = await self._answer(await request(reader))
            head_ends = answer.index(b"\r\n\r\n") + 4
            ends = {"in the reply's head": head_ends // 2, "in the reply's body": -1, "after the reply": len(answer)}
            await send(writer, answer[: ends.get(cut, 0)])
            return
        writer.transport.abort()

    async def _answer(self, asked: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._upstream)
        try:
            await send(writer, asked)
            return await request(reader)
        finally:
            writer.close()


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def request(reader: asyncio.StreamReader) -> bytes:
    """One whole request, or one whole reply."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(length_of(head))


def length_of(head: bytes) -> int:
    for line in head.decode("latin-1").lower().split("\r\n"):
        name, _, value = line.partition(":")
        if name == "content-length":
            return int(value)
    return 0


class Bench:
    """The console's data over one cloud behind a cutter; time passes when the test says so, in both."""

    def __init__(self, store: Store, clouds: Simulator, cutter: Cutter, journal: Path) -> None:
        self.store, self.clouds, self.cutter, self.journal = store, clouds, cutter, journal

    @property
    def operation(self) -> Operation:
        (found,) = self.store.operations.everything()
        return found

    async def stop_one(self) -> Row:
        """Power a running instance off; the row as it was."""
        cloud = self.store.clouds[PROFILE]
        await until(lambda: self.store.machines(PROFILE))
        row = next(row for row in self.store.machines(PROFILE).values() if row.state == "Running")
        view = cloud.provider.view("instances")
        assert view is not None
        action = next(action for action in view.actions if action.name == "stop")
        await self.store.perform(Intent(cloud, action, "instances", (row,)))
        return row

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and read the cloud as it is then."""
        clouds, here = self.clouds.clock, self.store.clock
        assert isinstance(clouds, CloudsClock)
        assert isinstance(here, ManualClock)
        clouds.advance(seconds)
        cloud = self.store.clouds[PROFILE]
        here.advance(seconds)
        cloud.refresh()
        await until(lambda: all(snapshot.taken_at == here.now() for snapshot in cloud.snapshots().values()))

    async def followed(self, step: float) -> list[str]:
        """Let time pass until its end is seen, or its patience is over; what was said while nothing was to be seen."""
        told: list[str] = []
        for _ in range(round(self.operation.action.patience)):
            if not self.operation.open or self.operation.slow(self.store.clock.now()):
                return told
            if self.operation.progress is Progress.WAITING:
                told = list(dict.fromkeys([*told, self.operation.outcome]))
            await self.pass_time(step)
        raise AssertionError(f"{self.operation.words}, and so for ever")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


@asynccontextmanager
async def bench(folder: Path, tls: ssl.SSLContext | None) -> AsyncIterator[Bench]:
    with Simulator(calm=True, clock=CloudsClock(time.time()), only=(PROFILE,)) as clouds:
        async with Cutter(clouds.urls[PROFILE], tls) as cutter:
            profile: Any = clouds.config()["profiles"]
            profile[PROFILE]["base_url"] = cutter.url + urlsplit(profile[PROFILE]["base_url"]).path
            if tls is not None:
                profile[PROFILE]["ca_file"] = str(folder / "authority.pem")
            file = folder / "config.toml"
            file.touch(mode=0o600)
            file.write_text(tomli_w.dumps({"profiles": profile}))
            config = load(file, home=folder)
            source = await open_first(config)
            provider, client = source.provider, source.client
            clock, path = ManualClock(), folder / "audit.jsonl"
            journal = Journal(path, "tester", clock.now)
            store = Store([Tab(PROFILE, PROFILE)], journal=journal, clock=clock, rng=random.Random(1))
            store.connect(PROFILE, provider, client)
            try:
                yield Bench(store, clouds, cutter, path)
            finally:
                await store.aclose()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("where", "encrypted"),
    [(where, encrypted) for where in CUTS for encrypted in (False, True) if encrypted or where != "in the handshake"],
)
async def test_what_is_told_of_a_change_that_was_cut_is_true(
    tmp_path: Path, authority: Authority, where: str, encrypted: bool
) -> None:
    send_status, times = ENCRYPTED.get(where, CUTS[where]) if encrypted else CUTS[where]
    tls = serving(authority.issue("proxy")) if encrypted else None
    (tmp_path / "authority.pem").write_bytes(authority.file.read_bytes())
    async with bench(tmp_path, tls) as here:
        await until(lambda: here.store.machines(PROFILE))
        here.cutter.cut(where)
        row = await here.stop_one()
        assert len(here.clouds.logs[PROFILE].changes()) == times
        assert here.operation.send_status is send_status
        assert [(line["phase"], line.get("outcome")) for line in here.lines()] == [
            ("intent", None),
            ("outcome", send_status.value),
        ]
        assert await here.followed(5.0 if times else 30.0) == MEANWHILE.get(send_status, [])
        assert here.operation.outcome_at(here.store.clock.now()) == end_of(here.operation, times)
        assert len(here.clouds.logs[PROFILE].changes()) == times
        newest = here.store.find(row.ref)
        assert newest is not None
        assert newest.state == ("Shutdown" if times else "Running")


def end_of(operation: Operation, times: int) -> str:
    """Whatever was unknown is found out by reading, and never called failed."""
    if times:
        return "confirmed"
    return operation.problem if operation.refused else "no sign for 10 min, still looking (every 60 s)"
