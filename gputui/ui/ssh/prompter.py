"""Ask the user while a connection is being made: every question is a dialog that names the machine."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

from textual.screen import Screen

from gputui.core.actions import Risk
from gputui.core.secret import Secret
from gputui.core.text import clean
from gputui.ssh.prompter import HostKeyQuestion, LoginQuestion, PassphraseQuestion, Prompt
from gputui.ui.ssh.prompts import Prompts
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.question import Question

if TYPE_CHECKING:
    from gputui.ui.host import Host

T = TypeVar("T")


class ConsolePrompter:
    """Answers for one machine. `declined` tells which question was last answered with a no; otherwise it is empty."""

    def __init__(self, host: Host, name: str) -> None:
        self.declined = ""
        self._host = host
        self._name = name

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """Ask about an unknown host key: its fingerprint, the reasons for caution, and a deliberate yes."""
        answer = await asked(self._host, Dialog(host_key_question(self._name, question)))
        self.declined = "" if answer is Answer.YES else "host key declined"
        return not self.declined

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        """Ask for the passphrase of a key file; escape skips that key."""
        lines = [f"{clean(question.path)} is locked.", f"It is for {self._name}, and kept until the console ends."]
        if question.again:
            lines.insert(0, "That was not its passphrase.")
        prompts = Prompts("Passphrase of a key file", lines, [Prompt("Passphrase:", echo=False)], "leaves this key out")
        given = await asked(self._host, prompts)
        return Secret(given[0]) if given else None

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        """Answer the login prompts of the machine or a jump host."""
        host = f"{question.host} port {question.port}"
        who = f"the jump host {host}, on the way to {self._name}" if question.jump else f"{self._name}, {host}"
        lines = [f"Asked by {who}.", *(part for part in (question.title, *question.instructions) if part)]
        if question.again:
            lines.insert(0, "That was not accepted.")
        given = await asked(
            self._host, Prompts(f"Log in to {self._name}", lines, question.prompts, "gives the login up")
        )
        self.declined = "login given up" if given is None else ""
        return None if given is None else tuple(Secret(text) for text in given)


async def asked(host: Host, dialog: Screen[T]) -> T | None:
    """Show a dialog and return its answer; it is closed unanswered if nobody waits for it any longer."""
    answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

    def settle(given: T | None) -> None:
        if not answer.done():
            answer.set_result(given)

    await host.push_screen(dialog, settle)
    try:
        return await answer
    finally:
        if not answer.done() or answer.cancelled():
            with contextlib.suppress(Exception):  # the console is ending, or another screen is on top
                dialog.dismiss(None)


def host_key_question(name: str, asked: HostKeyQuestion) -> Question:
    """Return the dialog about an unknown host key."""
    where = f"{asked.host}:{asked.port}"
    whose = f"the jump host {where}" if asked.jump else f"{clean(name)} at {where}"
    met = () if asked.why else (f"This {'jump host' if asked.jump else 'machine'} has not been met before.",)
    lines = (
        f"{asked.kind} {asked.fingerprint}",
        "",
        *met,
        *asked.why,
        "If you can, compare the fingerprint before you go on. It is remembered from then on.",
    )
    return Question(f"Trust the host key of {whose}?", lines, Risk.DISRUPTS, "trust it")
