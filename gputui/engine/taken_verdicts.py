"""The verdicts on machines' GPUs that were taken in this session: the newest of each machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gputui.core.gpu_findings import Verdict
from gputui.core.rows import Ref

MOST = 2_000
"""Machines remembered; those taken longest ago go first."""


@dataclass(frozen=True, slots=True)
class TakenVerdict:
    """A verdict on the machine `name`, from a reading taken at `at` (epoch seconds)."""

    ref: Ref
    name: str
    verdict: Verdict
    at: float


class TakenVerdicts:
    """What the machines themselves said, kept for what is explained and handed over later."""

    def __init__(self) -> None:
        self._newest: dict[Ref, TakenVerdict] = {}

    def note(self, taken: TakenVerdict) -> None:
        """Remember a verdict."""
        self._newest.pop(taken.ref, None)
        self._newest[taken.ref] = taken
        if len(self._newest) > MOST:
            del self._newest[next(iter(self._newest))]

    def of(self, ref: Ref) -> TakenVerdict | None:
        """The newest verdict on a machine; None if none was taken."""
        return self._newest.get(ref)

    def everything(self) -> Iterable[TakenVerdict]:
        """All of them, those taken longest ago first."""
        return tuple(self._newest.values())
