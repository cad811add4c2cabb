"""What is kept of files while they stay as they are, and noticed as soon as they do not."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gputui.core.problem import Failed
from gputui.core.ssh_options import SshOptions
from gputui.ssh.connecting.connect import connect
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.places import SshPlaces
from gputui.ssh.signature import settled, signature
from gputui.ssh.trust.hosts import HostKey, KeyVerdict
from gputui.ssh.trust.known import HostFile, KnownHosts
from gputui.ssh.user_files import read_user_file
from tests.ssh.conftest import Person, StartServer, address_of
from tests.ssh.test_host_keys import KEY, OTHER, RSA, _hashed


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read whole; and all of them count as settled."""
    seen: list[Path] = []

    def read(path: Path) -> bytes:
        seen.append(path)
        return read_user_file(path)

    monkeypatch.setattr("gputui.ssh.connecting.connect_cache.read_user_file", read)
    monkeypatch.setattr("gputui.ssh.connecting.connect_cache.settled", lambda *_: True)
    return seen


def test_a_file_is_read_again_only_when_it_has_changed(reads: list[Path], tmp_path: Path) -> None:
    path, memory = tmp_path / "known_hosts", ConnectCache()
    for text, verdict in (
        ("", KeyVerdict.UNKNOWN),
        (f"gpu {KEY}\n", KeyVerdict.TRUSTED),
        (f"gpu {OTHER}\n", KeyVerdict.CHANGED),
    ):
        path.write_text(text)
        reads.clear()
        for _ in range(3):
            assert memory.known_hosts([path]).about("gpu", 22).judge(KEY).verdict is verdict
        assert reads == [path]
    path.unlink()
    assert memory.known_hosts([path]).about("gpu", 22).judge(KEY).verdict is KeyVerdict.UNKNOWN


def test_a_file_written_just_now_is_not_taken_for_unchanged(tmp_path: Path) -> None:
    """Two writes within one tick of the file system's clock look the same."""
    path, memory = tmp_path / "known_hosts", ConnectCache()
    path.write_text(f"gpu {KEY}\n")
    now = signature(path)[0]
    assert not settled(signature(path), now + 1_000_000)
    assert settled(signature(path), now + 1_000_000_000)
    assert memory.known_hosts([path]).about("gpu", 22).judge(KEY).verdict is KeyVerdict.TRUSTED
    status = path.stat()
    path.write_text(f"gpu {OTHER}\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert memory.known_hosts([path]).about("gpu", 22).judge(KEY).verdict is KeyVerdict.CHANGED


def test_what_grew_is_as_if_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "known"
    parts = [
        f"# a\ngpu {KEY} x\n",
        f"{_hashed('gpu')} {OTHER}\n\n",
        f"g*,!gpx {RSA}\ngpu,a {RSA}",
        f"\n@revoked * {RSA}\nz {KEY}\n",
    ]
    data, grown = b"", HostFile()
    for part in parts:
        data += part.encode()
        grown = HostFile.of(path, data, grown)
        assert grown == HostFile.of(path, data)
    assert [line.number for line in grown.lines] == [2, 3, 5, 6, 7, 8]
    shorter = data[: len(data) // 2]
    assert HostFile.of(path, shorter, grown) == HostFile.of(path, shorter)
    changed = data.replace(b"gpu", b"cpu", 1)
    assert HostFile.of(path, changed, grown) == HostFile.of(path, changed)


def test_the_index_finds_what_going_through_all_lines_finds(tmp_path: Path) -> None:
    texts = [
        "gpu",
        "GPU,cpu",
        "[gpu]:22",
        "[gpu]:2222",
        _hashed("gpu"),
        "g*",
        "gp?,!gpu",
        "*",
        "cpu",
        "!gpu,g*",
        "a,gpu",
    ]
    file = HostFile.of(tmp_path, "".join(f"{names} {KEY}\n" for names in texts).encode())
    for names in (["gpu", "[gpu]:22"], ["[gpu]:2222"], ["gpu"], ["nobody"]):
        assert file.about(names) == [line for line in file.lines if line.is_about(names)]


def test_an_unreadable_file_is_never_taken_from_memory(reads: list[Path], tmp_path: Path) -> None:
    path, memory = tmp_path / "known_hosts", ConnectCache()
    path.write_text(f"gpu {KEY}\n")
    memory.known_hosts([path])
    path.unlink()
    path.mkdir()
    with pytest.raises(Failed, match="cannot be read"):
        memory.known_hosts([path])


async def test_many_connections_read_each_file_once(
    reads: list[Path], start_server: StartServer, places: SshPlaces
) -> None:
    server, memory = await start_server(), ConnectCache()
    known = places.home / ".ssh" / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {HostKey(server.key.public_data)}\n")

    async def one() -> None:
        options = SshOptions(host_keys="strict")
        connection = await connect(
            address_of(server.port), options, places=places, person=Person(), memory=memory, owner="p/n/1"
        )
        await connection.close()

    await asyncio.gather(*(one() for _ in range(20)))
    assert reads.count(known) == 1
    known.write_text("")
    with pytest.raises(Failed, match="unknown"):
        await one()


def test_no_file_at_all_is_no_known_host(tmp_path: Path) -> None:
    assert KnownHosts.read([tmp_path / "none"]).about("gpu", 22).judge(KEY).verdict is KeyVerdict.UNKNOWN
