"""`gputui gpus`: what machines themselves say of their GPUs, once or again and again, for scripts and tickets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress

from gputui.commands import formats
from gputui.commands.context import CliContext
from gputui.commands.ending import run_to_its_end
from gputui.commands.expressions import read_expression
from gputui.commands.interruption import Interruption
from gputui.commands.options import GlobalOptions, GpusOptions
from gputui.commands.profiles import configured
from gputui.commands.selecting import MachineSelection, select
from gputui.config.profiles import Config, Profile
from gputui.core.cells import natural
from gputui.core.filter import Filter
from gputui.core.gpu_evidence import evidence
from gputui.core.gpu_findings import Verdict
from gputui.core.gpu_records import gpus_record
from gputui.core.health import Health
from gputui.core.machine_verdicts import ReportedState, reported_state
from gputui.core.records import Record
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.gpus.watch import GpuWatch, WatchedMachine
from gputui.ssh.places import SshPlaces

TITLES = ("NAME", "PROFILE", "HEALTH", "DO", "GPUS", "UTIL", "TEMP", "DRIVER", "WHY")
_RIGHT = (False, False, False, False, True, True, True, False, False)
_SOON = 0.05
"""Seconds between the first reading of a machine and the one that asks for the rest."""


def run_gpus(asked: GpusOptions, options: GlobalOptions, ctx: CliContext) -> int:
    """Return 0 if all is well, 1 if a GPU or its machine is bad or degraded, 2 if something could not be read.

    If interrupted, return 128 + the signal's number.
    """
    found = configured(options, ctx)
    wanted = read_expression(asked.expression, ctx, found[1] if found else ())
    if found is None or wanted is None:
        return 2
    config, profiles = found
    return run_to_its_end(lambda _: _read(asked, config, profiles, wanted, ctx))


async def _read(
    asked: GpusOptions, config: Config, profiles: Sequence[Profile], wanted: Filter, ctx: CliContext
) -> int:
    selection = await select(config, profiles, wanted, ctx)
    for words in selection.shared_words():
        ctx.say(words)
    for found, problem in selection.unreached:
        ctx.say(f"{found.row.ref.profile}/{found.row.name}: {problem.text}")
    if not selection.machines:
        ctx.say("no machine to read" + (f" matches {asked.expression!r}" if asked.expression else ""))
        return 2
    agent = ctx.environ.get("SSH_AUTH_SOCK", "")
    pool = Pool(SshPlaces(ctx.places.home, ctx.places.known_hosts, agent, ctx.user()), linger=0)
    interruption = Interruption()
    reader = _Reader(selection, asked, pool, ctx)
    try:
        await interruption.ends(reader.run())
    finally:
        await pool.aclose()
    if interruption.exit_code is not None:
        return interruption.exit_code
    # A machine that is off by the cloud's word has nothing to say, which is no fault.
    unreached = any(found.row.health is not Health.OFF for found, _ in selection.unreached)
    unread = config.errors or not selection.whole or unreached
    return 2 if unread and reader.status < 2 else reader.status


class _Reader:
    """Reads the machines of a selection and writes them; `status` is 0, 1 or 2 after the last reading written."""

    def __init__(self, selection: MachineSelection, asked: GpusOptions, pool: Pool, ctx: CliContext) -> None:
        self.status = 0
        self._selection, self._asked, self._ctx = selection, asked, ctx
        self._clouds = {ref: reported_state(found.view, found.row) for ref, found in selection.rows.items()}
        self._settled = asyncio.Event()
        self._watch = GpuWatch(
            selection.machines,
            pool,
            now=ctx.now,
            on_change=self._changed,
            every=asked.every or _SOON,
            concurrency=asked.concurrency,
        )

    async def run(self) -> None:
        """Read once, or until cancelled."""
        reading = asyncio.create_task(self._watch.run())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._asked.timeout):
                    await self._settled.wait()
            self._write()
            while self._asked.every is not None:
                await asyncio.sleep(self._asked.every)
                self._write()
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    def _changed(self, _: WatchedMachine) -> None:
        if all(one.smi.is_whole or one.problem is not None for one in self._watch.machines.values()):
            self._settled.set()

    def _write(self) -> None:
        told = sorted(self._told(), key=lambda one: (one[2].health.rank, natural(one[0].machine.name)))
        health = [verdict.health for _, _, verdict in told]
        unread = any(one in (Health.UNKNOWN, Health.CHANGING) for one in health)
        self.status = 2 if unread else 1 if any(one.faulty for one in health) else 0
        out = self._ctx.out
        if self._asked.evidence:
            for one, cloud, verdict in told:
                self._write_evidence(one, cloud, verdict)
        elif self._asked.output == "table":
            lines = [_line(one, verdict) for one, _, verdict in told]
            formats.write_table(TITLES, lines, out, right=_RIGHT, headers=self._asked.headers)
        else:
            write = formats.write_json if self._asked.output == "json" else formats.write_jsonl
            write([_record(one, cloud, verdict) for one, cloud, verdict in told], out)
        out.flush()

    def _told(self) -> Iterator[tuple[WatchedMachine, ReportedState, Verdict]]:
        now = self._ctx.now()
        for ref, one in self._watch.machines.items():
            cloud = self._clouds[ref]
            yield one, cloud, one.verdict(cloud, now)

    def _write_evidence(self, one: WatchedMachine, cloud: ReportedState, verdict: Verdict) -> None:
        if one.reading is None:
            self._ctx.say(f"{one.machine.ref.profile}/{one.machine.name}: {verdict.words}")
            return
        self._ctx.out.write(evidence(one.machine.name, one.machine.ref, cloud, one.reading, verdict) + "\n")


def _record(one: WatchedMachine, cloud: ReportedState, verdict: Verdict) -> Record:
    return gpus_record(one.machine.name, one.machine.ref, cloud, verdict, one.reading, one.past)


def _line(one: WatchedMachine, verdict: Verdict) -> tuple[str, ...]:
    reading = one.reading
    use = reading.utilization if reading is not None else None
    heat = reading.hottest if reading is not None else None
    return (
        one.machine.name,
        one.machine.ref.profile,
        verdict.health.word,
        verdict.action.word or "-",
        str(len(reading.gpus)) if reading is not None else "-",
        f"{use:.0f}%" if use is not None else "-",
        f"{heat:.0f}C" if heat is not None else "-",
        (reading.driver if reading is not None else "") or "-",
        verdict.words or "-",
    )
