"""Group the results of many machines: equal outputs to one group, equal causes to one failure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gputui.core.cells import natural
from gputui.core.problem import Problem
from gputui.core.text import REPLACED, lines_of
from gputui.ssh.machine import Machine
from gputui.ssh.running.fan_out import CommandResult
from gputui.ssh.running.unknown_keys import refuse_conflicting
from gputui.ssh.same_failure import without_address

LONGEST_TEXT = 256 * 1024
"""Bytes of each output shown on screen: more would take longer than a person waits."""

_ODD_SHARE = 20
_CONTROLS = re.compile(r"[\x01-\x07\x0b\x0e-\x1a\x1c-\x1f\x7f]")
"""What text does not contain: no white space, no backspace, no escape."""


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """Machines with the same result: the cleaned lines of stdout, then stderr, and the exit status.

    `status` is None for machines with output that did not finish; the reason is among the failures.
    """

    text: tuple[str, ...]
    status: int | None
    machines: tuple[Machine, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Machines that failed in the same way; the text names no single address."""

    text: str
    remedy: str
    machines: tuple[Machine, ...]


def gather(answers: Sequence[CommandResult], longest: int = LONGEST_TEXT) -> list[ResultGroup]:
    """Group equal results, smallest group first; the last group is the majority.

    `longest` bytes of each output are shown as lines; the rest is summarised by its length and hash. Among groups of
    one size failed ones come first. Results with neither output nor status form no group.
    """
    shown = _CleanOutput(longest)
    groups: dict[tuple[tuple[str, ...], int | None], list[Machine]] = {}
    for answer in answers:
        if answer.status is not None or answer.out or answer.err:
            groups.setdefault((shown.text(answer), answer.status), []).append(answer.machine)
    found = [ResultGroup(text, status, _in_order(machines)) for (text, status), machines in groups.items()]
    return sorted(found, key=_oddness)


def failures(answers: Sequence[CommandResult]) -> list[Failure]:
    """Group the machines that did not finish by cause, the most frequent first."""
    causes: dict[tuple[str, str], list[Machine]] = {}
    for answer in refuse_conflicting(answers):
        if answer.problem is not None:
            remedy = answer.problem.remedy if answer.unmet is None else _unmet(answer.machine)
            causes.setdefault((_cause(answer, answer.problem), remedy), []).append(answer.machine)
    found = [Failure(text, remedy, _in_order(machines)) for (text, remedy), machines in causes.items()]
    return sorted(found, key=lambda failure: (-len(failure.machines), failure.text))


def _unmet(machine: Machine) -> str:
    return _NOT_UNSEEN if machine.options.host_keys == "accept-new" else _UNMET


def _oddness(group: ResultGroup) -> tuple[int, int, str]:
    status = {None: -2, 0: 0}.get(group.status, -1)
    return len(group.machines), status, natural(group.machines[0].name)


def _in_order(machines: list[Machine]) -> tuple[Machine, ...]:
    return tuple(sorted(machines, key=lambda machine: (machine.ref.profile, natural(machine.name))))


def _cause(answer: CommandResult, problem: Problem) -> str:
    if answer.unmet is not None:
        return f"{problem.cause.value}: the host key is unknown, and nobody has accepted it"
    return without_address(problem, answer.machine)


class _CleanOutput:
    """Converts output to cleaned lines; equal output is cleaned once."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._known: dict[bytes, list[str]] = {}

    def text(self, answer: CommandResult) -> tuple[str, ...]:
        lines = [*self._lines(answer.out), *self._lines(answer.err)]
        return (*lines, _MORE) if answer.cut else tuple(lines)

    def _lines(self, data: bytes) -> list[str]:
        if data not in self._known:
            self._known[data] = _lines(data, self._longest)
        return self._known[data]


def _lines(data: bytes, longest: int) -> list[str]:
    if not data:
        return []
    # Cut at a line end: a truncated number would be another number.
    end = len(data) if len(data) <= longest else data.rfind(b"\n", 0, longest) + 1 or longest
    text = data[:end].decode("utf-8", "replace")
    if not _is_text(text):
        return [f"{len(data)} bytes that are no text, {_hash(data)}"]
    lines = lines_of(text.replace("\r\n", "\n").removesuffix("\n"))
    rest = data[end:]
    if rest:
        return [*lines, f"… {len(rest)} bytes more, {_hash(rest)}"]
    # Without the hash two texts that differ only in what was replaced would be one group.
    return [*lines, f"(not UTF-8, {_hash(data)})"] if REPLACED in text and not _is_utf8(data) else lines


def _is_text(text: str) -> bool:
    """Whether it is text, perhaps in another encoding (EUC-KR, cp1252): it has few controls, and something to read."""
    if "\0" in text or len(_CONTROLS.findall(text)) * _ODD_SHARE > len(text):
        return False
    return REPLACED not in text or bool(text.replace(REPLACED, "").strip())


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _hash(data: bytes) -> str:
    return f"SHA256 {hashlib.sha256(data).hexdigest()[:16]}"


_UNMET = 'accept it at a terminal, or set host_keys = "accept-new" in the ssh table'
_NOT_UNSEEN = "accept it at a terminal: what known_hosts says about the host keeps it from being accepted unseen"
_MORE = "… more came than is kept"
