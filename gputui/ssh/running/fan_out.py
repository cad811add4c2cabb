"""Run one command on many machines: with limited concurrency, independently, and without asking questions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine, distinct_machines
from gputui.ssh.prompter import HostKeyQuestion, NonInteractive, Prompter
from gputui.ssh.running.collecting import LONGEST_OUTPUT, Output, collect

CONCURRENCY = 64
SECONDS = 60.0
MOST_KEPT = 256 << 20
"""Bytes kept of all machines together, for stdout and for stderr: a thousand floods must fit into memory."""

# Seconds between the first connections: starting all at once would block the event loop for 30 ms.
_APART = 0.001
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of one machine.

    `status` is a shell's exit status (128 + n for signals), None if the command did not finish; then `problem` says
    why. `out` and `err` hold the output until then, at most LONGEST_OUTPUT bytes each (less for very many machines);
    `cut` tells that there was more. `unmet` is the undecided host key if only that prevented the run. `seconds` include
    connecting. `address` is where it ran, as text, with the user, whoever has named that.
    """

    machine: Machine
    status: int | None
    out: bytes
    err: bytes
    seconds: float
    problem: Problem | None
    cut: bool = False
    unmet: HostKeyQuestion | None = None
    address: str = ""


class FanOut:
    """One run on many machines; a machine that several views list is run once.

    `seconds` limits each machine, including connecting. `trusted` maps host and port to the fingerprint of a new host
    key that a person has accepted: exactly these keys pass. `on_change` is called after each change.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        command: str,
        pool: Pool,
        *,
        concurrency: int = CONCURRENCY,
        seconds: float = SECONDS,
        on_change: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        trusted: Mapping[tuple[str, int], str] | None = None,
    ) -> None:
        self.machines = distinct_machines(machines)
        self.command = command
        self.running = 0
        self.done: list[CommandResult] = []
        self.cancelled = False
        self._waiting = deque(self.machines)
        self._pool = pool
        self._concurrency = concurrency
        self._seconds = seconds
        self._on_change = on_change
        self._longest = min(LONGEST_OUTPUT, MOST_KEPT // max(1, len(self.machines)))
        self._clock = clock
        self._trusted = trusted or {}
        self._workers: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """The number of machines not started yet."""
        return len(self._waiting)

    async def run(self) -> None:
        """Run until each machine has finished or was cancelled. Errors of a single machine are not raised."""
        count = min(self._concurrency, len(self._waiting))
        self._workers = [asyncio.create_task(self._work(at * _APART), name="fan-out") for at in range(count)]
        try:
            await self._ended()
        except asyncio.CancelledError:
            self.cancel()
            await self._ended()
            raise

    async def _ended(self) -> None:
        if not self._workers:
            return
        await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
        raised = [worker for worker in self._workers if worker.done() and not worker.cancelled() and worker.exception()]
        if raised:
            # `on_change` failed, so the other results cannot be reported either.
            self.cancel()
            await asyncio.wait(self._workers)
            raised[0].result()

    def cancel(self) -> None:
        """Cancel: waiting machines are not started, running ones get SIGTERM and a closed channel."""
        if self.cancelled:
            return
        self.cancelled = True
        for worker in self._workers:
            worker.cancel()
        while self._waiting:
            self.done.append(CommandResult(self._waiting.popleft(), None, b"", b"", 0.0, _NEVER_STARTED))
        self._on_change()

    async def _work(self, pause: float) -> None:
        await asyncio.sleep(pause)
        while self._waiting:
            machine = self._waiting.popleft()
            self.running += 1
            self._on_change()
            answer = await self._answer(machine)
            self.running -= 1
            self.done.append(answer)
            self._on_change()

    async def _answer(self, machine: Machine) -> CommandResult:
        start = self._clock()
        output, person = Output(longest=self._longest), _Deputy(self._trusted)
        problem = await self._problem(machine, output, person)
        unmet = person.unmet if problem is not None and output.status is None else None
        seconds = self._clock() - start
        out, err = bytes(output.out), bytes(output.err)
        status = output.status if problem is None else None
        address = output.address or str(machine.address)
        return CommandResult(machine, status, out, err, seconds, problem, output.cut, unmet, address)

    async def _problem(self, machine: Machine, output: Output, person: _Deputy) -> Problem | None:
        """Run the command into `output`; return why it did not finish."""
        try:
            machine.connectable()
        except Failed as failed:
            return failed.problem
        pool = self._pool
        # Only a command alone on its connection is reliably ended, so a connection with a session on it is not used.
        taken = pool.users(machine) > 0
        try:
            async with asyncio.timeout(self._seconds):
                if taken:
                    async with pool.own(machine, person) as connection:
                        await collect(connection, self.command, output, alone=lambda: True)
                else:
                    await self._run_shared(machine, person, output)
        except Failed as failed:
            problem = failed.problem
            return _lost(problem) if output.begun and problem.cause is Cause.NETWORK else problem
        except TimeoutError:
            return None if output.status is not None else _too_long(machine, self._seconds, output)
        except asyncio.CancelledError:
            # Not raised again: only `cancel` cancels this task, and it ends by itself as no machine is waiting.
            return None if output.status is not None else Problem(Cause.CANCELLED, f"before it was done{_left(output)}")
        except Exception as error:  # noqa: BLE001 - one machine's trouble is its own
            _log.exception("a command on %s failed", machine)
            return Problem(
                Cause.OWN_BUG, f"{machine.address}: {type(error).__name__}", "please report it, with the log"
            )
        return None

    async def _run_shared(self, machine: Machine, person: Prompter, output: Output) -> None:
        """Run the command on the pool's connection, which a session may have been opened on a moment ago."""
        pool = self._pool

        async def run(connection: Connection) -> None:
            await collect(connection, self.command, output, alone=lambda: pool.users(machine) == 1)

        async with pool.session(machine, person, run):
            pass


class _Deputy(NonInteractive):
    """Asks nobody: a new host key passes if a person has accepted that very key; otherwise it is recorded."""

    def __init__(self, trusted: Mapping[tuple[str, int], str]) -> None:
        self.unmet: HostKeyQuestion | None = None
        self._trusted = trusted

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """Return whether exactly this key was accepted."""
        if self._trusted.get((question.host, question.port)) == question.fingerprint:
            return True
        self.unmet = question
        return False


def _too_long(machine: Machine, seconds: float, output: Output) -> Problem:
    text = f"{machine.address} was not done in {seconds:g} s{_left(output)}"
    return Problem(Cause.TIMEOUT, text, "allow more time, or look there")


def _lost(problem: Problem) -> Problem:
    # A command without a terminal does not end when its connection does.
    return Problem(problem.cause, f"{problem.text}; it may still run there", "look there before you run it again")


def _left(output: Output) -> str:
    return "; it did not end when told to, and may still run there" if output.left else ""


_NEVER_STARTED = Problem(Cause.CANCELLED, "never started")
