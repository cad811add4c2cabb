"""Everything in the output of `nvidia-smi` besides the rows: warnings, unknown lines, the exit status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gputui.core.gpus import Gpu
from gputui.core.health import Health
from gputui.core.text import clean, shorten
from gputui.ssh.gpus.nvidia import MEANINGS, SmiAnswer, rest_of

Finding = tuple[Health, str]
_MOST_LINES, _LONGEST_LINE, _MOST_FINDINGS = 8, 160, 3
_INFOROM = re.compile(r"infoROM is corrupted(?: at gpu\s*(?P<bus>[0-9A-Fa-f:.]{7,16}))?", re.IGNORECASE)
_TROUBLE = re.compile(
    r"warn|error|fail|fault|unable|cannot|corrupt|lost|reset|reboot|not responding|timed? ?out", re.IGNORECASE
)
_CORRUPTED, _OFF_THE_BUS, _NOT_HERE, _NOT_ALLOWED = 14, 15, 3, 4
_ENDED_BY_TIMEOUT = (124, 137)
_HEALTHS: Mapping[int, Health] = {
    _NOT_HERE: Health.OK,
    _NOT_ALLOWED: Health.UNKNOWN,
    8: Health.BAD,
    9: Health.BAD,
    10: Health.BAD,
    _OFF_THE_BUS: Health.BAD,
} | dict.fromkeys(_ENDED_BY_TIMEOUT, Health.BAD)
"""The health of a machine whose nvidia-smi listed GPUs and exited with this status; any other status is degraded."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """The findings for the verdict (OK ones are notes), and the lines themselves, cleaned and short."""

    findings: tuple[Finding, ...] = ()
    said: tuple[str, ...] = ()


def remarks(got: SmiAnswer, fields: Sequence[str], gpus: Sequence[Gpu]) -> Remarks:
    """Collect everything besides the rows of `gpus`.

    For processes and remapped rows only problems count: old drivers do not support these queries.
    """
    lines = list(dict.fromkeys(_lines(got, fields)))
    findings = dict.fromkeys(_line_finding(line, gpus) for line in lines)
    status = got.statuses.get(1, 0) or next((code for code in got.statuses.values() if code in _ABOUT_GPUS), 0)
    said = lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        said.append(f"… {len(lines) - _MOST_LINES} more lines")
    if status:
        said.append(f"exit status {status}")
        if not _is_said(status, lines, gpus):
            findings[_status_finding(status)] = None
    return Remarks(_gravest(list(findings)), tuple(said))


def _gravest(findings: list[Finding]) -> tuple[Finding, ...]:
    findings.sort(key=lambda finding: finding[0].rank)
    kept, more = findings[:_MOST_FINDINGS], findings[_MOST_FINDINGS:]
    return (*kept, (more[0][0], f"nvidia-smi says {len(more)} lines more")) if more else tuple(kept)


_ABOUT_GPUS = frozenset({8, 10, _CORRUPTED, _OFF_THE_BUS})


def _lines(got: SmiAnswer, fields: Sequence[str]) -> Iterator[str]:
    for line in rest_of(got.sections.get(1, ()), fields):
        yield shorten(clean(line.strip()), _LONGEST_LINE)
    for number in (2, 3):
        for line in got.sections.get(number, ()):
            if line.casefold().startswith(("warning", "error")) or _INFOROM.search(line):
                yield shorten(clean(line.strip()), _LONGEST_LINE)


def _line_finding(line: str, gpus: Sequence[Gpu]) -> Finding:
    inforom = _INFOROM.search(line)
    if inforom is not None:
        gpu = _at(inforom["bus"] or "", gpus)
        whose = gpu.title if gpu is not None else f"the GPU at {inforom['bus']}" if inforom["bus"] else "a GPU"
        return Health.DEGRADED, f"the infoROM of {whose} is corrupted"
    return Health.DEGRADED if _TROUBLE.search(line) else Health.OK, f"nvidia-smi says: {line}"


def _at(bus: str, gpus: Sequence[Gpu]) -> Gpu | None:
    """Return the GPU at a bus address: the domain has four digits or eight."""
    tail = bus.casefold().partition(":")[2]
    return next((gpu for gpu in gpus if tail and gpu.bus.casefold().partition(":")[2] == tail), None)


def _is_said(status: int, lines: Sequence[str], gpus: Sequence[Gpu]) -> bool:
    """Whether a finding already explains the exit status in more detail."""
    if status == _CORRUPTED:
        return any(_INFOROM.search(line) for line in lines)
    return status == _OFF_THE_BUS and any(gpu.lost for gpu in gpus)


def _status_finding(status: int) -> Finding:
    if status in _ENDED_BY_TIMEOUT:
        words = "nvidia-smi did not come to its end: the driver may hang"
    else:
        words = MEANINGS.get(status, f"nvidia-smi ended with {status}")
    return _HEALTHS.get(status, Health.DEGRADED), words
