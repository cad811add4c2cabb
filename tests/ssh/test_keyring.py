"""The key files of a console: each read once while it is the same, unlocked once, a no shared by all who waited."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.problem import Failed
from gputui.core.secret import Secret
from gputui.ssh.credentials import keyring as module
from gputui.ssh.credentials.keyring import Keyring
from gputui.ssh.prompter import NonInteractive, PassphraseQuestion


class Person(NonInteractive):
    """Answers with one phrase after the other, then with none; waits for `ready` first."""

    def __init__(self, *phrases: str) -> None:
        self.phrases = list(phrases)
        self.again: list[bool] = []
        self.ready = asyncio.Event()
        self.ready.set()

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        self.again.append(question.again)
        await self.ready.wait()
        return Secret(self.phrases.pop(0)) if self.phrases else None


def write(path: Path, phrase: str = "") -> bytes:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(path, "pkcs8-pem", phrase or None)
    return bytes(key.public_data)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were opened and parsed."""
    found: list[Path] = []
    real = asyncssh.load_keypairs

    def load(path: Path, *given: Any, **how: Any) -> Any:
        assert how["unsafe_skip_rsa_key_validation"] is True, "it would hold the loop up for a third of a second"
        found.append(path)
        return real(path, *given, **how)

    monkeypatch.setattr(module.asyncssh, "load_keypairs", load)
    return found


def test_a_file_is_read_once_while_it_is_the_same(tmp_path: Path, loads: list[Path]) -> None:
    path, keyring = tmp_path / "key", Keyring()
    first = write(path)
    assert keyring.read(path) is keyring.read(path)
    assert (len(loads), keyring.read(path).pairs[0].public_data) == (1, first)
    path.unlink()
    second = write(path)
    assert keyring.read(path).pairs[0].public_data == second != first


def test_each_connection_has_pairs_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "key")
    file = Keyring().read(tmp_path / "key")
    assert file.mine()[0] is not file.mine()[0]
    assert "pairs" not in repr(file)


async def test_a_passphrase_is_asked_for_three_times_at_most_and_a_right_one_once(
    tmp_path: Path, loads: list[Path]
) -> None:
    path, keyring = tmp_path / "key", Keyring()
    public = write(path, "sesame")
    assert keyring.read(path).locked
    person = Person("wrong", "wrong", "wrong", "sesame")
    assert (await keyring.unlocked(path, person)).locked
    assert person.again == [False, True, True]
    person = Person("wrong", "sesame")
    file = await keyring.unlocked(path, person)
    assert (file.locked, file.pairs[0].public_data, person.again) == (False, public, [False, True])
    count = len(loads)
    assert await keyring.unlocked(path, person) is file
    assert keyring.read(path) is file
    assert (len(person.again), len(loads)) == (2, count)


async def test_a_no_is_shared_by_those_who_waited_for_it_and_by_no_one_later(tmp_path: Path) -> None:
    path, keyring = tmp_path / "key", Keyring()
    write(path, "sesame")
    for _ in range(3):
        person = Person()
        person.ready.clear()
        waiting = [asyncio.create_task(keyring.unlocked(path, person)) for _ in range(3)]
        async with asyncio.timeout(10):
            while not person.again:
                await asyncio.sleep(0)
            person.ready.set()
            files = await asyncio.gather(*waiting)
        assert all(file.locked for file in files)
        assert person.again == [False]


async def test_a_file_that_only_bcrypt_opens_says_so_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keyring = tmp_path / "key", Keyring()
    write(path, "sesame")
    keyring.read(path)

    def without(*_: Any, **__: Any) -> Any:
        raise asyncssh.KeyEncryptionError("OpenSSH private key encryption requires bcrypt with KDF support")

    monkeypatch.setattr(module.asyncssh, "load_keypairs", without)
    with pytest.raises(Failed, match="cannot be unlocked without bcrypt") as failed:
        await keyring.unlocked(path, Person("sesame"))
    assert "pip install bcrypt" in failed.value.problem.remedy
