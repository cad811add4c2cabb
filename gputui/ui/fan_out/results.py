"""The answers of many machines as sections: small groups first, then machines without an answer, then the majority."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Hashable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from rich.cells import cell_len

from gputui.core.rows import Ref
from gputui.core.unique_names import Names
from gputui.ui.widgets.bars import Part, cut
from gputui.ui.widgets.outline import Section
from gputui.ui.widgets.styles import StyleName

if TYPE_CHECKING:
    from gputui.ssh.machine import Machine
    from gputui.ssh.running.fan_out import CommandResult
    from gputui.ssh.running.gathering import Failure, ResultGroup

Shown: TypeAlias = "ResultGroup | Failure | Pending"

SHORT = 12
"""Texts with up to this many lines are expanded initially."""
LONGEST_PEEK, LONGEST_COMPARED = 400, 1000
ALIGNED = 24
"""Maximum width in cells of the names column for which the next column is aligned."""
_DIFF_TONES: dict[str, StyleName] = {"+": "added", "-": "removed", "@": "key"}


@dataclass(frozen=True, slots=True)
class Pending:
    """Machines that have not finished yet."""

    machines: tuple[Machine, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All answers, grouped, and the machines that are still awaited."""

    groups: tuple[ResultGroup, ...] = ()
    failures: tuple[Failure, ...] = ()
    pending: tuple[Pending, ...] = ()

    @classmethod
    def of(cls, answers: Sequence[CommandResult], pending: Sequence[Machine] = ()) -> Report:
        """Group the answers; slow for long outputs."""
        from gputui.ssh.running.gathering import failures, gather

        waiting = (Pending(tuple(pending)),) if pending else ()
        return cls(tuple(gather(answers)), tuple(failures(answers)), waiting)

    @property
    def majority(self) -> ResultGroup | None:
        """The most frequent answer; None if there are no two to compare."""
        return self.groups[-1] if len(self.groups) > 1 else None

    def refs(self, key: Hashable) -> tuple[Ref, ...]:
        """Return the machines of the section with that key."""
        return next((tuple(machine.ref for machine in one.machines) for one in self.all if key_of(one) == key), ())

    @property
    def all(self) -> tuple[Shown, ...]:
        """Return groups, failures and pending machines."""
        return (*self.groups, *self.failures, *self.pending)


def key_of(one: Shown) -> Hashable:
    """Return the section's key, which stays the same when the answers are grouped again."""
    return (one.text, getattr(one, "status", type(one).__name__))


def sections(report: Report, names: Names, width: int, compared: AbstractSet[Hashable]) -> list[Section]:
    """Return the report in lines of `width` cells; groups whose key is in `compared` are shown as a difference."""
    listed = _Listing(report, names, width)
    groups = [
        listed.group(group, compared=key_of(group) in compared and group is not report.majority)
        for group in report.groups
    ]
    failures = [listed.failure(failure) for failure in report.failures]
    pending = [listed.pending(pending) for pending in report.pending]
    # The last group is the majority, and may fill the screen.
    return [*groups[:-1], *failures, *groups[-1:], *pending]


class _Listing:
    """The columns of the headings: count, outcome, machines, and the first line."""

    def __init__(self, report: Report, names: Names, width: int) -> None:
        self._report = report
        self._names = names
        self._width = width
        self._known: dict[int, str] = {}
        everyone = report.all
        self._digits = max((len(str(len(one.machines))) for one in everyone), default=1)
        words = [*map(_status, report.groups), *(_SILENT for _ in report.failures), *(_PENDING for _ in report.pending)]
        self._status = max(map(len, words), default=0)
        longest = max((cell_len(self._called(one)) for one in everyone), default=0)
        self._room = min(longest, max(16, (width - 10 - self._digits - self._status) // 2))

    def _called(self, one: Shown) -> str:
        # By identity: they live as long as the report, and hashing a thousand machines takes longer than this.
        known = self._known.get(id(one))
        if known is None:
            known = self._known[id(one)] = self._names.all(machine.ref for machine in one.machines)
        return known

    def group(self, group: ResultGroup, *, compared: bool) -> Section:
        """Return the section for an output that some machines share."""
        head = self._head(group, _status(group), "ok" if group.status == 0 else "bad")
        whole = list(self._cut_names(group))
        majority = self._report.majority
        first = _peek(group.text, majority.text if majority is not None and group is not majority else ())
        peek = self._peek_of(group, first)
        if compared:
            told = self._differs(group)
            tones: list[StyleName] = ["dim"] * (len(whole) + 1)
            tones += [_DIFF_TONES.get(line[:1], "") for line in told[1:]]
            return _section(group, head, [*whole, *told], tones, is_open=True, peek=peek)
        fits = len(group.text) <= 1 and cell_len(first) <= self._left(head) and not whole
        lines = [*whole, *(group.text or ["no output"])] if whole else group.text
        count = len(self._report.groups)
        is_open = not fits and (count == 1 or (count <= SHORT and len(group.text) <= SHORT))
        return _section(group, head, lines, ["dim"] * len(whole), is_open=is_open, peek=peek)

    def failure(self, failure: Failure) -> Section:
        """Return the section for a reason why some machines gave no answer."""
        head = self._head(failure, _SILENT, "bad")
        text = () if cell_len(failure.text) <= self._left(head) else self._folded(failure.text)
        if not text:
            head = (*head, (failure.text, ""))
        peek = self._peek_of(failure, failure.text if text else "")
        lines = [*text, *self._cut_names(failure), *self._folded(failure.remedy)]
        tones: list[StyleName] = ["" if at < len(text) else "dim" for at in range(len(lines))]
        return _section(failure, head, lines, tones, is_open=True, peek=peek)

    def pending(self, pending: Pending) -> Section:
        """Return the section for pending machines."""
        whole = self._cut_names(pending)
        return _section(pending, self._head(pending, _PENDING, "dim"), whole, ["dim"] * len(whole), is_open=True)

    def _differs(self, group: ResultGroup) -> list[str]:
        from gputui.core.differing import difference

        majority = self._report.groups[-1]
        differs = difference(group.text, majority.text) or ["(the same text as most)"]
        return [f"against {self._called(majority)}:", *differs]

    def _head(self, one: Shown, status: str, tone: StyleName) -> tuple[Part, ...]:
        count: tuple[Part, ...] = (
            (f"{len(one.machines):>{self._digits}} ", "strong"),
            (f"{status:<{self._status}}  ", tone),
        )
        called = self._called(one)
        if cell_len(called) > self._room:
            return count  # they stand below
        return (*count, (called + " " * (min(self._room, ALIGNED) - cell_len(called)) + "  ", "key"))

    def _left(self, head: Sequence[Part]) -> int:
        """Return the cells left after a heading, less the sign before it and a possible scroll bar."""
        return self._width - 4 - sum(cell_len(text) for text, _ in head)

    def _cut_names(self, one: Shown) -> list[str]:
        """Return the full names if the heading has no room for them."""
        called = self._called(one)
        if cell_len(called) <= self._room:
            return []
        return [piece for line in _behind_commas(called, self._width - 6) for piece in self._folded(line)]

    def _peek_of(self, one: Shown, peek: str) -> str:
        """Return what follows a folded heading: the names first if it has none, as far as there is room."""
        called = self._called(one)
        return peek if cell_len(called) <= self._room else f"{cut(called, self._room)}  {peek}"

    def _folded(self, text: str) -> list[str]:
        return textwrap.wrap(text, max(20, self._width - 6), break_on_hyphens=False)


def _behind_commas(names: str, width: int) -> Iterator[str]:
    """Yield the lines of a list of names, broken only behind a comma."""
    line = ""
    for name in re.findall(r"[^,]+,? ?", names):
        if line and cell_len(line + name.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += name
    yield line.rstrip()


def _section(
    one: Shown,
    head: tuple[Part, ...],
    lines: Sequence[str],
    tones: list[StyleName],
    *,
    is_open: bool,
    peek: str = "",
) -> Section:
    def look(line: int) -> StyleName:
        return tones[line] if line < len(tones) else ""

    return Section(key_of(one), head, lines, peek, look, open=is_open)


_SILENT, _PENDING = "no answer", "not yet"


def _status(group: ResultGroup) -> str:
    return "no end" if group.status is None else f"exit {group.status}"


def _peek(text: Sequence[str], against: Sequence[str]) -> str:
    """Return the first non-empty line that differs from `against`."""
    if not text:
        return "no output"
    odd = (
        line
        for line, other in zip_longest(text[:LONGEST_COMPARED], against[:LONGEST_COMPARED])
        if line != other and line
    )
    told = next((line.strip() for line in odd if line.strip()), "") or next(filter(str.strip, text), "").strip()
    first = told[:LONGEST_PEEK]
    return first if len(text) == 1 else f"{len(text)} lines: {first}"
