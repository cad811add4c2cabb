"""Host keys: the verdict on files, what is remembered, and that no secret reaches a host that is not trusted."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

import asyncssh
import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.ssh_options import HostKeys, SshOptions
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import HostKeyQuestion
from gputui.ssh.trust import pins
from gputui.ssh.trust.hosts import HostKey, KeyVerdict
from gputui.ssh.trust.known import KnownHosts
from gputui.ssh.trust.pins import pin
from gputui.ssh.trust.verifier import HostKeyVerifier
from tests.ssh.conftest import PASSWORD, Connect, Person, StartServer, address_of


def _blob(kind: str, body: bytes) -> HostKey:
    return HostKey(b"".join(len(part).to_bytes(4, "big") + part for part in (kind.encode(), body)))


KEY = _blob("ssh-ed25519", b"one")
OTHER = _blob("ssh-ed25519", b"two")
RSA = _blob("ssh-rsa", b"three")


def _hashed(name: str) -> str:
    digest = hmac.new(b"salt", name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(b'salt').decode()}|{base64.b64encode(digest).decode()}"


CASES = [
    ("nothing is known", "", 22, KeyVerdict.UNKNOWN),
    ("this key is known", f"gpu {KEY}", 22, KeyVerdict.TRUSTED),
    ("with a comment", f"# hello\n\ngpu,10.0.0.7 {KEY} somebody@somewhere", 22, KeyVerdict.TRUSTED),
    ("another key of this type is known", f"gpu {OTHER}", 22, KeyVerdict.CHANGED),
    ("a key of another type is known", f"gpu {RSA}", 22, KeyVerdict.CHANGED),
    ("one of two known keys", f"gpu {OTHER}\ngpu {KEY}", 22, KeyVerdict.TRUSTED),
    ("known at this port", f"[gpu]:2222 {KEY}", 2222, KeyVerdict.TRUSTED),
    ("another key at this port", f"[gpu]:2222 {OTHER}", 2222, KeyVerdict.CHANGED),
    ("known at another port only", f"[gpu]:2223 {OTHER}", 2222, KeyVerdict.UNKNOWN),
    ("the bare name vouches for its key at any port", f"gpu {KEY}", 2222, KeyVerdict.TRUSTED),
    ("but the bare name says nothing about other keys there", f"gpu {OTHER}", 2222, KeyVerdict.UNKNOWN),
    ("a port's key does not count for the standard port", f"[gpu]:2222 {KEY}", 22, KeyVerdict.UNKNOWN),
    (
        "revoked at this port, with no trusted line (asyncssh drops it)",
        f"@revoked [gpu]:2222 {KEY}",
        2222,
        KeyVerdict.REVOKED,
    ),
    ("revoked everywhere", f"gpu {KEY}\n@revoked * {KEY}", 22, KeyVerdict.REVOKED),
    ("revoked everywhere, another port", f"[gpu]:2222 {KEY}\n@revoked * {KEY}", 2222, KeyVerdict.REVOKED),
    ("revoked by bare name, other port", f"[gpu]:2222 {KEY}\n@revoked gpu {KEY}", 2222, KeyVerdict.REVOKED),
    ("another key was revoked", f"gpu {KEY}\n@revoked * {OTHER}", 22, KeyVerdict.TRUSTED),
    ("an authority is no host key", f"@cert-authority * {KEY}", 22, KeyVerdict.UNKNOWN),
    ("hashed", f"{_hashed('gpu')} {KEY}", 22, KeyVerdict.TRUSTED),
    ("hashed with a port", f"{_hashed('[gpu]:2222')} {OTHER}", 2222, KeyVerdict.CHANGED),
    ("hashed in another way", f"{_hashed('gpu').replace('|1|', '|2|')} {KEY}", 22, KeyVerdict.UNKNOWN),
    ("a hash that is cut short", f"|1|c2FsdA== {OTHER}", 22, KeyVerdict.UNKNOWN),
    ("a line that is commented out, of several names", f"#cpu,gpu {OTHER}", 22, KeyVerdict.UNKNOWN),
    ("hashed, of another host", f"{_hashed('cpu')} {KEY}", 22, KeyVerdict.UNKNOWN),
    ("a pattern", f"g*,!gpx {KEY}", 22, KeyVerdict.TRUSTED),
    ("a pattern that leaves it out", f"g*,!gp? {KEY}", 22, KeyVerdict.UNKNOWN),
    ("a name that leaves itself out", f"gpu,!gpu {KEY}", 22, KeyVerdict.UNKNOWN),
    ("one letter for another", f"gp? {KEY}", 22, KeyVerdict.TRUSTED),
    ("one letter for none", f"gpu? {KEY}", 22, KeyVerdict.UNKNOWN),
    ("a pattern with a port", f"[g*]:2222 {OTHER}", 2222, KeyVerdict.CHANGED),
    ("capital letters", f"GPU {KEY}", 22, KeyVerdict.TRUSTED),
    ("not a part of the name", f"gpu.example.com,xgpu {KEY}", 22, KeyVerdict.UNKNOWN),
    ("SSH-1 keys and fragments are passed over", f"gpu 1024 35 123\ngpu\n{KEY}\ngpu {KEY}", 22, KeyVerdict.TRUSTED),
    ("lines that are not UTF-8, of others", f"caf\udce9 {OTHER}\ngpu {KEY}", 22, KeyVerdict.TRUSTED),
]


@pytest.mark.parametrize(("text", "port", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_verdict(text: str, port: int, verdict: KeyVerdict, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    finding = KnownHosts.read([tmp_path / "missing", path]).about("gpu", port).judge(KEY)
    assert finding.verdict is verdict
    assert all(line.path == path for line in finding.lines)


CUT_SHORT = HostKey(KEY.blob[:-1])
UNREADABLE = [
    "gpu ssh-ed25519 AAAA%%",
    f"gpu ssh-rsa {str(KEY).split()[1]}",
    f"@strange gpu {KEY}",
    "gpu ssh-ed25519",
    f"gpu {CUT_SHORT}",
    f"gpu ssh-ed25519 {str(KEY).split()[1][:-4]}\0\0\0\0",
    "@cert-authority gpu ssh-ed25519 AAAA%%",
    f"{_hashed('gpu')} ssh-ed25519 \N{SNOWMAN}",
    "* ssh-ed25519 AAAA%%",
]


@pytest.mark.parametrize("line", UNREADABLE)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_cannot_be_read_does_not_hide_the_good_one_behind_it(line: str, end: str, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(f"# one{end}{line}{end}gpu {KEY}{end}".encode())
    lines = KnownHosts.read([path]).about("gpu", 22)
    assert lines.judge(KEY).verdict is KeyVerdict.TRUSTED
    assert lines.judge(OTHER).verdict is KeyVerdict.CHANGED
    assert [line.place for line in lines.skipped] == [f"{path}:2"]
    assert lines.known == lines.judge(KEY).lines
    gate = HostKeyVerifier(KnownHosts.read([path]), "gpu", 22, "strict")
    assert gate.admits(KEY.blob)
    [why] = gate.skipped
    assert f"{path}:2" in why and "correct or remove that line" in why


@pytest.mark.parametrize("line", UNREADABLE)
async def test_behind_a_line_that_cannot_be_read_no_key_is_accepted_unseen(line: str, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"{line}\n")
    gate = HostKeyVerifier(KnownHosts.read([path]), "gpu", 22, "accept-new")
    assert not gate.admits(KEY.blob) and gate.asks
    person = Person()
    await gate.decide(person)
    assert f"{path}:1 names this host but cannot be read" in person.asked[0].why[-1]
    assert gate.admits(KEY.blob)


def test_a_revocation_that_cannot_be_read_could_be_of_any_key(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"gpu {KEY}\n@revoked gpu ssh-ed25519 AAAA%%\n")
    known = KnownHosts.read([path])
    with pytest.raises(Failed, match="revokes a key of this host but cannot be read") as failed:
        known.about("gpu", 22)
    assert f"{path}:2" in str(failed.value) and failed.value.problem.remedy
    assert known.about("cpu", 22).skipped == ()


def test_a_line_after_a_block_of_nul_counts(tmp_path: Path) -> None:
    """What a crash of the computer leaves where the file was being appended to."""
    path = tmp_path / "known_hosts"
    path.write_bytes(b"\0" * 4096 + f"gpu {KEY}\n".encode())
    assert KnownHosts.read([path]).about("gpu", 22).judge(KEY).verdict is KeyVerdict.TRUSTED


async def test_a_line_that_cannot_be_read_is_told_once(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server, memory = await start_server(), ConnectCache()
    name = f"[127.0.0.1]:{server.port}"
    (places.home / ".ssh" / "known_hosts").write_text(
        f"{name} ssh-ed25519 AAA\n{name} {HostKey(server.key.public_data)}\n"
    )
    for _ in range(3):
        await connected(address_of(server.port), SshOptions(host_keys="strict"), memory=memory)
    [told] = memory.take_notices()
    assert "known_hosts:1 names this host but cannot be read" in told
    await connected(address_of(server.port), SshOptions(host_keys="strict"), memory=memory)
    assert memory.take_notices() == []


def test_fingerprints_are_those_of_openssh() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    ours = HostKey(key.public_data)
    assert ours.fingerprint == key.get_fingerprint()
    assert str(ours) == key.export_public_key().decode().strip()


# -- remembering ----------------------------------------------------------------------------------------------------


def test_a_pin_is_private_and_written_once(tmp_path: Path) -> None:
    path = tmp_path / "state" / "known_hosts"
    for _ in range(2):
        pin(path, "gpu", 2222, KEY)
    pin(path, "cpu", 22, OTHER)
    assert path.read_text() == f"[gpu]:2222 {KEY}\ncpu {OTHER}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Failed):
        pin(path, "gpu", 2222, OTHER)


def test_a_pin_does_not_grow_onto_an_unfinished_line(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text("# no line end")
    pin(path, "gpu", 22, KEY)
    assert path.read_text() == f"# no line end\ngpu {KEY}\n"


def _pin_many(path: Path, number: int) -> None:
    for count in range(40):
        pin(path, f"gpu-{number}-{count}", 22, KEY)


def test_consoles_that_pin_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_pin_many, args=(path, number)) for number in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
        assert other.exitcode == 0
    lines = path.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 160
    assert all(line.endswith(str(KEY)) for line in lines)


def _pin_own(path: Path, number: int, barrier: Barrier) -> None:
    read = pins.whole

    def read_slowly(file: int) -> bytes:
        text = read(file)
        time.sleep(0.005)  # the gap in which somebody else would write
        return text

    pins.whole = read_slowly
    for count in range(20):
        barrier.wait(30)
        with contextlib.suppress(Failed):
            pin(path, f"gpu-{count}", 22, _blob("ssh-ed25519", bytes([number])))


def test_consoles_that_pin_different_keys_at_once_do_not_both_win(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(4)
    others = [context.Process(target=_pin_own, args=(path, number, barrier)) for number in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
        assert other.exitcode == 0
    hosts = [line.split()[0] for line in path.read_text().splitlines()]
    assert sorted(hosts) == sorted(f"gpu-{count}" for count in range(20))


async def test_a_key_that_was_shown_but_not_proven_is_not_remembered(tmp_path: Path) -> None:
    gate = HostKeyVerifier(KnownHosts(), "gpu", 22, "accept-new")
    assert gate.admits(KEY.blob)
    await gate.remember(tmp_path / "pins")
    assert not (tmp_path / "pins").exists()
    gate.proven = True
    await gate.remember(tmp_path / "pins")
    assert str(KEY) in (tmp_path / "pins").read_text()


def test_accept_new_accepts_one_key_and_not_another_at_the_next_key_exchange() -> None:
    gate = HostKeyVerifier(KnownHosts(), "gpu", 22, "accept-new")
    assert gate.admits(KEY.blob) and gate.admits(KEY.blob)
    assert not gate.admits(OTHER.blob)
    assert gate.closed and not gate.asks
    assert "CHANGED since" in str(gate.refusal())


# -- connecting -----------------------------------------------------------------------------------------------------


async def test_first_contact_asks_with_the_fingerprint_and_sends_nothing_before(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server = await start_server()

    class Careful(Person):
        async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
            assert question == HostKeyQuestion("127.0.0.1", server.port, "ssh-ed25519", server.fingerprint)
            assert server.seen.users == server.seen.passwords == [], "not even the user's name"
            return True

    memory = ConnectCache()
    await connected(address_of(server.port), SshOptions(), person=Careful(), memory=memory)
    assert server.seen.passwords == [PASSWORD]
    assert memory.take_notices() == []
    pinned = places.pins.read_text()
    assert pinned == f"[127.0.0.1]:{server.port} {HostKey(server.key.public_data)}\n"

    nobody = Person(answer=False)
    await connected(address_of(server.port), SshOptions(), person=nobody)
    assert nobody.asked == [], "known now"
    assert places.pins.read_text() == pinned


async def test_a_no_sends_nothing_and_remembers_nothing(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server = await start_server()
    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port), SshOptions(), person=Person(answer=False))
    assert failed.value.problem.cause is Cause.REFUSED
    assert server.fingerprint in str(failed.value)
    assert server.seen.passwords == []
    assert not places.pins.exists()


async def test_another_key_after_the_yes_is_refused(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server = await start_server()
    impostor = None

    class Slow(Person):
        async def confirm_host_key(self, question: HostKeyQuestion) -> bool:
            nonlocal impostor
            await server.stop()
            impostor = await start_server(port=server.port)
            return True

    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port), SshOptions(), person=Slow())
    assert impostor is not None
    assert impostor.seen.connections == 1
    assert impostor.seen.passwords == []
    assert impostor.fingerprint in str(failed.value) and server.fingerprint in str(failed.value)
    assert not places.pins.exists()


@pytest.mark.parametrize("policy", ["ask", "strict", "accept-new"])
async def test_a_changed_key_blocks_under_every_policy_and_never_sees_the_password(
    policy: HostKeys, start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    """The user's own configuration switches checking off: that does not count."""
    places.config.write_text("Host *\n  UserKnownHostsFile none\n  StrictHostKeyChecking no\n  HostKeyAlias other\n")
    server = await start_server()
    await connected(address_of(server.port))
    await server.stop()
    impostor = await start_server(port=server.port)
    person = Person()
    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port), SshOptions(host_keys=policy), person=person)
    problem = failed.value.problem
    assert problem.cause is Cause.REFUSED
    assert "CHANGED" in problem.text
    assert server.fingerprint in problem.text and impostor.fingerprint in problem.text
    assert f"{places.pins}:1" in problem.remedy
    assert person.asked == []
    assert impostor.seen.connections == 1
    assert impostor.seen.passwords == impostor.seen.users == impostor.seen.keys == []


async def test_a_key_of_another_type_is_a_changed_key(start_server: StartServer, connected: Connect) -> None:
    server = await start_server()
    await connected(address_of(server.port))
    await server.stop()
    impostor = await start_server(port=server.port, host_key=asyncssh.generate_private_key("ecdsa-sha2-nistp256"))
    with pytest.raises(Failed, match="CHANGED"):
        await connected(address_of(server.port))
    assert impostor.seen.passwords == []


async def test_a_host_with_several_keys_shows_the_one_we_know(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    server = await start_server(host_key=rsa)
    await connected(address_of(server.port))
    await server.stop()
    more = asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await asyncssh.create_server(
        asyncssh.SSHServer, "127.0.0.1", server.port, server_host_keys=[more, rsa], reuse_address=True
    )
    person = Person(answer=False)
    with pytest.raises(Failed) as failed:  # it knows no password, but it is known
        await connected(address_of(server.port), SshOptions(), person=person)
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert person.asked == []
    acceptor.close()
    await acceptor.wait_closed()


async def test_a_revoked_key_is_refused(start_server: StartServer, connected: Connect, places: SshPlaces) -> None:
    server = await start_server()
    key = HostKey(server.key.public_data)
    (places.home / ".ssh" / "known_hosts").write_text(f"@revoked [127.0.0.1]:{server.port} {key}\n")
    with pytest.raises(Failed, match="REVOKED"):
        await connected(address_of(server.port))
    assert server.seen.passwords == []


async def test_strict_refuses_the_unknown_and_takes_the_known(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server = await start_server()
    person = Person()
    with pytest.raises(Failed, match="unknown") as failed:
        await connected(address_of(server.port), SshOptions(host_keys="strict"), person=person)
    assert server.fingerprint in str(failed.value)
    assert (person.asked, server.seen.passwords) == ([], [])
    mine = places.home / "my_known_hosts"
    mine.write_text(f"[127.0.0.1]:{server.port} {HostKey(server.key.public_data)}\n")
    await connected(address_of(server.port), SshOptions(host_keys="strict", known_hosts="~/my_known_hosts"))
    assert server.seen.passwords == [PASSWORD]
    assert not places.pins.exists()


async def test_accept_new_asks_nobody_and_remembers_even_where_the_login_fails(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server = await start_server()
    person = Person()
    with pytest.raises(Failed) as failed:
        await connected(address_of(server.port, "wrong"), SshOptions(host_keys="accept-new"), person=person)
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert "wrong" not in str(failed.value)
    assert person.asked == []
    assert places.pins.read_text().startswith(f"[127.0.0.1]:{server.port} ")


async def test_a_pin_that_cannot_be_written_is_said(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server = await start_server()
    places.pins.parent.mkdir()
    places.pins.symlink_to(places.home / "missing" / "folder")
    memory = ConnectCache()
    await connected(address_of(server.port), memory=memory)
    assert "could not be remembered" in "".join(memory.take_notices())


async def test_pins_that_cannot_be_read_are_not_taken_for_none(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    server = await start_server()
    places.pins.mkdir(parents=True)
    with pytest.raises(Failed, match="cannot be read"):
        await connected(address_of(server.port))
    assert server.seen.connections == 0


async def test_host_certificates_count_where_their_authority_is_known(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_host_certificate(host_key, "gpu", principals=["127.0.0.1"])
    server = await start_server(host_key=(host_key, certificate))
    known = places.home / ".ssh" / "known_hosts"
    known.write_text(f"@cert-authority 127.0.0.*,[127.0.0.*]:* {HostKey(authority.public_data)}\n")
    person = Person(answer=False)
    await connected(address_of(server.port), SshOptions(), person=person)
    assert person.asked == []
    known.write_text("")
    with pytest.raises(Failed):
        await connected(address_of(server.port), SshOptions(), person=person)
    assert [question.kind for question in person.asked] == ["ssh-ed25519"]
    known.write_text(
        f"@cert-authority [127.0.0.*]:* {HostKey(authority.public_data)}\n@revoked * {HostKey(host_key.public_data)}\n"
    )
    with pytest.raises(Failed):
        await connected(address_of(server.port), SshOptions(host_keys="accept-new"), person=person)
    assert len(server.seen.passwords) == 1


async def test_a_certificate_that_does_not_count_leaves_the_key_to_be_judged(
    start_server: StartServer, connected: Connect, places: SshPlaces
) -> None:
    """Somebody with authorities of his own in known_hosts could else not enter a cloud that has others."""
    ours, theirs, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    certificate = theirs.generate_host_certificate(host_key, "gpu", principals=["127.0.0.1"])
    server = await start_server(host_key=(host_key, certificate))
    known = places.home / ".ssh" / "known_hosts"
    known.write_text(f"@cert-authority * {HostKey(ours.public_data)}\n")
    person = Person(answer=False)
    for policy in ("ask", "accept-new"):
        with pytest.raises(Failed, match="was not accepted"):
            await connected(address_of(server.port), SshOptions(host_keys=policy), person=person)
    [first, second] = person.asked
    assert first == second, "accept-new is for what nothing speaks against"
    assert first.why[0] == "It has a certificate, which does not count: Host CA key is not trusted."
    with pytest.raises(Failed, match="is unknown"):
        await connected(address_of(server.port), SshOptions(host_keys="strict"))
    known.write_text(f"@cert-authority * {HostKey(ours.public_data)}\n@revoked * {HostKey(theirs.public_data)}\n")
    with pytest.raises(Failed, match="revoked"):
        await connected(address_of(server.port), SshOptions(), person=person)
    assert (len(person.asked), server.seen.passwords) == (2, [])
    known.write_text(
        f"@cert-authority * {HostKey(ours.public_data)}\n[127.0.0.1]:{server.port} {HostKey(host_key.public_data)}\n"
    )
    await connected(address_of(server.port), SshOptions(host_keys="strict"))
    assert len(server.seen.passwords) == 1


async def test_a_host_certificate_is_for_the_name_and_not_for_the_address(
    start_server: StartServer, places: SshPlaces
) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_host_certificate(host_key, "gpu", principals=["gpu7.example"])
    server = await start_server(host_key=(host_key, certificate))
    (places.home / ".ssh" / "known_hosts").write_text(f"@cert-authority * {HostKey(authority.public_data)}\n")

    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    for name, right in (("gpu7.example", True), ("gpu8.example", False)):
        address = address_of(server.port, host=name)
        try:
            connection = await connect(address, SshOptions(), places=places, person=Person(False), lookup=lookup)
        except Failed:
            assert not right
        else:
            assert right
            await connection.close()
    assert len(server.seen.passwords) == 1
