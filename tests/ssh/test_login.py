"""What is asked at the login: passphrases, passwords, codes; who answers, how often, and what is never sent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.secret import Secret
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.handshake import Timing
from gputui.ssh.credentials.login import asks_password
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import LoginQuestion, NonInteractive, PassphraseQuestion
from tests.ssh.conftest import PASSWORD, SSHD, StartServer, _free_port, address_of, until

NEW = SshOptions(host_keys="accept-new")
Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]


@dataclass
class Typist(NonInteractive):
    """Types what it is told to, in order; after that it gives up. Remembers what it was asked."""

    lines: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    asked: list[LoginQuestion] = field(default_factory=list)
    locked: list[PassphraseQuestion] = field(default_factory=list)

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        self.locked.append(question)
        await asyncio.sleep(0)
        return Secret(self.phrases.pop(0)) if self.phrases else None

    async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
        self.asked.append(question)
        await asyncio.sleep(0)
        if len(self.lines) < len(question.prompts):
            return None
        return tuple(Secret(self.lines.pop(0)) for _ in question.prompts)


@dataclass
class Doorman:
    """A server that asks: `rounds` are its challenges, `right` the answers to all of them, in order."""

    rounds: list[Challenge] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    password: str | None = None
    key: asyncssh.SSHKey | None = None
    heard: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    port: int = 0


class _Asking(asyncssh.SSHServer):
    def __init__(self, doorman: Doorman) -> None:
        self._doorman = doorman
        self._left: list[Challenge] = []
        self._given: list[str] = []

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return self._doorman.key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._doorman.key is not None and key.public_data == self._doorman.key.public_data

    def password_auth_supported(self) -> bool:
        return self._doorman.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        self._doorman.passwords.append(password)
        return password == self._doorman.password

    def kbdint_auth_supported(self) -> bool:
        return bool(self._doorman.rounds)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:
        self._left, self._given = self._doorman.rounds[1:], []
        return self._doorman.rounds[0]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool | Challenge:
        self._given += responses
        self._doorman.heard += responses
        return self._left.pop(0) if self._left else self._given == self._doorman.right


Open = Callable[[Doorman], Awaitable[Doorman]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    running: list[asyncssh.SSHAcceptor] = []

    async def start(doorman: Doorman) -> Doorman:
        key = asyncssh.generate_private_key("ssh-ed25519")
        acceptor = await asyncssh.create_server(
            lambda: _Asking(doorman), "127.0.0.1", 0, server_host_keys=[key], encoding=None
        )
        running.append(acceptor)
        doorman.port = acceptor.get_port()
        return doorman

    yield start
    for acceptor in running:
        acceptor.close()


async def _in(doorman: Doorman, places: SshPlaces, person: Any, password: str | None = None, **more: Any) -> Connection:
    connection = await connect(address_of(doorman.port, password), NEW, places=places, person=person, **more)
    await connection.close()
    return connection


PASSWORD_ROUND: Challenge = ("", "", "", [("Password: ", False)])
CODE_ROUND: Challenge = ("Second factor", "Look at\nyour phone", "", [("Verification code: ", True)])


# -- a person answers ------------------------------------------------------------------------------------------------


async def test_prompts_are_answered_by_the_person_as_clean_text(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(
        Doorman([("\x1b[31mPAM\x07", "line one\r\nline \u202etwo\n", "", [("  Co\x1bde: ", True)])], ["7"])
    )
    person = Typist(["7"])
    await _in(doorman, places, person)
    [question] = person.asked
    assert (question.host, question.port, question.jump) == ("127.0.0.1", doorman.port, False)
    assert question.title == "␛[31mPAM␇"
    assert question.instructions == ("line one", "line �two")
    assert [(prompt.text, prompt.echo) for prompt in question.prompts] == [("Co␛de:", True)]
    assert doorman.heard == ["7"]


async def test_several_rounds_and_several_tries(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman([PASSWORD_ROUND, CODE_ROUND], ["pw", "123"]))
    person = Typist(["pw", "999", "pw", "123"])
    await _in(doorman, places, person)
    assert doorman.heard == ["pw", "999", "pw", "123"]
    assert person.asked[1].instructions == ("Look at", "your phone")
    assert [question.again for question in person.asked] == [False, False, True, False], "a wrong code is told"


async def test_a_password_account_is_asked_for_its_password_three_times(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman(password="right-3"))
    person = Typist(["wrong-1", "wrong-2", "right-3"])
    await _in(doorman, places, person)
    [prompt] = person.asked[0].prompts
    assert (prompt.text, prompt.echo) == ("root@127.0.0.1's password:", False)
    assert [question.again for question in person.asked] == [False, True, True]
    person = Typist(["wrong-1", "wrong-2", "wrong-3", "right-3"])
    with pytest.raises(Failed) as failed:
        await _in(doorman, places, person)
    assert (failed.value.problem.cause, len(person.asked)) == (Cause.CREDENTIALS, 3)
    assert "wrong" not in str(failed.value)


async def test_to_give_up_ends_the_login_at_once(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman([PASSWORD_ROUND], ["x"], password="y"))
    for person in (Typist(), NonInteractive()):
        with pytest.raises(Failed, match="no answer") as failed:
            await _in(doorman, places, person)
        assert "keyboard-interactive, password" in str(failed.value)
        assert failed.value.problem.remedy
    assert doorman.heard == doorman.passwords == []


async def test_keys_come_first_and_nobody_is_asked_where_they_suffice(opened: Open, places: SshPlaces) -> None:
    key = _key(places.home / ".ssh" / "id_ed25519")
    doorman = await opened(Doorman([PASSWORD_ROUND], ["x"], key=key))
    person = Typist(["x"])
    await _in(doorman, places, person)
    assert person.asked == []
    doorman.key = asyncssh.generate_private_key("ssh-ed25519")
    await _in(doorman, places, person)
    assert len(person.asked) == 1


async def test_what_is_told_without_a_question_is_kept(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman([("", "Your password ends\x1b in 3 days\n", "", [])], []))
    connection = await _in(doorman, places, Typist())
    assert "Your password ends␛ in 3 days" in connection.banner


async def test_a_server_that_asks_without_end_is_left(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman([("", "", "", [])] * 500, []))
    with pytest.raises(Failed):
        await _in(doorman, places, Typist())
    doorman = await opened(Doorman([("", "", "", [("?", True)] * 500)], []))
    person = Typist(["x"] * 500)
    with pytest.raises(Failed):
        await _in(doorman, places, person)
    assert person.asked == []


async def test_a_person_may_think_longer_than_a_login_lasts(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman([CODE_ROUND], ["123"]))

    class Slow(Typist):
        async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
            began = asyncio.get_running_loop().time()
            await until(lambda: asyncio.get_running_loop().time() > began + 0.6)
            return await super().answers(question)

    await _in(doorman, places, Slow(["123"]), timing=Timing(login=0.5))


async def test_given_up_while_it_is_asked_nothing_stays_open(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman([CODE_ROUND], ["123"]))
    thinking, told = asyncio.Event(), asyncio.Event()

    class Undecided(Typist):
        async def answers(self, question: LoginQuestion) -> tuple[Secret, ...] | None:
            thinking.set()
            try:
                await asyncio.Event().wait()
            finally:
                told.set()
            return None

    task = asyncio.create_task(_in(doorman, places, Undecided()))
    await asyncio.wait_for(thinking.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(told.wait(), 10)


async def test_a_jump_host_asks_as_one(opened: Open, places: SshPlaces, start_server: StartServer) -> None:
    class Forwarding(_Asking):
        def connection_requested(self, *_: Any) -> bool:
            return True

    doorman = Doorman([CODE_ROUND], ["123"])
    key = asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await asyncssh.create_server(lambda: Forwarding(doorman), "127.0.0.1", 0, server_host_keys=[key])
    machine = await start_server()
    person = Typist(["123"])
    options = replace(NEW, proxy_jump=f"root@127.0.0.1:{acceptor.get_port()}", allow_local=True)
    connection = await connect(address_of(machine.port), options, places=places, person=person)
    await connection.close()
    assert person.asked[0].jump
    assert machine.seen.passwords == [PASSWORD], "the machine's own password is for the machine"
    assert doorman.heard == ["123"]
    acceptor.close()


# -- an API's password -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "is_asked"),
    [
        ("Password: ", True),
        ("(root@gpu) Password:", True),
        ("root@gpu's password:", True),
        ("LDAP password for root:", True),
        ("New password:", False),
        ("Retype password: ", False),
        ("One-time password:", False),
        ("One time password (OTP) for root:", False),
        ("Password or token:", False),
        ("Enter PASSCODE:", False),
        ("Verification code:", False),
        ("What is your mother's name?", False),
        ("", False),
    ],
)
def test_which_prompts_want_the_password(prompt: str, is_asked: bool) -> None:
    assert asks_password(prompt) is is_asked


async def test_an_apis_password_answers_its_prompt_once_and_the_person_the_others(
    opened: Open, places: SshPlaces
) -> None:
    both: Challenge = ("", "", "", [("Password: ", False), ("Verification code: ", True)])
    for rounds in ([PASSWORD_ROUND, CODE_ROUND], [both]):
        doorman = await opened(Doorman(rounds, [PASSWORD, "123"]))
        person = Typist(["123"])
        await _in(doorman, places, person, PASSWORD)
        assert doorman.heard == [PASSWORD, "123"]
        assert [prompt.text for question in person.asked for prompt in question.prompts] == ["Verification code:"]


@pytest.mark.parametrize(
    "prompts",
    [[("Password: ", True)], [("New password: ", False)], [("Your code: ", False)], [("Say anything", False)]],
)
async def test_an_apis_password_goes_to_no_other_prompt(
    prompts: list[tuple[str, bool]], opened: Open, places: SshPlaces
) -> None:
    doorman = await opened(Doorman([("", "", "", prompts)], ["typed"]))
    person = Typist(["typed"])
    await _in(doorman, places, person, PASSWORD)
    assert doorman.heard == ["typed"]


async def test_an_apis_password_that_is_refused_is_sent_once_over_all_methods(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman([PASSWORD_ROUND], ["other"], password="other"))
    person = Typist(["other"])
    with pytest.raises(Failed, match="refused the password that the cloud gave") as failed:
        await _in(doorman, places, person, PASSWORD)
    assert doorman.heard + doorman.passwords == [PASSWORD]
    assert person.asked == []
    assert PASSWORD not in str(failed.value)


async def test_a_refused_login_says_what_the_server_would_take(opened: Open, places: SshPlaces) -> None:
    doorman = await opened(Doorman(key=asyncssh.generate_private_key("ssh-ed25519")))
    for password in (None, PASSWORD):
        with pytest.raises(Failed, match="it takes publickey"):
            await _in(doorman, places, NonInteractive(), password)


# -- locked keys -----------------------------------------------------------------------------------------------------


def _key(path: Path, passphrase: str | None = None) -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key("ssh-ed25519")
    more: dict[str, Any] = {"passphrase": passphrase, "rounds": 1} if passphrase else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one round is not many, and quick
        key.write_private_key(path, **more)
    path.chmod(0o600)
    return key


async def _with_key(server: Any, options: SshOptions, places: SshPlaces, person: Any, memory: ConnectCache) -> None:
    address = address_of(server.port, None)
    connection = await connect(address, options, places=places, person=person, memory=memory)
    await connection.close()


async def test_a_locked_identity_file_is_asked_for_and_stays_open(start_server: StartServer, places: SshPlaces) -> None:
    path = places.home / "key"
    server = await start_server(key=_key(path, "sesame"))
    options, memory, person = replace(NEW, identity_file="~/key"), ConnectCache(), Typist(phrases=["wrong", "sesame"])
    await _with_key(server, options, places, person, memory)
    await _with_key(server, options, places, person, memory)
    assert person.locked == [PassphraseQuestion(str(path)), PassphraseQuestion(str(path), again=True)]
    for phrases in ([], ["1", "2", "3", "sesame"]):
        with pytest.raises(Failed, match="needs a passphrase") as failed:
            await _with_key(server, options, places, Typist(phrases=list(phrases)), ConnectCache())
        assert failed.value.problem.remedy == f"ssh-add {path}"
    assert "sesame" not in repr(vars(memory.keyring))


MANY = 12


@dataclass
class _Late(Typist):
    """Says no once all the others wait for the answer."""

    waited: Callable[[], bool] = lambda: True

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        if not self.locked:
            self.locked.append(question)
            await until(self.waited)
            return None
        return await super().passphrase(question)


async def test_many_at_once_ask_once(start_server: StartServer, places: SshPlaces) -> None:
    server = await start_server(key=_key(places.home / "key", "sesame"))
    options = replace(NEW, identity_file="~/key")
    person, memory = Typist(phrases=["sesame"]), ConnectCache()
    await asyncio.gather(*(_with_key(server, options, places, person, memory) for _ in range(MANY)))
    assert len(person.locked) == 1
    memory = ConnectCache()
    person = _Late(waited=lambda: len(memory.keyring._asking[places.home / "key"]._waiters or ()) == MANY - 1)
    many = (_with_key(server, options, places, person, memory) for _ in range(MANY))
    ends = await asyncio.gather(*many, return_exceptions=True)
    assert all(isinstance(end, Failed) for end in ends)
    assert len(person.locked) == 1, "a no is shared by all who waited for the answer"
    with pytest.raises(Failed):
        await _with_key(server, options, places, person, memory)
    assert len(person.locked) == 2, "and asked again later"


async def test_a_key_that_was_changed_is_read_again(start_server: StartServer, places: SshPlaces) -> None:
    path, memory, options = places.home / "key", ConnectCache(), replace(NEW, identity_file="~/key")
    for _ in range(2):
        path.unlink(missing_ok=True)
        server = await start_server(key=_key(path))
        await _with_key(server, options, places, Typist(), memory)


async def test_named_keys_are_asked_for_and_default_ones_only_where_there_is_no_other(
    start_server: StartServer, places: SshPlaces
) -> None:
    folder = places.home / ".ssh"
    locked, plain = folder / "id_ed25519", folder / "id_rsa"
    key, other = _key(locked, "sesame"), _key(plain)
    server = await start_server(key=key)
    person = Typist(phrases=["sesame"])
    with pytest.raises(Failed, match=f"left out: {locked} is locked"):
        await _with_key(server, NEW, places, person, ConnectCache())
    assert person.locked == []
    places.config.write_text("Host *\n  IdentityFile ~/.ssh/id_rsa\n  IdentityFile ~/.ssh/id_ed25519\n")
    await _with_key(server, NEW, places, person, ConnectCache())
    assert [question.path for question in person.locked] == [str(locked)]
    places.config.unlink()
    plain.unlink()
    person = Typist(phrases=["sesame"])
    await _with_key(server, NEW, places, person, ConnectCache())
    assert len(person.locked) == 1
    assert other.public_data != key.public_data


async def test_old_formats_of_locked_keys_are_read_too(start_server: StartServer, places: SshPlaces) -> None:
    path = places.home / "key"
    for format_name, more in (("pkcs8-pem", {}), ("pkcs1-pem", {"cipher_name": "aes128-cbc", "hash_name": "md5"})):
        key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        path.unlink(missing_ok=True)
        key.write_private_key(path, format_name, "sesame", **more)
        path.chmod(0o600)
        server = await start_server(key=key)
        person = Typist(phrases=["wrong", "sesame"])
        await _with_key(server, replace(NEW, identity_file="~/key"), places, person, ConnectCache())
        assert len(person.locked) == 2


# -- time-outs -------------------------------------------------------------------------------------------------------


async def test_a_profile_sets_its_own_time_outs(places: SshPlaces) -> None:
    assert Timing.of(SshOptions()) == Timing()
    assert Timing.of(SshOptions(connect_timeout=3, login_timeout=4.5)) == Timing(connect=3, login=4.5)
    silent = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    options = replace(NEW, login_timeout=0.2)
    with pytest.raises(Failed) as failed:
        port = silent.sockets[0].getsockname()[1]
        await connect(address_of(port), options, places=places, person=NonInteractive())
    assert failed.value.problem.cause is Cause.TIMEOUT
    assert "its SSH server says nothing" in failed.value.problem.text, "not as where nobody is"
    silent.close()


# -- a password account of a real sshd -------------------------------------------------------------------------------

_PRIVATE = (
    "mount --bind {folder}/passwd /etc/passwd && mount --bind {folder}/shadow /etc/shadow && "
    "exec {sshd} -D -e -f {folder}/config"
)


@pytest.fixture
def password_account(tmp_path: Path) -> Iterator[int]:
    """The port of a real sshd that knows `visitor`, whose password is `open-7`; only that process sees the account."""
    if os.geteuid() != 0 or SSHD is None or not shutil.which("unshare") or not shutil.which("openssl"):
        pytest.skip("needs root, sshd and a mount space of its own")
    with contextlib.suppress(OSError):
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    crypted = subprocess.run(["openssl", "passwd", "-6", "open-7"], capture_output=True, text=True, check=True).stdout
    for name, more in (
        ("passwd", "visitor:x:4242:4242::/tmp:/bin/sh"),
        ("shadow", f"visitor:{crypted.strip()}:1::::::"),
    ):
        (tmp_path / name).write_text(f"{Path('/etc', name).read_text()}{more}\n")
    _key(tmp_path / "host_key")
    port = _free_port()
    (tmp_path / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host_key\nPidFile none\nUsePAM no\nUseDNS no\n"
        "PasswordAuthentication yes\nKbdInteractiveAuthentication no\nPrintMotd no\nPrintLastLog no\n"
    )
    command = _PRIVATE.format(folder=shlex.quote(str(tmp_path)), sshd=SSHD)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(["unshare", "-m", "sh", "-c", command], stderr=log, stdin=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                pytest.skip(f"no such sshd here: {(tmp_path / 'log').read_text()[-200:]}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(10)


async def test_sshd_a_password_account(password_account: int, places: SshPlaces) -> None:
    async def enter(password: str | None, person: Any) -> str:
        address = address_of(password_account, password, "visitor")
        connection = await connect(address, NEW, places=places, person=person)
        found = await connection.ssh.run("id -un", encoding="utf-8")
        await connection.close()
        return str(found.stdout)

    assert await enter("open-7", NonInteractive()) == "visitor\n"
    person = Typist(["wrong", "open-7"])
    assert await enter(None, person) == "visitor\n"
    assert [question.prompts[0].text for question in person.asked] == ["visitor@127.0.0.1's password:"] * 2
    with pytest.raises(Failed, match="refused the password that the cloud gave; it takes"):
        await enter("wrong", NonInteractive())
