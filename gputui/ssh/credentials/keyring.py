"""Private key files, read once and unlocked once: passphrases are asked for, the keys stay in memory."""

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
    """The key pairs in a file; none where it is locked. They do not show themselves."""

    pairs: tuple[Any, ...] = field(default=(), repr=False)
    locked: bool = False

    def mine(self) -> list[Any]:
        """The pairs for one connection: asyncssh notes in them how that one's server wants signatures."""
        return [copy.copy(pair) for pair in self.pairs]


class Keyring:
    """The key files of one console. Whoever comes while a passphrase is asked for shares the answer, a no as well."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[Signature, KeyFile]] = {}
        self._asking: dict[Path, asyncio.Lock] = {}
        self._refused: dict[Path, int] = {}

    def read(self, path: Path) -> KeyFile:
        """The file as it is now: blocks, so call it aside. Raises OSError and asyncssh.KeyImportError."""
        seen = signature(path)
        held = self._files.get(path)
        if held is not None and held[0] == seen:
            return held[1]
        # Checking the primes of one's own RSA key would hold the loop for a third of a second.
        pairs = asyncssh.load_keypairs(path, ignore_encrypted=True, unsafe_skip_rsa_key_validation=True)
        file = KeyFile(tuple(pairs), locked=not pairs)
        self._files[path] = (seen, file)
        return file

    async def unlocked(self, path: Path, person: Prompter) -> KeyFile:
        """The file unlocked by its passphrase, asked for up to three times; still locked where it was not given."""
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
            return None  # every way a wrong passphrase shows itself
        file = KeyFile(tuple(pairs))
        self._files[path] = (seen, file)
        return file
