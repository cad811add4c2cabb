"""The interface for questions while connecting: about a host key, a key file's passphrase or a login prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gputui.core.secret import Secret


@dataclass(frozen=True, slots=True)
class HostKeyQuestion:
    """Asks whether an unknown key belongs to this machine.

    `why` lists what is nevertheless known about it: the address belonged to another machine, or the machine had another
    address. `jump` is True for a jump host.
    """

    host: str
    port: int
    kind: str
    fingerprint: str
    why: tuple[str, ...] = ()
    jump: bool = False


@dataclass(frozen=True, slots=True)
class PassphraseQuestion:
    """Asks for the passphrase of a private key file; `again` after a wrong one."""

    path: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt of a server, cleaned; `echo` if the answer may be visible."""

    text: str
    echo: bool


@dataclass(frozen=True, slots=True)
class LoginQuestion:
    """What a trusted server asks at the login (password, keyboard-interactive), cleaned, and shown with its sender.

    `jump` is True for a jump host, `again` after a wrong answer.
    """

    host: str
    port: int
    title: str
    instructions: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    jump: bool = False
    again: bool = False


class Prompter(Protocol):
    """Answers questions, possibly slowly or with a no: no connection to an untrusted host is open meanwhile."""

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """Return whether the key of a host seen for the first time is the right one."""

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        """Return the passphrase of a key file; None skips that key."""

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        """Return one answer per prompt; None gives up the login."""


class NonInteractive:
    """A prompter for scripts and for many connections at once: refuses everything."""

    async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
        """Return False."""
        return False

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        """Return None."""
        return None

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        """Return None."""
        return None
