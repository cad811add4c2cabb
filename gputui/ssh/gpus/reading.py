"""One reading of a machine's GPUs over a connection: one channel and one round trip for every driver version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gputui.core.gpus import Process, Reading
from gputui.core.machine_checks import MachineChecks
from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.gpus import details
from gputui.ssh.gpus.accelerators import SEARCH, MakersTool, tool_in
from gputui.ssh.gpus.checks import QUESTIONS, checks_in, uptime_in
from gputui.ssh.gpus.details import Details, KnownFields
from gputui.ssh.gpus.kernel_log import LogReader
from gputui.ssh.gpus.nvidia import (
    FIELDS,
    Remapped,
    first_words,
    gpus_in,
    questions,
    remapped_in,
    unknown_field,
    with_processes,
    with_remapped,
    without,
)
from gputui.ssh.gpus.question import MachineAnswer, Part, answer, knows_no_limit, script
from gputui.ssh.gpus.remarks import remarks
from gputui.ssh.gpus.statuses import HANGS, NOT_FOUND, NOTHING_FOUND, TIMED_OUT, said_instead
from gputui.ssh.running.collecting import Output, collect

MOST_BYTES = 256 * 1024
"""Output limit: ten times what sixty-four GPUs with all their processes need; the rest is cut off."""
ROWS_EVERY = 20
"""Remapped rows change only with a reset or every few months, so only every twentieth reading queries them."""
DETAILS_EVERY, CHECKS_EVERY, LOG_EVERY = 10, 20, 10
"""Readings between two that ask for the details of newer drivers, the machine's checks and the kernel log's news. The
second reading asks for all of them, so that the first is on the screen as soon as can be."""


@dataclass(slots=True)
class Smi:
    """How one machine is asked, and what was learned of it by the readings so far.

    `limited` is True until the machine turns out to be unable to limit the time of a query; `hung` while nvidia-smi
    does not come to its end there; `tool` is another maker's tool where there is no nvidia-smi; `relearn` if the driver
    has just told which details it knows.
    """

    fields: tuple[str, ...] = FIELDS
    known: KnownFields = field(default_factory=KnownFields)
    limited: bool = True
    hung: bool = False
    readings: int = 0
    driver: str = ""
    tool: MakersTool | None = None
    relearn: bool = False
    rows: dict[str, Remapped] = field(default_factory=dict)
    details: Details = field(default_factory=Details)
    checks: MachineChecks | None = None
    kernel: LogReader = field(default_factory=LogReader)

    @property
    def is_whole(self) -> bool:
        """Whether everything that can be asked was asked: details, checks and kernel log follow the first reading."""
        return self.readings > 1 and not self.relearn

    async def read(self, connection: Connection, now: Callable[[], float], seconds: float = 60.0) -> Reading:
        """Read the GPUs within so many seconds; `now` is epoch seconds.

        A field unknown to the driver, or a machine without `timeout`, costs one more round trip, once. Raises Failed if
        nvidia-smi is missing, its output cannot be parsed, or the machine itself does not answer.
        """
        while True:
            asked = self._parts()
            got = await self._ask(connection, asked, seconds)
            if self.limited and knows_no_limit(got.lines(Part.GPUS)):
                self.limited = False
                continue
            if self.tool is None and _is_missing(got) and (tool := tool_in(got.lines(Part.TOOLS))) is not None:
                self.tool = tool
                continue
            unknown = unknown_field(got.lines(Part.GPUS))
            if not unknown:
                break
            self.fields = without(self.fields, unknown)
            if not self.fields:
                self.fields = FIELDS
                raise Failed(Problem(Cause.REPLY, f"this driver's nvidia-smi knows no {unknown}", "it is too old"))
        self.readings += 1
        return self._taken(got, now())

    def _parts(self) -> list[tuple[Part, str]]:
        number = self.readings
        if self.tool is not None:
            return self.tool.parts() + self._machine_parts(number)
        asked = questions(self.fields, rows=number % ROWS_EVERY == 0)
        if number == 0:
            asked.append((Part.TOOLS, SEARCH))
        if (number % DETAILS_EVERY == 1 or self.relearn) and (names := self.known.of(self.driver)):
            asked.append(details.question(names))
        return asked + self._machine_parts(number)

    def _machine_parts(self, number: int) -> list[tuple[Part, str]]:
        """What is asked of the machine now and then, whoever made its accelerators."""
        asked: list[tuple[Part, str]] = []
        if number % CHECKS_EVERY == 1:
            asked += QUESTIONS
        if number % LOG_EVERY == 1:
            asked += [one for one in QUESTIONS if one[0] is Part.UPTIME and one not in asked]
            asked += self.kernel.questions()
        return asked

    async def _ask(self, connection: Connection, parts: list[tuple[Part, str]], seconds: float) -> MachineAnswer:
        output = Output(flood=MOST_BYTES)
        line = script(parts, limited=self.limited, hung=self.hung)
        try:
            async with asyncio.timeout(seconds):
                await collect(connection, line, output)
        except TimeoutError:
            got = answer(output.out.decode("utf-8", "replace"), 0)
            if not got.begun:
                raise Failed(_silent(seconds)) from None
            return got
        return answer((output.out + output.err).decode("utf-8", "replace"), output.status or 0)

    def _taken(self, got: MachineAnswer, at: float) -> Reading:
        """Keep what was asked only now and then, and return the reading."""
        if got.has(Part.ROWS):
            self.rows = remapped_in(got.lines(Part.ROWS))
        if got.has(Part.DETAILS) and self.tool is None:
            asked = self.known.of(self.driver)
            self.relearn = not self.known.learn(self.driver, got, asked)
            if not self.relearn:
                self.details.take(got.lines(Part.DETAILS), asked, at)
        if got.has(Part.STUCK) and got.has(Part.UPTIME):
            self.checks = checks_in(got, at)
        self.kernel.take(got, at, uptime_in(got))
        reading = self._reading(got, at)
        self.driver = reading.driver or self.driver
        self.hung = HANGS in reading.remarks
        return replace(reading, checks=self.checks, log=self.kernel.log)

    def _reading(self, got: MachineAnswer, at: float) -> Reading:
        if not got.has(Part.GPUS):
            return Reading(at, (), trouble=HANGS.words, remarks=(HANGS,))
        lines, status = got.lines(Part.GPUS), got.statuses[Part.GPUS]
        if self.tool is not None:
            return self._of_tool(self.tool, got, at)
        gpus, driver = gpus_in(lines, self.fields)
        if not gpus and _is_missing(got):
            raise Failed(_NO_SMI)
        if not gpus:
            return self._without_gpus(lines, status, at)
        elsewhere: tuple[Process, ...] = ()
        said = got.lines(Part.PROCESSES)
        if any(said) or got.statuses.get(Part.PROCESSES) == 0:
            gpus, elsewhere = with_processes(gpus, said)
        beside = remarks(got, self.fields, gpus)
        gpus = self.details.added_to(with_remapped(gpus, self.rows))
        return Reading(at, gpus, driver, "", elsewhere, beside.findings, beside.said)

    def _of_tool(self, tool: MakersTool, got: MachineAnswer, at: float) -> Reading:
        gpus, status = tool.gpus(got), got.statuses[Part.GPUS]
        if gpus:
            return Reading(at, gpus, tool.maker)
        if status in TIMED_OUT:
            hangs = replace(HANGS, words=f"{tool.name} does not come to its end, while the machine answers")
            return Reading(at, (), trouble=hangs.words, remarks=(hangs,))
        words = f"{tool.name} tells nothing that we understand" + (f", and ended with {status}" if status else "")
        raise Failed(Problem(Cause.REPLY, words, f"log in with s and run {tool.name} there"))

    def _without_gpus(self, lines: tuple[str, ...], status: int, at: float) -> Reading:
        """Return the reading of a driver that lists no GPU. Raises Failed if nobody can tell why."""
        said = first_words(lines)
        why = said_instead(status, said)
        if why is not None:
            return Reading(at, (), trouble=why.words, remarks=(why,), said=(said,) if said else ())
        if status == NOTHING_FOUND or "no devices" in said.casefold():
            return Reading(at, ())
        words = f"nvidia-smi ended with {status}: {said}" if status else f"nvidia-smi lists no GPU, but says: {said}"
        if not said:
            words = "nvidia-smi said nothing at all" + (f", and ended with {status}" if status else "")
        raise Failed(Problem(Cause.REPLY, words, "log in with s and run nvidia-smi there"))


_NO_SMI = Problem(
    Cause.MISSING,
    "there is no nvidia-smi on this machine",
    "nor amd-smi, rbln-stat or furiosa-smi: is the driver there, and in this container?",
)


def _silent(seconds: float) -> Problem:
    text = f"the machine gave no answer in {seconds:g} s, though it is connected"
    return Problem(Cause.TIMEOUT, text, "log in with s: it may be overloaded, or its disk may hang")


def _is_missing(got: MachineAnswer) -> bool:
    """Whether there is no nvidia-smi, by its status or the shell's message."""
    said, status = " ".join(got.lines(Part.GPUS)).casefold(), got.statuses.get(Part.GPUS, 0)
    if status == NOT_FOUND:
        return True
    return status != 0 and "nvidia-smi" in said and ("not found" in said or "not recognized" in said)
