"""Ask the person at the terminal of a command, independently of where its output is piped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gputui.commands.context import CliContext
from gputui.core.secret import Secret
from gputui.core.text import clean

if TYPE_CHECKING:
    from gputui.ssh.prompter import HostKeyQuestion, LoginQuestion, PassphraseQuestion


class TerminalPrompter:
    """Asks on the controlling terminal, one question at a time; without a terminal every answer is a no."""

    def __init__(self, ctx: CliContext) -> None:
        self._ctx = ctx
        self._one = asyncio.Lock()

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """Ask about an unknown host key: show the fingerprint and the reasons for caution, and require a typed yes."""
        whose = "the jump host " if question.jump else ""
        key = f"{question.kind} {question.fingerprint}"
        self._ctx.say(f"{whose}{question.host} port {question.port} shows the unknown host key {key}")
        for line in question.why:
            self._ctx.say(line)
        trust = "Compare it with what the machine's owner says. Trust it from now on? (yes/no) "
        answers = await self._asked(((trust, True),), _NO_KEY)
        return answers is not None and answers[0].strip() == "yes"

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        """Ask for the passphrase of a key file, without echo; an empty line skips that key."""
        if question.again:
            self._ctx.say("that was not its passphrase")
        answers = await self._asked(((f"Passphrase of {clean(question.path)}: ", False),), _NO_PHRASE)
        return Secret(answers[0]) if answers and answers[0] else None

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        """Answer the server's prompts line by line; the end of input gives up the login."""
        whose = "the jump host " if question.jump else ""
        if question.again:
            self._ctx.say(f"{whose}{question.host} did not accept that")
        for line in (question.title, *question.instructions):
            if line:
                self._ctx.say(f"{whose}{question.host}: {line}")
        shown = [(f"({whose}{question.host}) {prompt.text} ", prompt.echo) for prompt in question.prompts]
        answers = await self._asked(shown, _NO_ANSWER)
        return None if answers is None else tuple(Secret(answer) for answer in answers)

    async def _asked(self, prompts: Sequence[tuple[str, bool]], nobody: str) -> tuple[str, ...] | None:
        """Read one line per prompt, with or without echo. None if there is no terminal or its input ends."""
        from gputui.ssh.shells.terminal import read_whole_line

        async with self._one:
            try:
                terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
            except OSError:
                self._ctx.say(nobody)
                return None
            try:
                answers = []
                for text, echo in prompts:
                    with _unseen(terminal, seen=echo):
                        os.write(terminal, text.encode("utf-8", "replace"))
                        line = await read_whole_line(terminal)
                    if line is None:
                        return None
                    answers.append(line.decode("utf-8", "surrogateescape"))
                return tuple(answers)
            finally:
                os.close(terminal)


@contextlib.contextmanager
def _unseen(terminal: int, *, seen: bool) -> Iterator[None]:
    """Turn echo off for the block, and discard input that was typed before it."""
    from gputui.ssh.shells.terminal import forget_input, kept_modes

    if seen:
        yield
        return
    with kept_modes(terminal):
        modes = termios.tcgetattr(terminal)
        modes[3] &= ~termios.ECHO
        forget_input(terminal)
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.write(terminal, b"\n")


_NO_KEY = 'nobody can be asked: connect once from a terminal; host_keys = "accept-new" accepts a first contact unseen'
_NO_PHRASE = "a key is locked, and nobody can be asked: ssh-add it first"
_NO_ANSWER = "the machine asks for something to be typed, and there is no terminal for that"
