"""The machines of a selection made to run a command: progress, interruption, new host keys, and the answers written."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from gputui.commands import answers as written
from gputui.commands.context import CliContext
from gputui.commands.options import RunOptions
from gputui.commands.progress import Progress
from gputui.commands.prompts import can_ask, confirm
from gputui.commands.selecting import Selection
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.running.fan_out import CommandResult, FanOut
from gputui.ssh.running.unknown_keys import UnknownHostKeys, refuse_conflicting

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_on(selection: Selection, asked: RunOptions, ctx: CliContext) -> int:
    """Run and write; 0 where all is fine, 1 where not, 128 + n after signal n."""
    try:
        ctx.places.ready(ctx.places.state_dir)
    except OSError as error:
        ctx.say(f"the state folder cannot be used: {error.strerror}")
        return 2
    agent = ctx.environ.get("SSH_AUTH_SOCK", "")
    pool = Pool(SshPlaces(ctx.places.home, ctx.places.known_hosts, agent, ctx.user()), linger=0)
    run = _Run(selection, asked, pool, ctx)
    try:
        answers = await run.all()
        run.tell(answers)
    finally:
        await pool.aclose()
    if run.ended_by is not None:
        return 128 + run.ended_by
    return 1 if selection.unreached or any(answer.status != 0 for answer in answers) else 0


class _Run:
    """One run, and more of them for the machines whose host keys somebody accepts meanwhile."""

    def __init__(self, selection: Selection, asked: RunOptions, pool: Pool, ctx: CliContext) -> None:
        self.ended_by: int | None = None
        self._selection = selection
        self._asked = asked
        self._pool = pool
        self._ctx = ctx
        self._progress = Progress(ctx.err)
        self._asks = can_ask(ctx)
        self._written: set[int] = set()

    async def all(self) -> list[CommandResult]:
        """Every machine's answer; machines whose keys somebody accepts are run again, those behind jump hosts after."""
        answers = await self._fan_out(self._selection.machines, {})
        trusted: dict[tuple[str, int], str] = {}
        while self._asks and self.ended_by is None and (unknown := UnknownHostKeys.of(answers, trusted)).keys:
            if not await self._trusts(unknown):
                break
            trusted |= unknown.trusted
            again = await self._fan_out(unknown.waiting, trusted)
            met = {answer.machine.ref for answer in again}
            answers = [answer for answer in answers if answer.machine.ref not in met] + again
        return refuse_conflicting(answers)

    async def _fan_out(self, machines: Sequence[Machine], trusted: dict[tuple[str, int], str]) -> list[CommandResult]:
        def told() -> None:
            self._progress.show(run)
            if self._asked.output == "jsonl":
                self._write_lines([each for each in run.done if each.unmet is None or not self._asks])

        run = FanOut(
            machines,
            self._asked.command,
            self._pool,
            concurrency=self._asked.concurrency,
            seconds=self._asked.timeout,
            on_change=told,
            trusted=trusted,
        )

        def end(number: int) -> None:
            self.ended_by = number
            run.cancel()

        with _signals_to(end):
            await run.run()
        self._progress.clear()
        return run.done

    async def _trusts(self, unknown: UnknownHostKeys) -> bool:
        keys = unknown.keys
        self._ctx.say("nobody has decided on these host keys yet:")
        for host, key in keys.items():
            whose = f"{'jump host of ' if key.jump else ''}{self._selection.names(unknown.machines[host])}"
            self._ctx.say(f"{whose} ({key.host} port {key.port}): {key.kind} {key.fingerprint}")
            for why in key.why:
                self._ctx.say(f"  {why}")
        for line in unknown.left_out:
            self._ctx.say(line)
        what = f"these {len(keys)} host keys" if len(keys) > 1 else "it"
        return await self._agreed(f"Compare with what the machines' owners say. Trust {what} from now on?")

    async def _agreed(self, question: str) -> bool:
        """A ctrl+c is a no: what the other machines have answered is still to be written."""

        def end(number: int) -> None:
            self.ended_by = number
            asking.cancel()

        asking = asyncio.ensure_future(confirm(question))
        with _signals_to(end):
            try:
                return await asking
            except asyncio.CancelledError:
                if self.ended_by is None:
                    raise
                return False

    def tell(self, answers: Sequence[CommandResult]) -> None:
        """Write the answers, and say who gave none."""
        out, asked, selection = self._ctx.out, self._asked, self._selection
        if asked.output == "text":
            written.write_text(answers, selection, out, diff=asked.diff)
        elif asked.output == "json":
            written.write_json(answers, selection, out)
        else:
            self._write_lines(answers)
            written.write_lines_of_unreached(selection, out)
        out.flush()
        if asked.output == "text":
            written.say_cut(answers, selection, self._ctx)
        written.say_failures(answers, selection, self._ctx)

    def _write_lines(self, answers: Sequence[CommandResult]) -> None:
        """One record a line, as soon as there is one."""
        new = [answer for answer in answers if id(answer) not in self._written]
        if new:
            self._progress.clear()
            self._written.update(map(id, new))
            written.write_lines(new, self._selection, self._ctx.out)
            self._ctx.out.flush()


@contextmanager
def _signals_to(end: Callable[[int], None]) -> Iterator[None]:
    """Have ctrl+c and its kin call `end` with their number; what is ignored (SIGHUP under nohup) stays so."""
    loop = asyncio.get_running_loop()
    heard = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heard:
        loop.add_signal_handler(number, end, int(number))
    try:
        yield
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
