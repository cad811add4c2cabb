"""Run a command on the machines of a selection: progress, interruption, new host keys, and writing the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gputui.commands import answers as written
from gputui.commands.context import CliContext
from gputui.commands.interruption import Interruption
from gputui.commands.options import RunOptions
from gputui.commands.progress import ProgressLine
from gputui.commands.prompts import can_ask, confirm
from gputui.commands.selecting import MachineSelection
from gputui.core.rows import Ref
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.running.fan_out import CommandResult, FanOut
from gputui.ssh.running.unknown_keys import Host, UnknownHostKeys, refuse_conflicting, run_with_trust


async def run_on(selection: MachineSelection, asked: RunOptions, ctx: CliContext) -> int:
    """Run the command and write the answers; return 0 if all succeeded, 1 if not, 128 + n after signal n."""
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
        for line in pool.memory.take_notices():
            ctx.say(line)
    finally:
        await pool.aclose()
    if run.interruption.exit_code is not None:
        return run.interruption.exit_code
    return 1 if selection.unreached or any(answer.status != 0 for answer in answers) else 0


class _Run:
    """One run, with further rounds for the machines whose host keys are accepted meanwhile."""

    def __init__(self, selection: MachineSelection, asked: RunOptions, pool: Pool, ctx: CliContext) -> None:
        self.interruption = Interruption()
        self._selection = selection
        self._asked = asked
        self._pool = pool
        self._ctx = ctx
        self._progress = ProgressLine(ctx.err)
        self._asks = can_ask(ctx)
        self._answers: dict[Ref, CommandResult] = {}
        self._written: set[int] = set()

    async def all(self) -> list[CommandResult]:
        """Return every machine's answer, including those whose new host keys were accepted meanwhile."""
        await run_with_trust(self._selection.machines, self._fan_out, self._trusts)
        return refuse_conflicting(list(self._answers.values()))

    async def _fan_out(self, machines: Sequence[Machine], trusted: Mapping[Host, str]) -> list[CommandResult]:
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

        with self.interruption.calls(run.cancel):
            await run.run()
        self._progress.clear()
        self._answers |= {answer.machine.ref: answer for answer in run.done}
        return list(self._answers.values())

    async def _trusts(self, unknown: UnknownHostKeys) -> bool:
        if not self._asks or self.interruption.number is not None:
            return False
        self._ctx.say("nobody has decided on these host keys yet:")
        for line in unknown.lines(self._selection.names):
            self._ctx.say(line)
        what = f"these {len(unknown.keys)} host keys" if len(unknown.keys) > 1 else "it"
        return await self._agreed(f"Compare with what the machines' owners say. Trust {what} from now on?")

    async def _agreed(self, question: str) -> bool:
        """Ask a question; ctrl+c is a no, as the answers of the other machines are still to be written."""
        return await self.interruption.ends(confirm(question)) is True

    def tell(self, answers: Sequence[CommandResult]) -> None:
        """Write the answers, and report the machines without one."""
        out, asked, selection = self._ctx.out, self._asked, self._selection
        if asked.output == "text":
            written.write_text(answers, selection, out, diff=asked.diff)
        elif asked.output == "json":
            written.write_json(answers, selection, out)
        else:
            self._write_lines(answers)
            written.write_lines_without_a_run(selection, out)
        out.flush()
        if asked.output == "text":
            written.say_cut(answers, selection, self._ctx)
        written.say_failures(answers, selection, self._ctx)

    def _write_lines(self, answers: Sequence[CommandResult]) -> None:
        """Write one record per line, as soon as it is available."""
        new = [answer for answer in answers if id(answer) not in self._written]
        if new:
            self._progress.clear()
            self._written.update(map(id, new))
            written.write_lines(new, self._selection, self._ctx.out)
            self._ctx.out.flush()
