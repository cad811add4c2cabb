"""A command on many machines, then perhaps again on some of them: the newest answer of each machine counts."""

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
    """How far it is. `failed` are those that answered with an exit status that is not 0."""

    waiting: int
    running: int
    answered: int
    failed: int
    silent: int

    @property
    def ended(self) -> int:
        """How many have come to an end of any kind."""
        return self.answered + self.silent

    @property
    def total(self) -> int:
        """How many there are."""
        return self.ended + self.running + self.waiting

    def words(self) -> list[Part]:
        """Parts of a bar: what there is none of is not said."""
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
    """Listeners of `changed` hear of each change. Seconds are those of the newest round."""

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
        """Begin anew with these machines, whatever they answered before; `run` runs it, `cancel` counts already."""
        from gputui.ssh.running.fan_out import FanOut

        for machine in machines:
            self._answers.pop(machine.ref, None)
        self._machines |= {machine.ref: machine for machine in machines}
        self._began, self._over = monotonic(), False
        self._current = FanOut(machines, self.command, self.pool, on_change=self.changed, trusted=trusted)
        self.changed()

    async def run(self) -> None:
        """Run what was begun; returns when it is over."""
        assert self._current is not None, "begun before"
        try:
            await self._current.run()
        finally:
            self._take()
            self._over, self._took = True, monotonic() - self._began
            self.changed()

    def cancel(self) -> None:
        """End what runs and what waits."""
        if self._current is not None:
            self._current.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether the newest round was ended before its time."""
        return self._current is not None and self._current.cancelled

    @property
    def over(self) -> bool:
        """Whether nothing runs."""
        return self._over

    @property
    def seconds(self) -> float:
        """How long it takes, or took."""
        return self._took if self._over else monotonic() - self._began

    @property
    def answers(self) -> tuple[CommandResult, ...]:
        """The newest answer of each machine that has given any, in the order in which they were chosen."""
        self._take()
        return tuple(self._answers[ref] for ref in self._machines if ref in self._answers)

    @property
    def counts(self) -> Counts:
        """How far it is."""
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
        """The machines that have not come to an end."""
        self._take()
        return tuple(machine for ref, machine in self._machines.items() if ref not in self._answers)

    @property
    def failed(self) -> tuple[Machine, ...]:
        """The machines that gave no answer, or one with an exit status."""
        return tuple(answer.machine for answer in self.answers if answer.problem is not None or answer.status != 0)

    def _take(self) -> None:
        if self._current is not None:
            self._answers |= {answer.machine.ref: answer for answer in self._current.done}
