"""Whoever can be asked while a connection is made: about a host key, a key file's passphrase, a login prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gputui.core.secret import Secret


@dataclass(frozen=True, slots=True)
class HostKeyQuestion:
    """What a person must decide about an unknown key: is this the key of that machine?

    `why` are lines that say what is known about it all the same: an address that was another machine's, a machine
    that was elsewhere. `jump` where the host is not the machine itself but on the way to it.
    """

    host: str
    port: int
    kind: str
    fingerprint: str
    why: tuple[str, ...] = ()
    jump: bool = False


@dataclass(frozen=True, slots=True)
class PassphraseQuestion:
    """A private key file that is locked; `again` after a wrong passphrase."""

    path: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """One line a server wants answered, cleaned; `echo` where what is typed may be seen."""

    text: str
    echo: bool


@dataclass(frozen=True, slots=True)
class LoginQuestion:
    """What a trusted server asks at the login (a password, keyboard-interactive), cleaned; who asks is shown with it.

    `jump` where it is a host on the way to the machine, `again` after a wrong answer.
    """

    host: str
    port: int
    title: str
    instructions: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    jump: bool = False
    again: bool = False


class Prompter(Protocol):
    """Answers take their time, and may be a no: nothing of ours waits on an open connection to an untrusted host."""

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """Whether the key of a host not met before is the right one."""

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        """The passphrase of a key file; None leaves that key out."""

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        """One answer a prompt; None gives the login up."""


class NonInteractive:
    """Prompter for scripts and for many connections at once: refuses everything."""

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """No."""
        return False

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        """None."""
        return None

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        """None."""
        return None
