"""A command on many machines, possibly repeated on some of them: each machine's newest answer counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from gputui.core.listeners import Listeners
from gputui.core.rows import Ref
from gputui.ui.widgets.styles import Part, StyleName

if TYPE_CHECKING:
    from gputui.ssh.connecting.pool import Pool
    from gputui.ssh.machine import Machine
    from gputui.ssh.running.fan_out import CommandResult, FanOut


@dataclass(frozen=True, slots=True)
class Counts:
    """The progress of a run. `failed` counts non-zero exit statuses."""

    waiting: int
    running: int
    answered: int
    failed: int
    silent: int

    @property
    def ended(self) -> int:
        """The number of machines that have finished in any way."""
        return self.answered + self.silent

    @property
    def total(self) -> int:
        """The number of machines."""
        return self.ended + self.running + self.waiting

    def words(self) -> list[Part]:
        """Return the parts of a progress bar; counts of zero are left out."""
        told: tuple[tuple[int, str, StyleName], ...] = (
            (self.answered, "answered", "strong"),
            (self.failed, "failed", "bad"),
            (self.silent, "no answer", "bad"),
            (self.running, "running", "key"),
            (self.waiting, "waiting", "dim"),
        )
        return [(f" {count} {word} ", tone) for count, word, tone in told if count or word == "answered"]


@dataclass(slots=True)
class BatchRun:
    """Calls the listeners of `changed` after each change. `seconds` are those of the newest round."""

    command: str
    pool: Pool
    changed: Listeners[[]] = field(default_factory=Listeners)
    _machines: dict[Ref, Machine] = field(default_factory=dict)
    _answers: dict[Ref, CommandResult] = field(default_factory=dict)
    _current: FanOut | None = None
    _over: bool = True
    _began: float = 0.0
    _took: float = 0.0

    def begin(self, machines: Sequence[Machine], trusted: Mapping[tuple[str, int], str] | None = None) -> None:
        """Prepare a round on these machines, discarding their answers; `run` runs it, `cancel` already cancels it."""
        from gputui.ssh.running.fan_out import FanOut

        for machine in machines:
            self._answers.pop(machine.ref, None)
        self._machines |= {machine.ref: machine for machine in machines}
        self._began, self._over = monotonic(), False
        self._current = FanOut(machines, self.command, self.pool, on_change=self.changed, trusted=trusted)
        self.changed()

    async def run(self) -> None:
        """Run the prepared round until it is over."""
        assert self._current is not None, "begun before"
        try:
            await self._current.run()
        finally:
            self._take()
            self._over, self._took = True, monotonic() - self._began
            self.changed()

    def cancel(self) -> None:
        """Cancel running and waiting machines."""
        if self._current is not None:
            self._current.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether the newest round was cancelled."""
        return self._current is not None and self._current.cancelled

    @property
    def over(self) -> bool:
        """Whether nothing is running."""
        return self._over

    @property
    def seconds(self) -> float:
        """The duration so far, or in total."""
        return self._took if self._over else monotonic() - self._began

    @property
    def answers(self) -> tuple[CommandResult, ...]:
        """The newest answer of each machine that has one, in the order of selection."""
        self._take()
        return tuple(self._answers[ref] for ref in self._machines if ref in self._answers)

    @property
    def counts(self) -> Counts:
        """Return the progress."""
        answers, current = self.answers, self._current
        answered = [answer for answer in answers if answer.problem is None]
        return Counts(
            current.waiting if current else 0,
            current.running if current else 0,
            len(answered),
            sum(answer.status != 0 for answer in answered),
            len(answers) - len(answered),
        )

    @property
    def pending(self) -> tuple[Machine, ...]:
        """The machines that have not finished."""
        self._take()
        return tuple(machine for ref, machine in self._machines.items() if ref not in self._answers)

    @property
    def failed(self) -> tuple[Machine, ...]:
        """The machines without an answer, or with a non-zero exit status."""
        return tuple(answer.machine for answer in self.answers if answer.problem is not None or answer.status != 0)

    def _take(self) -> None:
        if self._current is not None:
            self._answers |= {answer.machine.ref: answer for answer in self._current.done}
