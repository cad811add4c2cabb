"""What is wrong with a GPU or its machine, how bad it is, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from gputui.core.health import Health


class Repair(Enum):
    """What to do, in rising cost: the ladder of NVIDIA's and gpud's repair guides. Order of definition: cheapest first.

    In a rented machine a reset is a reboot (resetting needs root on the host), and a replacement is a report to the
    provider and another host.
    """

    NONE = ("", "")
    APP = ("restart", "restart the job")
    RESET = ("reset", "end its processes, then reset the GPU (nvidia-smi -r; in a VM or container: reboot)")
    REBOOT = ("reboot", "drain and reboot the machine")
    MOVE = ("move", "stop and start it on another host (a reboot keeps the bad one)")
    REPORT = ("report", "report it to the provider")
    REPLACE = ("replace", "have it replaced: report it with the evidence, and move the work")

    def __init__(self, word: str, words: str) -> None:
        self.word = word
        self.words = words

    @property
    def rank(self) -> int:
        """0 for the cheapest, higher for graver."""
        return _ORDER[self]


_ORDER = {action: rank for rank, action in enumerate(Repair)}


@dataclass(frozen=True, slots=True)
class GpuFinding:
    """One thing that is wrong, in words that continue the name of the GPU or stand alone.

    `advice` is said in place of the action's own words where these would be wrong or too little. `source` is who says
    so. `since` is when it began, epoch seconds; None where that is not known.
    """

    health: Health
    words: str
    action: Repair = Repair.NONE
    advice: str = ""
    source: str = ""
    since: float | None = None

    @property
    def order(self) -> tuple[int, int]:
        """The sort key: the worst first, among equally bad ones the one whose repair costs most."""
        return self.health.rank, -self.action.rank

    @property
    def remedy(self) -> str:
        """What to do, in words; empty if there is nothing to do."""
        return self.advice or self.action.words


@dataclass(frozen=True, slots=True)
class Verdict:
    """A health, what led to it (worst first), and notes that do not change it."""

    health: Health
    findings: tuple[GpuFinding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The words of the findings."""
        return tuple(finding.words for finding in self.findings)

    @property
    def words(self) -> str:
        """Reasons and notes in one line."""
        return " · ".join((*self.reasons, *self.notes))

    @property
    def action(self) -> Repair:
        """What to do, in one word: that of the worst finding that asks for something."""
        return next((finding.action for finding in self.findings if finding.action is not Repair.NONE), Repair.NONE)

    @property
    def remedy(self) -> str:
        """What to do: the remedy of the worst finding that has one."""
        return next((finding.remedy for finding in self.findings if finding.remedy), "")


def judged(findings: Iterable[GpuFinding], notes: Iterable[str] = ()) -> Verdict:
    """Return the verdict that follows from the findings: the health of the worst; ok if there are none."""
    ordered = sorted(findings, key=lambda finding: finding.order)
    return Verdict(ordered[0].health if ordered else Health.OK, tuple(ordered), tuple(notes))
