"""Which keys a login offers, in which order, and whom it asks to unlock one: no server and no agent is needed."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.secret import Secret
from gputui.ssh.credentials import keys as module
from gputui.ssh.credentials.keyring import Keyring
from gputui.ssh.credentials.keys import Credentials, by_keys, by_password
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import NonInteractive, PassphraseQuestion
from gputui.ssh.userconfig.host_config import HostConfig

OTHERS = ["hostbased", "gssapi-with-mic"]


@dataclass
class Agent:
    """Stands for ssh-agent: `held` are its keys, `failure` is what it fails with."""

    held: list[Any] = field(default_factory=list)
    failure: Exception | None = None
    sockets: list[str] = field(default_factory=list)
    closed: int = 0

    def __call__(self, socket: str) -> Agent:
        self.sockets.append(socket)
        return self

    async def get_keys(self) -> Sequence[Any]:
        if self.failure is not None:
            raise self.failure
        return self.held

    def close(self) -> None:
        self.closed += 1


class Person(NonInteractive):
    """Knows one passphrase, or none."""

    def __init__(self, phrase: str = "") -> None:
        self.phrase = phrase
        self.asked: list[str] = []

    async def passphrase(self, question: PassphraseQuestion) -> Secret | None:
        self.asked.append(Path(question.path).name)
        return Secret(self.phrase) if self.phrase else None


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Agent:
    made = Agent()
    monkeypatch.setattr(module.asyncssh, "SSHAgentClient", made)
    return made


@pytest.fixture
def places(tmp_path: Path) -> SshPlaces:
    (tmp_path / ".ssh").mkdir()
    return SshPlaces(tmp_path, tmp_path / "pins", agent="/run/agent")


def write(places: SshPlaces, name: str, phrase: str = "") -> Any:
    """A key file of that name; returns its key pair as an agent would hold it."""
    key, path = asyncssh.generate_private_key("ssh-ed25519"), places.home / ".ssh" / name
    key.write_private_key(path, "pkcs8-pem", phrase or None)
    key.write_public_key(path.with_name(f"{name}.pub"))
    path.chmod(0o600)
    return asyncssh.load_keypairs(key)[0]


def held(count: int = 1) -> list[Any]:
    """Keys of an agent that lie in no file."""
    return [asyncssh.load_keypairs(asyncssh.generate_private_key("ssh-ed25519"))[0] for _ in range(count)]


async def offered(
    places: SshPlaces, person: Person | None = None, identity_file: str = "", **config: Any
) -> tuple[list[bytes], Credentials]:
    """The public halves of the keys offered, in their order, and all of the credentials."""
    made = await by_keys(identity_file, HostConfig("gpu", **config), places, person or Person(), Keyring())
    return [pair.public_data for pair in made.arguments["client_keys"] or []], made


def halves(*pairs: Any) -> list[bytes]:
    return [pair.public_data for pair in pairs]


def test_with_a_password_neither_a_key_nor_an_agent_is_shown() -> None:
    made = by_password()
    assert made.arguments["client_keys"] is None
    assert made.arguments["agent_path"] is None
    assert made.arguments["preferred_auth"] == ["password", "keyboard-interactive", "publickey", *OTHERS]
    made.close()


async def test_the_three_default_files_come_first_then_what_the_agent_holds_besides(
    places: SshPlaces, agent: Agent
) -> None:
    rsa, ed, ecdsa = (write(places, name) for name in ("id_rsa", "id_ed25519", "id_ecdsa"))
    (other,) = agent.held = held()
    found, made = await offered(places)
    assert found == halves(ed, ecdsa, rsa, other)
    assert made.arguments["preferred_auth"] == ["publickey", "keyboard-interactive", "password", *OTHERS]
    assert (made.left_out, agent.sockets, agent.closed) == ((), ["/run/agent"], 0)
    made.close()
    assert agent.closed == 1


async def test_a_file_whose_key_the_agent_holds_is_offered_once_and_opened_by_nobody(
    places: SshPlaces, agent: Agent
) -> None:
    locked = write(places, "id_ed25519", "sesame")
    plain = write(places, "id_rsa")
    (other,) = held()
    agent.held = [other, locked]
    person = Person()
    found, made = await offered(places, person)
    assert found == halves(locked, plain, other)
    assert (person.asked, made.left_out) == ([], ())


async def test_with_identities_only_the_agents_other_keys_are_left_out(places: SshPlaces, agent: Agent) -> None:
    named = write(places, "mine")
    agent.held = [named, *held()]
    found, _ = await offered(places, identity_files=("mine",), default_keys=False, identities_only=True)
    assert found == halves(named)


async def test_named_files_take_the_place_of_the_default_ones(places: SshPlaces, agent: Agent) -> None:
    write(places, "id_ed25519")
    mine = write(places, "mine")
    assert (await offered(places, identity_files=("mine", "gone"), default_keys=False))[0] == halves(mine)


@pytest.mark.parametrize(
    ("config", "sockets"),
    [
        ("", ["/run/agent"]),
        ("SSH_AUTH_SOCK", ["/run/agent"]),
        ("none", []),
        ("/run/other", ["/run/other"]),
    ],
)
async def test_the_agent_that_is_asked(places: SshPlaces, agent: Agent, config: str, sockets: list[str]) -> None:
    agent.held = held()
    found, made = await offered(places, agent=config)
    assert agent.sockets == sockets
    assert len(found) == len(sockets)
    assert (made.agent is not None) is bool(sockets)


async def test_where_there_is_no_socket_nobody_is_asked(places: SshPlaces, agent: Agent) -> None:
    found, made = await offered(SshPlaces(places.home, places.pins))
    assert (found, made.agent, agent.sockets) == ([], None, [])


@pytest.mark.parametrize("failure", [OSError("gone"), ValueError("odd"), TimeoutError(), asyncssh.ConnectionLost("")])
async def test_an_agent_that_fails_costs_its_keys_only(places: SshPlaces, agent: Agent, failure: Exception) -> None:
    plain = write(places, "id_rsa")
    agent.failure = failure
    found, made = await offered(places)
    assert found == halves(plain)
    assert (made.agent, agent.closed) == (None, 1)


async def test_an_agent_that_does_not_answer_is_given_three_seconds(
    places: SshPlaces, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    async def wait_for(answer: Coroutine[Any, Any, object], seconds: float) -> object:
        given.append(seconds)
        answer.close()
        raise TimeoutError

    monkeypatch.setattr(module.asyncio, "wait_for", wait_for)
    assert (await offered(places))[0] == []
    assert (given, agent.closed) == ([3.0], 1)


# -- locked files ----------------------------------------------------------------------------------------------------


async def test_a_locked_default_file_is_asked_for_only_where_there_is_no_other_key(
    places: SshPlaces, agent: Agent
) -> None:
    locked = write(places, "id_ed25519", "sesame")
    write(places, "id_rsa", "sesame")
    person = Person("sesame")
    found, made = await offered(places, person)
    assert (found, person.asked) == (halves(locked), ["id_ed25519"])
    assert made.left_out == (f"{places.home / '.ssh' / 'id_rsa'} is locked",)
    (other,) = agent.held = held()
    person = Person("sesame")
    found, made = await offered(places, person)
    assert (found, person.asked, len(made.left_out)) == (halves(other), [], 2)
    agent.held = []
    plain = write(places, "id_ecdsa")
    assert (await offered(places, person))[0] == halves(plain)
    assert person.asked == []


async def test_a_locked_file_that_is_named_is_asked_for_whatever_else_there_is(places: SshPlaces, agent: Agent) -> None:
    locked, plain = write(places, "one", "sesame"), write(places, "two")
    (other,) = agent.held = held()
    person = Person("sesame")
    found, made = await offered(places, person, identity_files=("one", "two"), default_keys=False)
    assert (found, person.asked, made.left_out) == (halves(plain, locked, other), ["one"], ())
    found, made = await offered(places, Person(), identity_files=("one", "two"), default_keys=False)
    assert found == halves(plain, other)
    assert made.left_out == (f"{places.home / '.ssh' / 'one'} is locked",)


# -- files that cannot be used ---------------------------------------------------------------------------------------


async def test_a_file_that_others_can_read_or_nobody_can_is_left_out_and_said(places: SshPlaces, agent: Agent) -> None:
    write(places, "id_ed25519")
    folder = places.home / ".ssh"
    (folder / "id_ed25519").chmod(0o640)
    (folder / "id_rsa").write_text("no key")
    (folder / "id_rsa").chmod(0o600)
    found, made = await offered(places)
    assert found == []
    assert made.arguments["client_keys"] is None, "an empty list would load the default files"
    assert made.left_out == (f"others can read {folder / 'id_ed25519'}", f"{folder / 'id_rsa'} cannot be read")


async def test_a_usable_identity_file_is_offered_alone(places: SshPlaces, agent: Agent) -> None:
    mine = write(places, "mine")
    write(places, "id_ed25519")
    agent.held = held(3)
    assert (await offered(places, identity_file="~/.ssh/mine"))[0] == halves(mine)


async def test_a_public_identity_file_stands_for_the_agents_key(places: SshPlaces, agent: Agent) -> None:
    mine = write(places, "mine")
    (places.home / ".ssh" / "mine").unlink()
    agent.held = [*held(), mine]
    assert (await offered(places, identity_file="~/.ssh/mine.pub"))[0] == halves(mine)


async def test_a_locked_identity_file_is_asked_for_unless_the_agent_holds_it(places: SshPlaces, agent: Agent) -> None:
    locked = write(places, "mine", "sesame")
    person = Person("sesame")
    assert (await offered(places, person, identity_file="~/.ssh/mine"))[0] == halves(locked)
    assert person.asked == ["mine"]
    agent.held = [locked]
    person = Person("sesame")
    assert (await offered(places, person, identity_file="~/.ssh/mine"))[0] == halves(locked)
    assert person.asked == []


@pytest.mark.parametrize(
    ("name", "mode", "cause", "words", "remedy"),
    [
        ("gone", 0o600, Cause.CONFIG, "No such file", "check ssh.identity_file"),
        ("gone.pub", 0o600, Cause.CONFIG, "No such file", "check ssh.identity_file"),
        ("plain", 0o604, Cause.CONFIG, "others can read the private key", "chmod 600"),
        ("locked", 0o600, Cause.CREDENTIALS, "locked needs a passphrase", "ssh-add"),
        ("plain.pub", 0o644, Cause.CREDENTIALS, "plain.pub is a public key whose private half the agent", "ssh-add"),
        ("odd", 0o600, Cause.CONFIG, "odd is no private key that can be read", "ssh-keygen -yf"),
    ],
)
async def test_an_identity_file_that_is_of_no_use_says_why_and_no_agent_stays_open(
    places: SshPlaces, agent: Agent, name: str, mode: int, cause: Cause, words: str, remedy: str
) -> None:
    write(places, "plain")
    write(places, "locked", "sesame")
    path = places.home / ".ssh" / name
    (places.home / ".ssh" / "odd").write_text("no key")
    if path.exists():
        path.chmod(mode)
    with pytest.raises(Failed) as failed:
        await offered(places, Person(), identity_file=f"~/.ssh/{name}")
    assert failed.value.problem.cause is cause
    assert words in failed.value.problem.text
    assert remedy in failed.value.problem.remedy
    assert agent.closed == 1
    with pytest.raises(Failed):
        await offered(SshPlaces(places.home, places.pins), Person(), identity_file=f"~/.ssh/{name}")
