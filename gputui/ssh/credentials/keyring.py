"""Private key files: each is read and unlocked once, and the keys stay in memory."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.secret import Secret
from gputui.ssh.prompter import PassphraseQuestion, Prompter
from gputui.ssh.run_in_thread import run_in_thread
from gputui.ssh.signature import Signature, signature

_TRIES = 3


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The key pairs of a file; none if it is locked. They are not shown in the repr."""

    pairs: tuple[Any, ...] = field(default=(), repr=False)
    locked: bool = False

    def mine(self) -> list[Any]:
        """Copies of the pairs for one connection: asyncssh stores the server's signature algorithm in them."""
        return [copy.copy(pair) for pair in self.pairs]


class Keyring:
    """The key files of one console. Callers that wait for a passphrase share the answer, including a refusal."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[Signature, KeyFile]] = {}
        self._asking: dict[Path, asyncio.Lock] = {}
        self._refused: dict[Path, int] = {}

    def read(self, path: Path) -> KeyFile:
        """Return the file as it is now. Blocking: call it in a thread. Raises OSError and asyncssh.KeyImportError."""
        seen = signature(path)
        held = self._files.get(path)
        if held is not None and held[0] == seen:
            return held[1]
        # Checking the primes of the user's own RSA key would block the loop for a third of a second.
        pairs = asyncssh.load_keypairs(path, ignore_encrypted=True, unsafe_skip_rsa_key_validation=True)
        file = KeyFile(tuple(pairs), locked=not pairs)
        self._files[path] = (seen, file)
        return file

    async def unlocked(self, path: Path, person: Prompter) -> KeyFile:
        """Unlock the file, asking up to three times for the passphrase; it stays locked if none was right."""
        refused = self._refused.get(path, 0)
        async with self._asking.setdefault(path, asyncio.Lock()):
            file = await run_in_thread(lambda: self.read(path))
            if not file.locked or self._refused.get(path, 0) != refused:
                return file
            for attempt in range(_TRIES):
                passphrase = await person.passphrase(PassphraseQuestion(str(path), again=attempt > 0))
                if not passphrase:
                    break
                if opened := await run_in_thread(lambda secret=passphrase: self._open(path, secret)):  # type: ignore[misc]
                    return opened
            self._refused[path] = refused + 1
            return file

    def _open(self, path: Path, passphrase: Secret) -> KeyFile | None:
        seen = signature(path)
        try:
            pairs = asyncssh.load_keypairs(path, passphrase.reveal(), unsafe_skip_rsa_key_validation=True)
        except ValueError as error:
            if "bcrypt" in str(error):
                problem = Problem(Cause.CONFIG, f"{path} cannot be unlocked without bcrypt", "pip install bcrypt")
                raise Failed(problem) from None
            return None  # a wrong passphrase raises any of these
        file = KeyFile(tuple(pairs))
        self._files[path] = (seen, file)
        return file
