"""Host keys belong to an instance and an address: what counts when clouds hand addresses on, and what is asked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncssh
import pytest

from gputui.core.problem import Failed
from gputui.core.rows import Ref
from gputui.core.ssh_options import HostKeys, SshOptions
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.places import SshPlaces
from gputui.ssh.trust.changed import HostKeyRefused
from gputui.ssh.trust.hosts import HostKey, KeyVerdict, owned, parse
from gputui.ssh.trust.known import HostFile, KnownHosts
from gputui.ssh.trust.pins import pin
from gputui.ssh.trust.reasons import reasons
from tests.ssh.conftest import PASSWORD, Person, Server, StartServer, address_of
from tests.ssh.test_host_keys import KEY, OTHER, RSA
from tests.ssh.test_pool import machine_at

ONE, TWO = "p/nodes/1", "p/nodes/2"


def _known(text: str, path: Path = Path("known")) -> KnownHosts:
    return KnownHosts((HostFile.of(path, text.encode()),))


CASES = [
    ("its own", f"gpu {KEY} {owned(ONE)}", KeyVerdict.TRUSTED),
    ("another instance's key", f"gpu {KEY} {owned(TWO)}", KeyVerdict.UNKNOWN),
    ("another instance's other key", f"gpu {OTHER} {owned(TWO)}", KeyVerdict.UNKNOWN),
    ("its own other key", f"gpu {OTHER} {owned(ONE)}", KeyVerdict.CHANGED),
    ("its own key of another type", f"gpu {RSA} {owned(ONE)}", KeyVerdict.CHANGED),
    (
        "its own other key, and this one as another's",
        f"gpu {OTHER} {owned(ONE)}\ngpu {KEY} {owned(TWO)}",
        KeyVerdict.CHANGED,
    ),
    ("its own key after another's", f"gpu {OTHER} {owned(TWO)}\ngpu {KEY} {owned(ONE)}", KeyVerdict.TRUSTED),
    ("a line of nobody's", f"gpu {KEY} me@home", KeyVerdict.TRUSTED),
    ("another key in a line of nobody's", f"gpu {OTHER}", KeyVerdict.CHANGED),
    ("another's, revoked", f"@revoked gpu {KEY} {owned(TWO)}", KeyVerdict.REVOKED),
    ("its own at another port only", f"[gpu]:23 {KEY} {owned(ONE)}", KeyVerdict.UNKNOWN),
]


@pytest.mark.parametrize(("text", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_whose_key_it_is_counts(text: str, verdict: KeyVerdict) -> None:
    assert _known(text).about("gpu", 22, ONE).judge(KEY).verdict is verdict


def test_a_jump_host_is_no_instance_so_every_line_is_about_it() -> None:
    known = _known(f"gpu {KEY} {owned(TWO)}")
    assert known.about("gpu", 22).judge(KEY).verdict is KeyVerdict.TRUSTED
    assert known.about("gpu", 22).judge(OTHER).verdict is KeyVerdict.CHANGED


def test_an_owner_is_one_word_whatever_the_instance_is_called() -> None:
    for owner in (ONE, str(Ref("p", "nodes", "a b\n@revoked * ssh-ed25519 #x")), "p/nodes/übel%20", "p/nodes/gputui:"):
        [line] = parse(Path("x"), f"gpu {KEY} {owned(owner)}\n")
        assert line.owner == owner


def test_openssh_reads_a_line_with_an_owner(tmp_path: Path) -> None:
    key = HostKey(asyncssh.generate_private_key("ssh-ed25519").public_data)
    pin(tmp_path / "known", "gpu", 2222, key, "p/nodes/a b")
    found = subprocess.run(
        ["ssh-keygen", "-l", "-F", "[gpu]:2222", "-f", tmp_path / "known"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0
    assert key.fingerprint in found.stdout


def test_kinds_known_for_this_instance_are_asked_for_first() -> None:
    known = _known(f"gpu {RSA} {owned(TWO)}\ngpu {KEY} {owned(ONE)}")
    assert known.about("gpu", 22, ONE).kinds() == ["ssh-ed25519", "ssh-rsa"]


# -- what the question says ------------------------------------------------------------------------------------------


def _why(text: str) -> str:
    known = _known(text)
    return "\n".join(reasons(known, KEY, known.about("gpu", 22, ONE).judge(KEY).lines, ONE))


def test_what_is_revoked_or_an_authoritys_is_no_kind_to_ask_for() -> None:
    assert _known(f"@revoked gpu {KEY}\n@cert-authority gpu {OTHER}\ngpu {RSA}").about("gpu", 22).kinds() == [RSA.kind]


def test_why_it_is_asked() -> None:
    assert _why("") == ""
    assert _why(f"cpu {OTHER}") == ""
    words = _why(f"gpu {OTHER} {owned(TWO)}")
    assert f"belonged to instance {TWO} until now" in words and OTHER.words in words
    assert "the same" in _why(f"gpu {KEY} {owned(TWO)}")
    assert "same key that this instance had as 10.0.0.7" in _why(f"10.0.0.7 {KEY} {owned(ONE)}")
    assert f"As 10.0.0.7 this instance had another key: {OTHER.words}" in _why(f"10.0.0.7 {OTHER} {owned(ONE)}")
    assert "known for 10.0.0.8 (known:1)" in _why(f"10.0.0.8 {KEY} {owned(TWO)}")


# -- connecting ------------------------------------------------------------------------------------------------------


async def _met(server: Server, places: SshPlaces, owner: str, person: Person, policy: HostKeys = "ask") -> Connection:
    options = SshOptions(host_keys=policy)
    return await connect(address_of(server.port), options, places=places, person=person, owner=owner)


async def test_an_address_that_was_another_instances_is_asked_about_again(
    start_server: StartServer, places: SshPlaces
) -> None:
    """Whether the key is the old one or another: neither trusted in silence nor called changed."""
    server, person = await start_server(), Person()
    await (await _met(server, places, ONE, person)).close()
    await (await _met(server, places, ONE, person)).close()
    await (await _met(server, places, TWO, person)).close()
    assert [bool(question.why) for question in person.asked] == [False, True]
    assert "same" in person.asked[1].why[1]
    await server.stop()
    other = await start_server(port=server.port)
    no = Person(answer=False)
    with pytest.raises(HostKeyRefused) as refused:
        await _met(other, places, "p/nodes/3", no)
    assert refused.value.change is None
    assert other.seen.passwords == other.seen.users == []
    [question] = no.asked
    assert (question.fingerprint, question.jump) == (other.fingerprint, False)
    assert TWO in question.why[0] and server.fingerprint in question.why[1]
    await (await _met(other, places, "p/nodes/3", person)).close()
    assert len(places.pins.read_text().splitlines()) == 3


async def test_the_same_instance_with_another_key_has_changed(start_server: StartServer, places: SshPlaces) -> None:
    server, person = await start_server(), Person()
    await (await _met(server, places, ONE, person)).close()
    await server.stop()
    other = await start_server(port=server.port)
    for policy in ("ask", "strict", "accept-new"):
        with pytest.raises(HostKeyRefused) as refused:
            await _met(other, places, ONE, person, policy)
        change = refused.value.change
        assert change is not None
        assert [line.place for line in change.known] == [f"{places.pins}:1"]
        assert change.shown.fingerprint == other.fingerprint
        name = f"'[127.0.0.1]:{server.port}'"
        assert change.commands == (f"ssh-keygen -R {name} -f {places.pins}",)
        assert change.commands[0] in refused.value.problem.remedy
    assert len(person.asked) == 1
    assert other.seen.passwords == other.seen.users == []


async def test_the_same_instance_elsewhere_is_asked_about_with_the_reason(
    start_server: StartServer, places: SshPlaces
) -> None:
    server, person = await start_server(), Person()
    await (await _met(server, places, ONE, person)).close()
    moved = await start_server(host_key=server.key)
    await (await _met(moved, places, ONE, person)).close()
    assert person.asked[1].why == (f"It is the same key that this instance had as [127.0.0.1]:{server.port}.",)


async def test_accept_new_takes_an_address_handed_on_and_strict_does_not(
    start_server: StartServer, places: SshPlaces
) -> None:
    server, person = await start_server(), Person()
    await (await _met(server, places, ONE, person, "accept-new")).close()
    with pytest.raises(HostKeyRefused, match=ONE):
        await _met(server, places, TWO, person, "strict")
    await (await _met(server, places, TWO, person, "accept-new")).close()
    await (await _met(server, places, TWO, person, "strict")).close()
    assert person.asked == []
    assert server.seen.passwords == [PASSWORD] * 3


async def test_a_connection_of_the_pool_belongs_to_its_row(start_server: StartServer, places: SshPlaces) -> None:
    server = await start_server()
    pool = Pool(places)
    async with pool.lease(machine_at(server), Person()):
        pass
    [line] = parse(places.pins, places.pins.read_text())
    assert line.owner == "p/nodes/1"
    await pool.aclose()


async def test_a_jump_host_is_asked_about_as_one_and_remembered_without_an_owner(
    start_server: StartServer, places: SshPlaces
) -> None:
    jump, machine = await start_server(key=_user_key(places)), await start_server()
    person = Person()
    options = SshOptions(proxy_jump=f"root@127.0.0.1:{jump.port}", allow_local=True)
    connection = await connect(address_of(machine.port), options, places=places, person=person, owner=ONE)
    await connection.close()
    assert [(question.port, question.jump) for question in person.asked] == [(jump.port, True), (machine.port, False)]
    assert [line.owner for line in parse(places.pins, places.pins.read_text())] == ["", ONE]


def _user_key(places: SshPlaces) -> asyncssh.SSHKey:
    path = places.home / ".ssh" / "id_ed25519"
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(path)
    path.chmod(0o600)
    return key


# -- no secret before trust ------------------------------------------------------------------------------------------


def _state(verdict: str, port: int, key: HostKey) -> str:
    """A known_hosts file with which the key that the server shows is as `verdict` says."""
    names = f"[127.0.0.1]:{port}"
    old = HostKey(asyncssh.generate_private_key("ssh-ed25519").public_data)
    other_type = HostKey(asyncssh.generate_private_key("ecdsa-sha2-nistp256").public_data)
    return {
        "unknown": "",
        "changed": f"{names} {old}\n",
        "type changed": f"{names} {other_type}\n",
        "revoked": f"@revoked * {key}\n{names} {key}\n",
        "another's": f"{names} {key} {owned(TWO)}\n",
    }[verdict]


@pytest.mark.parametrize("way", ["straight", "as a jump host", "behind a jump host"])
@pytest.mark.parametrize("verdict", ["unknown", "changed", "type changed", "revoked", "another's"])
async def test_a_host_that_is_not_trusted_gets_nothing_to_keep(
    verdict: str, way: str, start_server: StartServer, places: SshPlaces
) -> None:
    """No user name, no password, no key: whatever the verdict, and wherever on the way the host stands."""
    key = _user_key(places)
    hostile, honest = await start_server(key=key), await start_server(key=key)
    shown = HostKey(hostile.key.public_data)
    trusted = f"[127.0.0.1]:{honest.port} {HostKey(honest.key.public_data)}\n"
    state = _state(verdict, hostile.port, shown)
    if way == "as a jump host":
        state = state.replace(f" {owned(TWO)}", "")  # a jump host is nobody's: there it would be trusted
        if verdict == "another's":
            return
    (places.home / ".ssh" / "known_hosts").write_text(trusted + state)
    target, jump = (honest, hostile) if way == "as a jump host" else (hostile, honest)
    options = SshOptions(proxy_jump="" if way == "straight" else f"root@127.0.0.1:{jump.port}", allow_local=True)
    with pytest.raises(Failed):
        await connect(address_of(target.port), options, places=places, person=Person(answer=False), owner=ONE)
    assert hostile.seen.connections >= 1
    assert hostile.seen.users == hostile.seen.passwords == hostile.seen.keys == []
    assert target.seen.passwords == []


async def test_a_host_with_no_key_of_a_kind_we_take_has_changed(start_server: StartServer, places: SshPlaces) -> None:
    """asyncssh calls it a failed key exchange."""
    server = await start_server(host_key=asyncssh.generate_private_key("ssh-ed448"))
    names = f"[127.0.0.1]:{server.port}"
    (places.home / ".ssh" / "known_hosts").write_text(f"{names} {KEY_OF_OLD}\n")
    with pytest.raises(HostKeyRefused, match="CHANGED") as refused:
        await _met(server, places, ONE, Person())
    assert KEY_OF_OLD.fingerprint in str(refused.value)
    assert refused.value.change is None
    assert server.seen.passwords == server.seen.users == []


KEY_OF_OLD = HostKey(asyncssh.generate_private_key("ssh-ed25519").public_data)
