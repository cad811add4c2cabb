"""Everything in the output of `nvidia-smi` besides the rows: warnings, unknown lines, the exit status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gputui.core.gpu_findings import GpuFinding
from gputui.core.gpus import Gpu
from gputui.core.health import Health
from gputui.core.text import clean, shorten
from gputui.ssh.gpus.nvidia import rest_of
from gputui.ssh.gpus.question import MachineAnswer, Part
from gputui.ssh.gpus.statuses import CORRUPTED, MEANINGS, OFF_THE_BUS

_MOST_LINES, _LONGEST_LINE, _MOST_FINDINGS = 8, 160, 3
_INFOROM = re.compile(r"infoROM is corrupted(?: at gpu\s*(?P<bus>[0-9A-Fa-f:.]{7,16}))?", re.IGNORECASE)
_TROUBLE = re.compile(
    r"warn|error|fail|fault|unable|cannot|corrupt|lost|reset|reboot|not responding|timed? ?out", re.IGNORECASE
)
_ABOUT_GPUS = frozenset({8, 10, CORRUPTED, OFF_THE_BUS})
"""Statuses that say something about GPUs whichever query exits with them."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """The findings for the verdict (OK ones are notes), and the lines themselves, cleaned and short."""

    findings: tuple[GpuFinding, ...] = ()
    said: tuple[str, ...] = ()


def remarks(got: MachineAnswer, fields: Sequence[str], gpus: Sequence[Gpu]) -> Remarks:
    """Collect everything besides the rows of `gpus`.

    For processes and remapped rows only problems count: old drivers do not support these queries.
    """
    lines = list(dict.fromkeys(_lines(got, fields)))
    findings = dict.fromkeys(_line_finding(line, gpus) for line in lines)
    status = got.statuses.get(Part.GPUS, 0) or next((code for code in _smi_statuses(got) if code in _ABOUT_GPUS), 0)
    said = lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        said.append(f"… {len(lines) - _MOST_LINES} more lines")
    if status:
        said.append(f"exit status {status}")
        if not _is_said(status, lines, gpus):
            findings[_status_finding(status)] = None
    return Remarks(_gravest(list(findings)), tuple(said))


def _smi_statuses(got: MachineAnswer) -> Iterator[int]:
    return (got.statuses[part] for part in (Part.GPUS, Part.PROCESSES, Part.ROWS) if part in got.statuses)


def _gravest(findings: list[GpuFinding]) -> tuple[GpuFinding, ...]:
    findings.sort(key=lambda finding: finding.order)
    kept, more = findings[:_MOST_FINDINGS], findings[_MOST_FINDINGS:]
    return (*kept, GpuFinding(more[0].health, f"nvidia-smi says {len(more)} lines more")) if more else tuple(kept)


def _lines(got: MachineAnswer, fields: Sequence[str]) -> Iterator[str]:
    for line in rest_of(got.lines(Part.GPUS), fields):
        yield shorten(clean(line.strip()), _LONGEST_LINE)
    for part in (Part.PROCESSES, Part.ROWS):
        for line in got.lines(part):
            if line.casefold().startswith(("warning", "error")) or _INFOROM.search(line):
                yield shorten(clean(line.strip()), _LONGEST_LINE)


def _line_finding(line: str, gpus: Sequence[Gpu]) -> GpuFinding:
    inforom = _INFOROM.search(line)
    if inforom is not None:
        gpu = _at(inforom["bus"] or "", gpus)
        whose = gpu.title if gpu is not None else f"the GPU at {inforom['bus']}" if inforom["bus"] else "a GPU"
        return replace(MEANINGS[CORRUPTED], words=f"the infoROM of {whose} is corrupted")
    if not _TROUBLE.search(line):
        return GpuFinding(Health.OK, f"nvidia-smi says: {line}")
    return GpuFinding(Health.DEGRADED, f"nvidia-smi says: {line}", advice="log in with s and look", source="nvidia-smi")


def _at(bus: str, gpus: Sequence[Gpu]) -> Gpu | None:
    """Return the GPU at a bus address: the domain has four digits or eight."""
    tail = bus.casefold().partition(":")[2]
    return next((gpu for gpu in gpus if tail and gpu.bus.casefold().partition(":")[2] == tail), None)


def _is_said(status: int, lines: Sequence[str], gpus: Sequence[Gpu]) -> bool:
    """Whether a finding already explains the exit status in more detail."""
    if status == CORRUPTED:
        return any(_INFOROM.search(line) for line in lines)
    return status == OFF_THE_BUS and any(gpu.lost for gpu in gpus)


def _status_finding(status: int) -> GpuFinding:
    unknown = GpuFinding(Health.DEGRADED, f"nvidia-smi ended with {status}", advice="log in with s and look")
    return MEANINGS.get(status, unknown)
