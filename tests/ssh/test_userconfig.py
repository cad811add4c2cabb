"""~/.ssh/config as OpenSSH reads it (`ssh -G` is asked), and what is said where it cannot be read."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.places import SshPlaces
from gputui.ssh.userconfig.criteria import Circumstances, matches
from gputui.ssh.userconfig.host_config import HostConfig, read_config
from gputui.ssh.userconfig.lines import ConfigLine, config_lines
from gputui.ssh.userconfig.local_addresses import local_addresses
from tests.ssh.conftest import Connect

SSH = shutil.which("ssh")
LOGIN = "tester"
ENVIRON = {"KEYS": "/keys", "SHELL": "/bin/sh", "PATH": os.environ["PATH"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def _read(folder: Path, text: str | bytes, host: str = "gpu7", **more: object) -> HostConfig:
    path = folder / ".ssh" / "config"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(path, host, login=LOGIN, home=folder, environ=ENVIRON, **more)  # type: ignore[arg-type]


def _problem(folder: Path, text: str | bytes, host: str = "gpu7") -> Problem:
    with pytest.raises(Failed) as failed:
        _read(folder, text, host)
    return failed.value.problem


LIKE_OPENSSH = [
    "",
    "Port 2222\nPort 3333",
    "Host gpu*\n Hostname 10.0.0.7\n User alice\nHost *\n User bob\n Port 23",
    "Host !gpu7 *\n User x\nHost gpu? !gpu8\n User y",
    "Host cpu,gpu7\n User comma\nHost cpu gpu7\n User space",
    'hostname = %h.example.com\nUSER="al ice"\nPort=  22 # a comment',
    "User alice # and why\nHostname 'gpu 7'",
    "IdentityFile ~/a\nIdentityFile ${KEYS}/%r-%h-%p-%n\nIdentityFile ~/a\nIdentitiesOnly yes",
    "Hostname real\nUser alice\nPort 23\nIdentityFile /keys/%C-%u-%L-%l-%i-%k-%%",
    "Match host gpu7 user alice\n Port 1\nMatch host gpu7\n Port 2",
    "Match originalhost gpu7 localuser nobody\n Port 1\nMatch !localuser nobody all\n Port 2",
    "User alice\nMatch user alice,bob\n Port 23\nMatch user !alice,*\n Hostname x",
    "Hostname real\nMatch host gpu7\n Port 1\nMatch host real\n Port 2",
    'Match exec "test %h = gpu7"\n Port 1\nHost *\n Port 2',
    'Match exec "test %n = cpu7"\n Port 1\nMatch !exec false\n Port 2',
    "Match canonical\n Port 1\nHost *\n Port 2",
    "Match final\n Port 1\n User late\nHost *\n User early",
    "Match final host real\n Port 1\nHost gpu7\n Hostname real",
    "ProxyJump a,b\nProxyCommand none",
    "ProxyJump none\nProxyJump bastion",
    "Host cpu\n User x\nMatch all\n User y",
    "\tPort\t23\r\nUser alice\r\n",
    "# User x\n\n   # User y\nUser z",
    "HostKeyAlias other\nIdentityFile /keys/%k",
]


def _openssh(path: Path, host: str) -> dict[str, list[str]]:
    told = subprocess.run(
        [str(SSH), "-G", "-F", path, host], capture_output=True, text=True, env={**ENVIRON, "HOME": "/"}, check=False
    )
    found: dict[str, list[str]] = {"failed": [told.stderr]} if told.returncode else {}
    for line in told.stdout.splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword, []).append(value)
    return found


@pytest.mark.skipif(SSH is None, reason="no ssh on this computer")
@pytest.mark.parametrize("text", LIKE_OPENSSH)
def test_the_values_are_those_of_openssh(text: str, folder: Path) -> None:
    ours = _read(folder, text)
    theirs = _openssh(folder / ".ssh" / "config", "gpu7")
    assert "failed" not in theirs, theirs["failed"]
    assert ours.host == theirs["hostname"][0]
    assert str(ours.port or 22) == theirs["port"][0]
    if ours.user:
        assert ours.user == theirs["user"][0]
    assert ours.proxy_jump == theirs.get("proxyjump", [""])[0]
    assert ours.identities_only is (theirs["identitiesonly"][0] == "yes")
    if ours.identity_files and "%" not in text:
        assert list(ours.identity_files) == theirs["identityfile"]


SPLIT = [
    "a  b\tc",
    'a"b c"d',
    r"a\ b \"x\" \n",
    "'it is' # a comment",
    "a#b #c",
    r'"a\"b" \'c',
    r'"a\b\\"',
    "'a\"b'\"c'd\"",
]


@pytest.mark.skipif(SSH is None, reason="no ssh on this computer")
def test_values_are_split_as_openssh_splits_them(folder: Path) -> None:
    path = folder / "config"
    path.write_text("".join(f"SendEnv {text}\n" for text in SPLIT))
    theirs = _openssh(path, "gpu7")
    assert [word for line in config_lines(path, path.read_bytes()) for word in line.words()] == theirs["sendenv"]


# -- what this OpenSSH does not know yet, or knows more strictly -------------------------------------------------------


def test_newer_criteria_and_single_quotes(folder: Path) -> None:
    assert _read(folder, "Tag a\nMatch tagged a,b\n Port 1").port == 1
    assert _read(folder, "Match exec 'test %h = gpu7'\n Port 1").port == 1
    assert _read(folder, "Match sessiontype shell version gputui*\n Port 1\nHost *\n Port 2").port == 2
    assert _read(folder, "Match host=gpu7\n Port 1").port == 1


def test_a_name_that_a_cloud_writes_in_capitals_is_the_same_host(folder: Path) -> None:
    assert _read(folder, "Host GPU*\n User upper").user == "upper"


@pytest.mark.parametrize(
    ("networks", "is_here"),
    [
        ("127.0.0.0/8", True),
        ("198.51.100.0/24", False),
        ("198.51.100.0/24,::1/128,127.0.0.1", True),
        ("fe80::/10", None),
    ],
)
def test_match_localnetwork(networks: str, is_here: bool | None, folder: Path) -> None:
    port = _read(folder, f"Match localnetwork {networks}\n Port 1\nHost *\n Port 2").port
    assert port in ((1, 2) if is_here is None else (1,) if is_here else (2,))
    assert any(address.is_loopback for address in local_addresses())


def test_none_for_a_key_file_means_no_default_one_either(folder: Path) -> None:
    assert _read(folder, "").default_keys
    assert not _read(folder, "IdentityFile ~/mine").default_keys
    config = _read(folder, "IdentityFile none\nIdentityAgent none")
    assert (config.identity_files, config.default_keys, config.agent) == ((), False, "none")


# -- bytes ------------------------------------------------------------------------------------------------------------


def test_bytes_that_are_not_utf8_are_no_reason_to_refuse_a_file(folder: Path) -> None:
    config = _read(folder, "# Schl\xfcssel\nHost gpu7\n IdentityFile ~/schl\xfcssel # f\xfcr\n".encode("latin-1"))
    assert os.fsencode(config.identity_files[0]) == b"~/schl\xfcssel"


@pytest.mark.parametrize("text", ["Host cpu\n User x\n", "Host cpu\r\n\r\n  User x\r\n"])
def test_a_byte_order_mark_does_not_take_the_first_block_away(text: str, folder: Path) -> None:
    """Without it `User x` would count for every host."""
    assert _read(folder, text.encode("utf-8-sig")).user == ""


# -- Include ----------------------------------------------------------------------------------------------------------


def test_includes_are_read_in_order_where_they_stand(folder: Path) -> None:
    more = folder / ".ssh" / "conf.d"
    more.mkdir()
    for name, text in (("20", "User second\nPort 20"), ("10", "User first\nHost cpu\n Port 10"), ("30", "Port 30")):
        (more / name).write_text(text)
    (more / "a folder").mkdir()
    config = _read(
        folder, "Host gpu7\nInclude conf.d/* nothing.conf ~/.ssh/no*\nIdentitiesOnly yes\nHost cpu\nInclude 99"
    )
    assert (config.user, config.port, config.identities_only) == ("first", 20, True)


def test_a_file_may_be_included_twice_but_not_from_itself(folder: Path) -> None:
    (folder / ".ssh" / "more").write_text("User x")
    assert _read(folder, "Include more\nInclude more").user == "x"
    (folder / ".ssh" / "more").write_text("Include config")
    for text in ("Include config", "Include more", f"\nInclude {folder}/.ssh/../.ssh/con*"):
        problem = _problem(folder, text)
        assert "Include leads back to" in problem.text and " line " in problem.text
        assert problem.remedy == "take that Include out"


def test_files_that_include_one_another_without_end_are_bounded(folder: Path) -> None:
    for number in range(20):
        (folder / ".ssh" / str(number)).write_text(f"Include {number + 1} {number + 1} {number + 1}")
    assert "too many files include one another" in _problem(folder, "Include 0").text


def test_an_included_file_that_cannot_be_read_is_named_with_the_line(folder: Path) -> None:
    (folder / ".ssh" / "loop").symlink_to("loop2")
    (folder / ".ssh" / "loop2").symlink_to("loop")
    (folder / ".ssh" / "open").write_text("User x")
    (folder / ".ssh" / "open").chmod(0o666)
    os.mkfifo(folder / ".ssh" / "pipe")
    for name, why in (("open", "others may write"), ("pipe", "not a regular file"), ("loop", "leads back to itself")):
        problem = _problem(folder, f"\nInclude {name}")
        assert problem.text.startswith(f"{folder}/.ssh/config line 2: ") and why in problem.text


# -- what is wrong is said --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("Host *\n Port abc", 2, "port takes a number from 1 to 65535, not 'abc'"),
        ("Port 99999", 1, "port takes a number"),
        ("Port \N{DEVANAGARI DIGIT TWO}", 1, "port takes a number"),
        ("\n\nHost 'x", 3, "a quotation mark ' is never closed"),
        ("User", 1, "user has no value"),
        ("User a b", 1, "user takes one value, not a b"),
        ("Host", 1, "Host has no pattern"),
        ("Match", 1, "Match has no criterion"),
        ("Match hots gpu7", 1, "Match knows no hots; it knows all, canonical, final, host,"),
        ("Match user", 1, "Match user has no argument"),
        ("Match localnetwork 10.0.0.0/99", 1, "Match localnetwork takes networks such as 10.0.0.0/8"),
        ("Include", 1, "Include names no file"),
        ("Include ${NOTHING}/x", 1, "the environment variable NOTHING is not set"),
        ("IdentityFile ~/%j-%Z", 1, "identityfile takes no %Z; it takes"),
        ("Hostname %p", 1, "hostname takes no %p"),
        ("Hostname gpu%", 1, "hostname takes no %"),
        ("IdentitiesOnly maybe", 1, "identitiesonly takes yes or no"),
        ("Port 22\nPort abc", 2, "port takes a number"),
    ],
)
def test_the_file_the_line_and_the_reason_are_named(text: str, line: int, why: str, folder: Path) -> None:
    problem = _problem(folder, text)
    assert problem.cause is Cause.CONFIG
    assert problem.text.startswith(f"{folder}/.ssh/config line {line}: {why}")
    assert problem.remedy


def test_a_command_of_match_exec_that_hangs_is_ended_and_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.ssh.userconfig.criteria._EXEC_SECONDS", 0.05)
    assert "did not end in 0.05 s" in _problem(folder, "Match exec 'sleep 60 | sleep 60'\n Port 1").text


def test_behind_a_criterion_that_does_not_hold_no_command_is_run(folder: Path) -> None:
    line = ConfigLine(Path("config"), 1, "match", f"host cpu exec 'touch {folder}/ran'")
    assert not matches(line, Circumstances({"host": "gpu7"}, {}, ENVIRON))
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("\nHostname bad_-host-", "config line 2: 'bad_-host-' is not a host"),
        ("User -oProxyCommand=x", "config line 1: '-oProxyCommand=x' is not a user"),
        ("ProxyJump a:b:c", "config line 1: 'a:b:c' is not a jump host"),
        ("ProxyCommand nc %h %p", "config line 1: a ProxyCommand for gpu7.example; gputui runs none"),
    ],
)
async def test_a_value_that_is_refused_blames_its_line_and_not_the_profile(
    text: str, why: str, connected: Connect, places: SshPlaces
) -> None:
    places.config.write_text(text)
    with pytest.raises(Failed) as failed:
        await connected(Address("gpu7.example"), SshOptions(host_keys="accept-new"))
    assert why in failed.value.problem.text
    assert failed.value.problem.cause is Cause.CONFIG


async def test_a_directory_in_place_of_the_file_is_not_the_networks_fault(
    connected: Connect, places: SshPlaces
) -> None:
    places.config.mkdir()
    with pytest.raises(Failed) as failed:
        await connected(Address("gpu7.example"))
    assert failed.value.problem.text == f"{places.config} cannot be read: it is a directory"
    assert "network" not in failed.value.problem.remedy
