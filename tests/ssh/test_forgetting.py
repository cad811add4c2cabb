"""Forgetting an old host key: exactly the lines that were shown, as `ssh-keygen -R` would, and nothing of others."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gputui.core.problem import Failed
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.connect import connect
from gputui.ssh.places import SshPlaces
from gputui.ssh.trust.changed import Forgotten, HostKeyRefused, KeyChange, forget, report
from gputui.ssh.trust.hosts import HostKey, KeyVerdict, KnownHostsLine, owned
from gputui.ssh.trust.known import KnownHosts
from gputui.ssh.trust.pins import pin
from tests.ssh.conftest import Person, Sshd, StartServer, address_of
from tests.ssh.test_host_keys import KEY, OTHER, RSA, _hashed

ONE, TWO = "p/nodes/1", "p/nodes/2"


def _change(path: Path, port: int = 22, owner: str = ONE) -> KeyChange:
    finding = KnownHosts.read([path]).about("gpu", port, owner).judge(KEY)
    assert finding.verdict is KeyVerdict.CHANGED
    return KeyChange("gpu", port, KEY, finding.lines)


def _forgotten(path: Path, port: int = 22, owner: str = ONE) -> Forgotten:
    return forget(_change(path, port, owner), path.with_name("pins"))


CASES = [
    ("alone", f"gpu {OTHER}\n", ""),
    ("among others", f"# mine\ncpu {KEY}\ngpu {OTHER} me@here\n\nmpu {RSA}\n", f"# mine\ncpu {KEY}\n\nmpu {RSA}\n"),
    ("with other names", f"  gpu,10.0.0.7 {OTHER} note\n", f"  10.0.0.7 {OTHER} note\n"),
    ("in capital letters, between others", f"a,GPU,b {OTHER}\n", f"a,b {OTHER}\n"),
    ("both its names", f"gpu,[gpu]:22 {OTHER}\n", ""),
    ("hashed", f"{_hashed('gpu')} {OTHER}\n{_hashed('cpu')} {OTHER}\n", f"{_hashed('cpu')} {OTHER}\n"),
    ("two old keys", f"gpu {OTHER}\ngpu {RSA}\n", ""),
    (
        "its own and not another instance's",
        f"gpu {OTHER} {owned(ONE)}\ngpu {RSA} {owned(TWO)}\n",
        f"gpu {RSA} {owned(TWO)}\n",
    ),
    ("not what is revoked", f"@revoked gpu {OTHER}\ngpu {OTHER}\n", f"@revoked gpu {OTHER}\n"),
    ("not an authority", f"@cert-authority gpu {OTHER}\ngpu {OTHER}\n", f"@cert-authority gpu {OTHER}\n"),
    ("not other ports", f"gpu {OTHER}\n[gpu]:2222 {OTHER}\n", f"[gpu]:2222 {OTHER}\n"),
    ("behind a byte order mark", f"\ufeffgpu {OTHER}\ncpu {KEY}\n", f"cpu {KEY}\n"),
    ("behind a byte order mark, with others", f"\ufeffgpu,cpu {OTHER}\n", f"\ufeffcpu {OTHER}\n"),
    ("behind a block of NUL", f"\0\0\0gpu {OTHER}\ncpu {KEY}\n", f"cpu {KEY}\n"),
    ("lines that cannot be read stay", f"gpu ssh-rsa A%\ngpu {OTHER}\n", "gpu ssh-rsa A%\n"),
    ("no line end, other bytes", f"caf\udce9 {RSA}\r\ngpu {OTHER}", f"caf\udce9 {RSA}\r\n"),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_only_what_stands_in_the_way_goes(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(before.encode("utf-8", "surrogateescape"))
    path.chmod(0o640)
    forgotten = _forgotten(path)
    assert path.read_bytes().decode("utf-8", "surrogateescape") == after
    assert path.with_name("known_hosts.old").read_bytes().decode("utf-8", "surrogateescape") == before
    assert path.stat().st_mode & 0o777 == 0o640
    assert forgotten.left == ()
    assert KnownHosts.read([path]).about("gpu", 22, ONE).judge(KEY).verdict is KeyVerdict.UNKNOWN
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["known_hosts", "known_hosts.old"]


@pytest.mark.parametrize("names", ["g*", "gpu,g?u", "*,!cpu"])
def test_a_pattern_is_about_others_too_and_stays(names: str, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"{names} {OTHER}\n")
    change = _change(path)
    assert change.commands == ()
    forgotten = forget(change, tmp_path / "pins")
    assert (forgotten.removed, path.read_text()) == ((), f"{names} {OTHER}\n")
    assert f"{path}:1" in forgotten.left[0]
    assert not path.with_name("known_hosts.old").exists()


def test_the_systems_file_stays(tmp_path: Path) -> None:
    system, own = tmp_path / "system", tmp_path / "own"
    for path in (system, own):
        path.write_text(f"gpu {OTHER}\n")
    lines = KnownHosts.read([own, system]).about("gpu", 22).judge(KEY).lines
    change = KeyChange("gpu", 22, KEY, lines, fixed=system)
    forgotten = forget(change, tmp_path / "pins")
    assert forgotten == Forgotten((f"{own}:1",), (f"{system}:1 (the system's file)",))
    assert (own.read_text(), system.read_text()) == ("", f"gpu {OTHER}\n")


def test_a_link_stays_a_link_and_lines_that_moved_are_found(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "known", tmp_path / "known_hosts"
    real.write_text(f"gpu {OTHER}\n")
    link.symlink_to(real)
    change = _change(link)
    real.write_text(f"new {KEY}\nolder {RSA}\ngpu {OTHER}\n")
    forget(change, tmp_path / "pins")
    assert link.is_symlink()
    assert real.read_text() == f"new {KEY}\nolder {RSA}\n"


def test_a_line_that_was_replaced_meanwhile_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"gpu {OTHER}\n")
    change = _change(path)
    path.write_text(f"gpu {KEY}\n")
    forget(change, tmp_path / "pins")
    assert path.read_text() == f"gpu {KEY}\n"
    path.unlink()
    forget(change, tmp_path / "pins")
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_said_with_the_command(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "known_hosts"
    path.parent.mkdir()
    path.write_text(f"gpu {OTHER}\n")
    change = _change(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(Failed) as failed:
        forget(change, tmp_path / "pins")
    assert "ssh-keygen -R gpu -f" in failed.value.problem.remedy


def test_keys_are_remembered_in_the_new_file_even_by_who_waited_for_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "pins"
    pin(path, "gpu", 22, OTHER, ONE)
    forget(_change(path), path)
    pin(path, "gpu", 22, KEY, ONE)
    assert path.read_text() == f"gpu {KEY} {owned(ONE)}\n"
    assert path.stat().st_mode & 0o777 == 0o600


async def test_after_forgetting_the_host_is_asked_about_as_at_first(sshd: Sshd, places: SshPlaces) -> None:
    """With a real sshd whose key was changed, once by us and once by the command that is named."""
    person = Person()
    options = SshOptions(identity_file=str(sshd.identity), allow_local=True)
    address = address_of(sshd.port, None, sshd.user)

    async def meet() -> None:
        await (await connect(address, options, places=places, person=person, owner=ONE)).close()

    await meet()
    for by_hand in (False, True):
        sshd.new_host_key()
        with pytest.raises(HostKeyRefused) as refused:
            await meet()
        change = refused.value.change
        assert change is not None
        if by_hand:
            subprocess.run(shlex.split(change.commands[0]), check=True, capture_output=True)
        else:
            forget(change, places.pins)
        await meet()
    assert len({question.fingerprint for question in person.asked}) == 3
    assert all(question.why == () for question in person.asked)
    assert os.stat(places.pins).st_mode & 0o777 == 0o600  # noqa: PTH116


async def test_a_revoked_key_has_no_way_round(start_server: StartServer, places: SshPlaces) -> None:
    server = await start_server()
    key = HostKey(server.key.public_data)
    known = places.home / ".ssh" / "known_hosts"
    for names in (f"[127.0.0.1]:{server.port}", _hashed(f"[127.0.0.1]:{server.port}"), "*", "127.0.0.1"):
        known.write_text(f"[127.0.0.1]:{server.port} {OTHER}\n@revoked {names} {key}\n")
        with pytest.raises(HostKeyRefused, match="REVOKED") as refused:
            await connect(address_of(server.port), SshOptions(), places=places, person=Person(), owner=ONE)
        assert refused.value.change is None
        assert f"{known}:2" in str(refused.value)
    assert server.seen.users == server.seen.passwords == []


def _told(path: Path, shown: HostKey = KEY, **more: Any) -> list[tuple[str, str]]:
    """What is told of a change."""
    change = replace(_change(path), shown=shown, **more)
    return list(report("toy-0", change))


@pytest.mark.parametrize(
    ("jump", "whose"), [(False, "toy-0, gpu port 22"), (True, "the jump host gpu port 22, on the way to toy-0")]
)
def test_whose_key_has_changed_is_said_first(tmp_path: Path, jump: bool, whose: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"gpu {OTHER}\n")
    assert _told(path, jump=jump)[0] == ("", f"The host key has CHANGED: {whose}")


@pytest.mark.parametrize(("shown", "file"), [(KEY, "ed25519"), (RSA, "rsa"), (HostKey(b""), "*")], ids=str)
def test_the_machine_is_asked_for_the_key_of_the_kind_it_showed(tmp_path: Path, shown: HostKey, file: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"gpu {OTHER}\n")
    assert ("there", f"ssh-keygen -lf /etc/ssh/ssh_host_{file}_key.pub") in _told(path, shown)


def test_the_way_to_forget_is_told_only_where_something_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"gpu {OTHER}\n")
    hint = "Was it made anew? Forget the old key, and the next connection asks again:"
    told = _told(path)
    assert [words for label, words in told if label == "by hand"] == [f"ssh-keygen -R gpu -f {path}"]
    assert ("", hint) in told
    fixed = _told(path, fixed=path)
    assert [words for label, words in fixed if label == "by hand"] == [f"{path}:1 only: the system's file"]
    assert ("", hint) not in fixed


def test_our_own_file_of_pins_that_has_become_a_link_is_not_followed(tmp_path: Path) -> None:
    path, pins = tmp_path / "elsewhere", tmp_path / "pins"
    path.write_text(f"gpu {OTHER}\n")
    pins.symlink_to(path)
    with pytest.raises(Failed):
        forget(KeyChange("gpu", 22, KEY, _lines(path, pins)), pins)
    assert path.read_text() == f"gpu {OTHER}\n"


def _lines(path: Path, named: Path) -> tuple[KnownHostsLine, ...]:
    """The lines of a file as they were read under another name."""
    return tuple(replace(line, path=named) for line in _change(path).known)
