"""One reading of a machine's GPUs over a connection: one channel and one round trip for every driver version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gputui.core.gpus import Process, Reading
from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.gpus.nvidia import (
    FIELDS,
    MEANINGS,
    Remapped,
    SmiAnswer,
    answer,
    command,
    first_words,
    gpus_in,
    knows_no_limit,
    remapped_in,
    unknown_field,
    with_processes,
    with_remapped,
    without,
)
from gputui.ssh.gpus.remarks import Remarks, remarks
from gputui.ssh.running.collecting import Output, collect

MOST_BYTES = 256 * 1024
"""Output limit: ten times what sixty-four GPUs with all their processes need; the rest is cut off."""
ROWS_EVERY = 20
"""Remapped rows change only with a reset or every few months, so only every twentieth reading queries them."""
_NOT_FOUND, _NOTHING_FOUND = 127, 6


@dataclass(slots=True)
class Smi:
    """How one machine's `nvidia-smi` is queried: the fields its driver knows, and the last known remapped rows.

    `limited` is True until the machine turns out to be unable to limit the time of a query.
    """

    fields: tuple[str, ...] = FIELDS
    limited: bool = True
    readings: int = 0
    rows: dict[str, Remapped] = field(default_factory=dict)

    async def read(self, connection: Connection, now: Callable[[], float]) -> Reading:
        """Read the GPUs; `now` is epoch seconds. Raises Failed if nvidia-smi is missing or its output cannot be parsed.

        A field unknown to the driver, or a machine without `timeout`, costs one more round trip, once.
        """
        while True:
            output = Output(flood=MOST_BYTES)
            with_rows = self.readings % ROWS_EVERY == 0
            await collect(connection, command(self.fields, rows=with_rows, limited=self.limited), output)
            text = (output.out + output.err).decode("utf-8", "replace")
            got = answer(text, output.status or 0)
            if self.limited and knows_no_limit(got.sections.get(1, ())):
                self.limited = False
                continue
            unknown = unknown_field(got.sections.get(1, ()))
            if not unknown:
                break
            self.fields = without(self.fields, unknown)
            if not self.fields:
                self.fields = FIELDS
                raise Failed(Problem(Cause.REPLY, f"this driver's nvidia-smi knows no {unknown}", "it is too old"))
        self.readings += 1
        if with_rows:
            self.rows = remapped_in(got.sections.get(3, ()))
        return self._reading(got, now())

    def _reading(self, got: SmiAnswer, at: float) -> Reading:
        lines, status = got.sections.get(1, ()), got.statuses.get(1, 0)
        gpus, driver = gpus_in(lines, self.fields)
        if not gpus and (status == _NOT_FOUND or _is_missing(lines, status)):
            raise Failed(_NO_SMI)
        elsewhere: tuple[Process, ...] = ()
        if (said := got.sections.get(2)) is not None and (any(said) or got.statuses.get(2) == 0):
            gpus, elsewhere = with_processes(gpus, said)
        beside = remarks(got, self.fields, gpus) if gpus else Remarks()
        trouble = "" if gpus else _trouble(lines, status)
        gpus = with_remapped(gpus, self.rows)
        return Reading(at, gpus, driver, trouble, elsewhere, beside.findings, beside.said)


_NO_SMI = Problem(
    Cause.MISSING, "there is no nvidia-smi on this machine", "is the NVIDIA driver installed, and in this container?"
)


def _is_missing(lines: tuple[str, ...], status: int) -> bool:
    """Whether the output is a shell's message that the command was not found."""
    said = " ".join(lines).casefold()
    return status != 0 and "nvidia-smi" in said and ("not found" in said or "not recognized" in said)


def _trouble(lines: tuple[str, ...], status: int) -> str:
    """Return why there are no GPUs; empty if the driver finds none. Raises Failed if the output cannot be parsed."""
    said = first_words(lines)
    if status in MEANINGS:
        return MEANINGS[status]
    if status == _NOTHING_FOUND or "no devices" in said.casefold():
        return ""
    if "version mismatch" in said.casefold():
        return MEANINGS[18]
    words = f"nvidia-smi ended with {status}: {said}" if status else f"nvidia-smi lists no GPU, but says: {said}"
    if not said:
        words = "nvidia-smi said nothing at all" + (f", and ended with {status}" if status else "")
    raise Failed(Problem(Cause.REPLY, words, "log in with s and run nvidia-smi there"))
