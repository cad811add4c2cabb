"""The evidence about a machine's GPUs as text for a ticket: what the provider asks for before it replaces one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from gputui.core.gpu_findings import GpuFinding, Verdict
from gputui.core.gpus import Gpu, Reading
from gputui.core.kernel_log import KernelEvent, LogKind, Readable
from gputui.core.machine_verdicts import ReportedState
from gputui.core.rows import Ref

_MOST_EVENTS = 40


def evidence(name: str, ref: Ref, cloud: ReportedState, reading: Reading, verdict: Verdict) -> str:
    """Return the lines of the evidence: whose machine, both words, findings, the GPUs that are ill, the kernel log.

    All text was cleaned where it was read.
    """
    lines = [
        f"machine: {name} (profile {ref.profile}, id {ref.id})",
        f"read at: {moment(reading.at)}",
        f"cloud says: {cloud.state or 'nothing'}" + (f", {cloud.gpus} GPUs" if cloud.gpus is not None else ""),
        f"machine says: {verdict.health.word}; {len(reading.gpus)} GPUs, driver {reading.driver or 'unknown'}",
        *(f"- {line}" for line in _findings(verdict)),
        *(f"- note: {note}" for note in verdict.notes),
        *_gpus(reading),
        *_log(reading),
        *(f"nvidia-smi: {line}" for line in reading.said),
    ]
    return "\n".join(lines) + "\n"


def moment(at: float) -> str:
    """Return a moment in UTC: evidence is read by people in other places."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def finding_words(finding: GpuFinding) -> str:
    """Return a finding with its source, when it began, and what to do."""
    begun = f", since {moment(finding.since)}" if finding.since is not None else ""
    source = f" ({finding.source}{begun})" if finding.source else begun
    return f"{finding.words}{source}" + (f" → {finding.remedy}" if finding.remedy else "")


def _findings(verdict: Verdict) -> Iterator[str]:
    return (f"{finding.health.word}: {finding_words(finding)}" for finding in verdict.findings)


def _gpus(reading: Reading) -> Iterator[str]:
    for gpu in reading.gpus:
        yield f"{gpu.title}: " + ", ".join(part for part in _parts(gpu) if part)


def _parts(gpu: Gpu) -> Iterator[str]:
    detail, errors = gpu.detail, gpu.errors
    yield gpu.name
    yield f"uuid {gpu.uuid}" if gpu.uuid else ""
    yield f"serial {detail.serial}" if detail is not None and detail.serial else ""
    yield f"bus {gpu.bus}" if gpu.bus else ""
    yield f"vbios {detail.vbios}" if detail is not None and detail.vbios else ""
    yield f"driver asks for {detail.recovery}" if detail is not None and detail.recovery else ""
    if errors.uncorrected is not None:
        yield f"ECC uncorrected {errors.uncorrected} (ever {errors.uncorrected_ever}), corrected {errors.corrected}"
    yield f"{gpu.remapped} rows remapped" if gpu.remapped else ""
    yield "remapping pending" if gpu.pending else ""
    yield "remapping failed" if gpu.unmappable else ""
    yield gpu.trouble


def _log(reading: Reading) -> Iterator[str]:
    log = reading.log
    if log.readable is Readable.NO:
        yield "kernel log: could not be read by this user"
    elif log.readable is Readable.YES and not log.events:
        yield "kernel log: no errors since boot"
    for event in log.events[-_MOST_EVENTS:]:
        yield f"kernel log: {_event(event)}"


def _event(event: KernelEvent) -> str:
    whose = f", pid {event.pid}, {event.name}" if event.pid is not None else ""
    number = f" {event.number} at {event.bus}" if event.kind in (LogKind.XID, LogKind.SXID) else ""
    return f"{moment(event.at)} {event.kind.value}{number}{whose}: {event.text}"
