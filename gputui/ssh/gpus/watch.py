"""Read the GPUs of many machines repeatedly; no machine delays another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from gputui.core.gpu_findings import GpuFinding, Verdict
from gputui.core.gpus import LATE_SECONDS, Past, Reading
from gputui.core.health import Health
from gputui.core.machine_verdicts import ReportedState, machine_verdict, silent_verdict
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.gpus.details import KnownFields
from gputui.ssh.gpus.reading import Smi
from gputui.ssh.machine import Machine
from gputui.ssh.prompter import HostKeyQuestion, NonInteractive, Prompter

CONCURRENCY = 64
EVERY, SECONDS = 3.0, 30.0
"""Seconds between two readings of a machine, and seconds a connected machine has to answer."""
PATIENCE = 3.0
"""Seconds after which a machine is late: it is still waited for, but no longer takes one of the places."""
LONGEST_WAIT = 60.0
_SLOW = 3
"""A slow machine is late after this many times the duration of its last reading."""
_LASTING = frozenset({Cause.CREDENTIALS, Cause.CONFIG, Cause.INPUT, Cause.FORBIDDEN})
"""Causes that a retry cannot fix: a person has to act first, and then asks for another reading."""
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class WatchedMachine:
    """One machine, its last reading, and why there is no newer one, if so.

    `waits` is True if it is not retried automatically. `took` is the duration of the last answer in seconds.
    `past` holds each GPU's last readings, `most` is the largest number of GPUs that a reading has shown.
    """

    machine: Machine
    smi: Smi = field(default_factory=Smi)
    reading: Reading | None = None
    problem: Problem | None = None
    connected: bool = False
    waits: bool = False
    failures: int = 0
    took: float = 0.0
    past: dict[str, Past] = field(default_factory=dict)
    most: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, reading: Reading) -> None:
        """Store the newest reading."""
        self.reading, self.problem, self.waits, self.failures = reading, None, False, 0
        # Only of current GPUs: a machine could make up a new one in each reading.
        self.past = {gpu.identity: self.past.get(gpu.identity, Past()) for gpu in reading.gpus}
        for gpu in reading.gpus:
            self.past[gpu.identity].add(gpu, reading.at)
        self.most = max(self.most, len(reading.gpus))

    def is_late(self, now: float) -> bool:
        """Whether the newest reading is too old to be trusted; a slow machine has longer."""
        return self.reading is not None and now - self.reading.at >= LATE_SECONDS + _SLOW * self.took

    def verdict(self, cloud: ReportedState, now: float) -> Verdict:
        """Return the verdict: without a current reading it is unknown, never fine."""
        reading, problem = self.reading, self.problem
        if problem is not None and (reading is None or cloud.health is Health.OFF):
            return silent_verdict(problem, cloud)
        if reading is None:
            words = "reading…" if self.connected else "connecting…"
            return Verdict(Health.CHANGING, (GpuFinding(Health.CHANGING, words),))
        if cloud.gpus is None and self.most:
            cloud = replace(cloud, gpus=self.most)
        verdict = machine_verdict(reading, cloud, self.past)
        if problem is None and not self.is_late(now):
            return verdict
        why = problem.text if problem is not None else "no newer reading"
        if verdict.health.faulty:
            return replace(verdict, notes=(why, *verdict.notes))
        return Verdict(Health.UNKNOWN, (GpuFinding(Health.UNKNOWN, why),), verdict.notes)

    def go_on_from(self, other: WatchedMachine) -> None:
        """Start with what another watch knows about the same machine."""
        self.most = other.most
        self.reading, self.past = other.reading, {name: past.copy() for name, past in other.past.items()}

    def fail(self, problem: Problem, *, lasting: bool) -> None:
        """Store why there is no newer reading."""
        self.problem, self.waits = problem, lasting
        self.failures += 1


class Turns:
    """A limit on concurrent readings; a late reading gives its place up and goes on without one."""

    def __init__(self, count: int, patience: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._patience = patience

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place for the block, or for the first `patience` seconds of it."""
        await self._free.acquire()
        late = asyncio.get_running_loop().call_later(self._patience, self._free.release)
        try:
            yield
        finally:
            if late.when() > asyncio.get_running_loop().time():
                late.cancel()
                self._free.release()


class GpuWatch:
    """Reads machines every few seconds until cancelled; `on_change` is called with a machine after each change of it.

    `person` is asked while connecting; None (for many machines) asks nobody. `smis` remembers how each machine is
    queried and may be shared with other watches. `now` gives epoch seconds.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        pool: Pool,
        *,
        now: Callable[[], float],
        on_change: Callable[[WatchedMachine], None],
        person: Prompter | None = None,
        smis: dict[Ref, Smi] | None = None,
        every: float = EVERY,
        seconds: float = SECONDS,
        concurrency: int = CONCURRENCY,
        patience: float = PATIENCE,
    ) -> None:
        known = {} if smis is None else smis
        fields = next((smi.known for smi in known.values()), KnownFields())
        self.machines: Mapping[Ref, WatchedMachine] = {
            machine.ref: WatchedMachine(machine, known.setdefault(machine.ref, Smi(known=fields)))
            for machine in machines
        }
        self._pool, self._person, self._now, self._on_change = pool, person, now, on_change
        self._every, self._seconds = every, seconds
        self._turns = Turns(concurrency, patience)

    async def run(self) -> None:
        """Read all machines, each at its own pace. Errors of a single machine are not raised."""
        async with asyncio.TaskGroup() as group:
            for one in self.machines.values():
                group.create_task(self._follow(one), name="gpus")

    def again(self, ref: Ref | None = None) -> None:
        """Read one machine (or all) again now, including those that are not retried automatically."""
        for one in self.machines.values():
            if ref in (None, one.machine.ref):
                one.wake.set()

    async def _follow(self, one: WatchedMachine) -> None:
        while True:
            one.wake.clear()
            try:
                one.take(await self._read(one))
            except Failed as failed:
                cause = failed.problem.cause
                # A person who has declined is asked again only on request.
                lasting = cause in _LASTING or (cause is Cause.REFUSED and self._person is not None)
                one.fail(failed.problem, lasting=lasting)
            except Exception as error:  # noqa: BLE001 - one machine's trouble is its own
                _log.exception("reading the GPUs of %s", one.machine)
                one.fail(Problem(Cause.OWN_BUG, type(error).__name__, "please report it, with the log"), lasting=True)
            self._on_change(one)
            await self._pause(one)

    async def _read(self, one: WatchedMachine) -> Reading:
        absent = _Absent()
        try:
            return await self._read_by(one, self._person or absent)
        except Failed:
            if absent.unmet:
                raise Failed(_UNMET) from None
            raise

    async def _read_by(self, one: WatchedMachine, person: Prompter) -> Reading:
        machine, read = one.machine.connectable(_TO_SEE), partial(self._read_over, one)
        async with self._turns.one(), self._pool.session(machine, person, read) as (_, reading):
            return reading

    async def _read_over(self, one: WatchedMachine, connection: Connection) -> Reading:
        if not one.connected:
            one.connected = True
            self._on_change(one)
        loop = asyncio.get_running_loop()
        began = loop.time()
        reading = await one.smi.read(connection, self._now, self._seconds)
        one.took = loop.time() - began
        return reading

    async def _pause(self, one: WatchedMachine) -> None:
        """Wait for the next reading: longer after each failure; a slow machine rests as long as its answer took."""
        wait: float | None = max(self._every - one.took, one.took)
        if one.failures:
            wait = None if one.waits else min(LONGEST_WAIT, self._every * 2 ** min(one.failures, 8))
        # Not wait_for, which loses a cancellation that comes together with what it waits for (until Python 3.12).
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await one.wake.wait()


class _Absent(NonInteractive):
    """Accepts nothing, and records that there was a question."""

    def __init__(self) -> None:
        self.unmet = False

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """No."""
        self.unmet = True
        return False


_UNMET = Problem(Cause.REFUSED, "its host key has not been accepted yet", "enter opens it, and asks")


_TO_SEE = "leave ssh.command out of the profile to see its GPUs"
