"""A small shell: sequences, pipes and interactive commands."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Sequence

from gputui.sim.clock import Clock
from gputui.sim.commands import Asked, Reply, command
from gputui.sim.console import CLEAR, CTRL_C, Console, HungUp
from gputui.sim.files import home_of, processes, uptime
from gputui.sim.gpus import gpus_of
from gputui.sim.machine import Machine

REDIRECTION = re.compile(r"\s*(2>&1|[12&]?>\s*/dev/null|<\s*/dev/null)")
INTERRUPTED, NOT_FOUND = 130, 127


class Exit(Exception):
    """The shell exits with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Shell:
    """Simulates bash on one machine for one session."""

    def __init__(self, machine: Machine, clock: Clock, console: Console) -> None:
        self._machine = machine
        self._clock = clock
        self._console = console
        self._last = 0

    async def interact(self) -> int:
        """Run lines until ctrl-d or `exit`; return the exit code. Without a terminal stdin is a script."""
        if not self._console.tty:
            return await self.command((await self._console.rest()).replace("\n", " ; "))
        await self._console.write("Welcome to Ubuntu 22.04.4 LTS (GNU/Linux 5.15.0-105-generic x86_64)\n\n")
        sign = "#" if self._machine.user == "root" else "$"
        prompt = f"{self._machine.user}@{self._machine.name}:~{sign} "
        try:
            while (line := await self._console.line(prompt)) is not None:
                await self.run(line)
        except Exit as end:
            await self._console.write("logout\n")
            return end.code
        except HungUp:
            return self._last
        await self._console.write("logout\n")
        return self._last

    async def command(self, line: str) -> int:
        """Run one command line without a prompt; return its exit code."""
        try:
            return await self.run(line)
        except Exit as end:
            return end.code
        except HungUp:
            return self._last

    async def run(self, line: str) -> int:
        """Run a line with its `;`, `&&` and `||`; return the exit code of the last command run."""
        lexer = shlex.shlex(REDIRECTION.sub("", line), posix=True, punctuation_chars=";&|()<>")
        lexer.whitespace_split = True
        lexer.commenters = ""
        try:
            words = list(lexer)
        except ValueError:
            await self._console.write("bash: unexpected EOF while looking for matching quote\n", error=True)
            self._last = 2
            return 2
        joint, pipeline = ";", list[str]()
        for word in [*words, ";"]:
            if word not in (";", "&&", "||", "&"):
                pipeline.append(word)
                continue
            if pipeline and (joint == ";" or (joint == "&&") == (self._last == 0)):
                self._last = await self._pipeline(pipeline)
            joint, pipeline = (";" if word == "&" else word), []
        return self._last

    async def _pipeline(self, words: Sequence[str]) -> int:
        if words[:2] == ["sh", "-c"] and len(words) > 2:
            return await self.run(words[2])
        stages: list[list[str]] = [[]]
        for word in words:
            if word == "|":
                stages.append([])
            else:
                stages[-1].append(self._expanded(word))
        if not all(stages):
            await self._console.write("bash: syntax error near unexpected token `|'\n", error=True)
            return 2
        piped: str | None = None
        for stage in stages[:-1]:
            reply = await self._reply(stage, piped)
            await self._console.write(reply.error, error=True)
            piped = reply.out
        reply = await self._reply(stages[-1], piped)
        await self._console.write(reply.out)
        await self._console.write(reply.error, error=True)
        return reply.code

    def _expanded(self, word: str) -> str:
        home = home_of(self._machine)
        known = {"$?": str(self._last), "$HOME": home, "$USER": self._machine.user, "$HOSTNAME": self._machine.name}
        for name, value in known.items():
            word = word.replace(name, value)
        return home + word[1:] if word == "~" or word.startswith("~/") else word

    async def _reply(self, words: Sequence[str], piped: str | None) -> Reply:
        name, *arguments = words
        if name in ("exit", "logout"):
            raise Exit(int(arguments[0]) % 256 if arguments and arguments[0].isdigit() else self._last)
        if name == "sleep":
            return await self._sleep(arguments)
        if name == "top":
            return await self._top(arguments)
        known = command(name.rsplit("/", 1)[-1])
        if known is None:
            return Reply(code=NOT_FOUND, error=f"bash: {name}: command not found\n")
        if name == "cat" and not arguments and piped is None:
            piped = await self._console.rest()
        return known(Asked(self._machine, self._clock.now(), self._console, piped), arguments)

    async def _sleep(self, arguments: Sequence[str]) -> Reply:
        try:
            seconds = sum(float(argument.removesuffix("s")) for argument in arguments)
        except ValueError:
            return Reply(code=1, error=f"sleep: invalid time interval '{arguments[0]}'\n")
        if not arguments:
            return Reply(code=1, error="sleep: missing operand\n")
        return Reply(code=0 if await self._console.until(seconds) else INTERRUPTED)

    async def _top(self, arguments: Sequence[str]) -> Reply:
        if any(argument.startswith("-b") for argument in arguments):
            return Reply("\n".join([*self._screen(), ""]))
        if not self._console.tty:
            return Reply(code=1, error="top: failed tty get\n")
        loop = asyncio.get_running_loop()
        while True:
            lines = self._screen()[: self._console.rows - 1]
            await self._console.write(CLEAR + "\n".join(line[: self._console.columns] for line in lines))
            painted = loop.time()
            while (left := painted + 1 - loop.time()) > 0:
                size = (self._console.columns, self._console.rows)
                if (key := await self._console.key(left)) in ("q", CTRL_C):
                    await self._console.write("\n")
                    return Reply()
                if key is None and size != (self._console.columns, self._console.rows):
                    break

    def _screen(self) -> list[str]:
        now = self._clock.now()
        rows = processes(self._machine, gpus_of(self._machine, now))
        return [
            "top -" + uptime(now).rstrip("\n"),
            f"Tasks: {len(rows) + 1211} total,   9 running, {len(rows) + 1202} sleeping,   0 stopped,   0 zombie",
            "%Cpu(s): 43.1 us,  1.2 sy,  0.0 ni, 55.4 id,  0.0 wa,  0.0 hi,  0.3 si,  0.0 st",
            "GiB Mem : 2015.4 total,  402.1 free,  611.0 used, 1002.3 buff/cache",
            "",
            "    PID USER      %CPU  %MEM COMMAND",
            *(f"{pid:>7} {owner:<8} {share:>5.1f}   0.4 {line}" for pid, owner, share, line in reversed(rows)),
        ]
