"""What an API says about SSH is taken letter by letter, and nothing is looked up or started for what does not fit."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import SshTarget
from gputui.core.secret import Secret
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address, resolve
from gputui.ssh.connecting.connect import connect
from gputui.ssh.places import SshPlaces
from gputui.ssh.shells.handover import argv
from tests.ssh.conftest import Person

GOOD_HOSTS = [
    "10.0.1.7",
    "223.130.154.166",
    "gpu-node-007",
    "U1.gws.demo.example.com",
    "a_b.example.com",
    "3com.example",
    "2001:db8::7",
    "x" * 63 + ".example",
]
BAD_HOSTS: list[Any] = [
    "",
    " ",
    "-oProxyCommand=id",
    "a -oProxyCommand='touch /tmp/x' b",
    "${AWS_SECRET_ACCESS_KEY}.evil",
    "%h%p",
    "`id`",
    "$(id)",
    "a;id",
    "a|b",
    "a&b",
    "a\nb",
    "host\n",
    "a\x00b",
    "it's",
    "user@h",
    "h:22",
    "[::1]",
    "[::1]:22",
    "[2001:db8::7]",
    "fe80::1%lo;x",
    "2001:db8::7%eth0",
    "http://h/",
    "/tmp/sock",
    "..",
    ".",
    "a..b",
    ".a",
    "a.",
    "-a",
    "a-",
    "_a",
    "ⓛocalhost",
    "１０.0.0.1",
    "10.0.0.1٣",
    "ｅxample.com",
    "x" * 64,
    "a." * 127,
    "010.0.0.1",
    "10.0.0.256",
    "10.0.0",
    "1.2.3.4.5",
    "999999999999",
    "0xzz.1",
    "\x1b]52;c;eA==\x07",
    "prod\u2011a",
    "\ud800",
    None,
    7,
    b"host",
    ["a"],
]
LOCAL_HOSTS = [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "127.8.9.1",
    "169.254.169.254",
    "169.254.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "localhost",
    "LocalHost",
    "a.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "metadata.google.internal",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%lo",
    "ff02::1",
    "fec0::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
]
NUMBERS_IN_DISGUISE = ["0", "2130706433", "127.1", "0x7f.1", "0x7f000001", "017700000001", "0x", "10.0x1"]
BAD_PORTS: list[Any] = [0, -1, 65536, 70000, "22x", "022", "22", "", "９", True, False, 1.5, 22.0, b"22", [22]]
BAD_USERS: list[Any] = [
    "root -oX=y",
    "-l",
    "a b",
    "$USER",
    "${HOME}",
    "a@b",
    "%r",
    "a;b",
    "a\n",
    "１",
    "1a",
    "x" * 33,
    None,
    0,
]
OPEN = SshOptions(allow_local=True)


def _resolve(host: Any, port: Any = 22, user: Any = "root", options: SshOptions | None = None) -> Address | Problem:
    try:
        return resolve(SshTarget(host, port, user), options or SshOptions())
    except Failed as failed:
        return failed.problem


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_names_and_addresses_pass(host: str) -> None:
    address = _resolve(host)
    assert isinstance(address, Address)
    assert address.host == host.lower()


@pytest.mark.parametrize("host", BAD_HOSTS + NUMBERS_IN_DISGUISE, ids=repr)
def test_what_is_no_host_is_refused_even_where_local_ones_are_allowed(host: Any) -> None:
    for options in (SshOptions(), OPEN):
        problem = _resolve(host, options=options)
        assert isinstance(problem, Problem)
        assert problem.cause is Cause.INPUT
        assert "ssh.host" not in problem.remedy, "there is no such key"


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_local_addresses_are_refused_unless_the_profile_allows_them(host: str) -> None:
    problem = _resolve(host)
    assert isinstance(problem, Problem)
    assert problem.cause is Cause.INPUT
    assert isinstance(_resolve(host, options=OPEN), Address)


@pytest.mark.parametrize("port", BAD_PORTS, ids=repr)
def test_ports_are_whole_numbers_in_range(port: Any) -> None:
    assert isinstance(_resolve("10.0.0.1", port=port), Problem)


@pytest.mark.parametrize("user", BAD_USERS, ids=repr)
def test_users_are_portable_names(user: Any) -> None:
    assert isinstance(_resolve("10.0.0.1", user=user), Problem)


def test_what_the_profile_sets_wins_and_what_nobody_sets_stays_open() -> None:
    target = SshTarget("10.0.0.1", 15001, "root", Secret("s"))
    assert resolve(target, SshOptions(user="ops", port=2222)) == Address("10.0.0.1", 2222, "ops", Secret("s"))
    assert resolve(target, SshOptions()) == Address("10.0.0.1", 15001, "root", Secret("s"))
    assert resolve(SshTarget("10.0.0.1"), SshOptions()) == Address("10.0.0.1", None, "")
    assert resolve(replace(target, password=Secret("")), SshOptions()) == Address("10.0.0.1", 15001, "root")


def test_even_the_profile_cannot_set_an_odd_user() -> None:
    assert isinstance(_resolve("10.0.0.1", options=SshOptions(user="-oX")), Problem)


def test_an_address_shows_no_password() -> None:
    address = Address("2001:db8::7", 2222, "root", Secret("hidden-7"))
    assert "hidden-7" not in f"{address!r} {address}"
    assert str(address) == "root@[2001:db8::7]:2222"


@given(st.text(max_size=40))
@example("localhost%0a")
@example("::%25")
def test_whatever_passes_is_safe_on_any_command_line(text: str) -> None:
    address = _resolve(text, options=OPEN)
    if isinstance(address, Address):
        assert address.host.isascii()
        assert not set(address.host) - set("abcdefghijklmnopqrstuvwxyz0123456789.:_-%ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        assert not address.host.startswith("-")


@given(st.integers(0, 0xFFFFFFFF), st.sampled_from(["{}", "{:#x}", "0{:o}"]))
def test_no_number_is_an_address(number: int, form: str) -> None:
    assert isinstance(_resolve(form.format(number), options=OPEN), Problem)


@pytest.mark.parametrize("found", ["127.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "ff02::1"])
async def test_a_name_that_leads_to_a_local_address_is_refused_before_a_socket_opens(
    found: str, places: SshPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only one of its addresses is local: which one is dialled must not be up to the name's owner."""
    dialled = []

    async def lookup(host: str, port: int) -> list[str]:
        return ["203.0.113.9", found]

    async def dial(self: Any, sock: socket.socket, place: Any) -> None:
        dialled.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "sock_connect", dial)
    address = _resolve("rebind.example.com")
    assert isinstance(address, Address)
    with pytest.raises(Failed) as failed:
        await connect(address, SshOptions(), places=places, person=Person(), lookup=lookup)
    if "10.0.0.1" in found:  # a private address in IPv6 clothes is no local one
        assert failed.value.problem.cause is Cause.NETWORK
        assert len(dialled) == 2
    else:
        assert failed.value.problem.cause is Cause.INPUT
        assert dialled == []


async def test_the_hostile_corpus_costs_no_lookup_and_no_process(
    places: SshPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a ~/.ssh/config whose ProxyCommand and Match exec would make arguments, or a shell's line, of the host."""
    canary = places.home / "ran"
    places.config.write_text(
        f"Match exec 'touch {canary}'\n  User x\nHost *\n  ProxyCommand sh -c 'touch {canary} %h %r'\n"
    )
    happened: list[str] = []

    def hook(event: str, _arguments: tuple[Any, ...]) -> None:
        if watching and event in (
            "socket.getaddrinfo",
            "subprocess.Popen",
            "os.system",
            "os.posix_spawn",
            "socket.connect",
        ):
            happened.append(event)

    watching = True
    sys.addaudithook(hook)
    try:
        for host in [*BAD_HOSTS, *NUMBERS_IN_DISGUISE, *LOCAL_HOSTS]:
            address = _resolve(host)
            assert isinstance(address, Problem)
        for user in BAD_USERS:
            assert isinstance(_resolve("h", user=user), Problem)
        assert happened == []
        assert not canary.exists()
        subprocess.run(["true"], check=True)
        assert happened == ["subprocess.Popen"], "the test would notice"
    finally:
        watching = False


async def test_a_proxy_command_is_never_run(places: SshPlaces) -> None:
    canary = places.home / "ran"
    places.config.write_text(f"Host *\n  ProxyCommand touch {canary}\n")
    address = _resolve("gpu.example.com")
    assert isinstance(address, Address)
    with pytest.raises(Failed) as failed:
        await connect(address, SshOptions(), places=places, person=Person())
    assert failed.value.problem.cause is Cause.CONFIG
    assert "proxy_jump" in failed.value.problem.remedy
    assert not canary.exists()


def test_reading_addresses_does_not_load_asyncssh() -> None:
    modules = ("address", "places", "session_result", "trust.hosts", "shells.terminal")
    code = f"import sys, {', '.join(f'gputui.ssh.{module}' for module in modules)}"
    subprocess.run(
        [sys.executable, "-c", f"{code}; sys.exit('asyncssh' in sys.modules)"], check=True, env={**os.environ}
    )


def test_openssh_gets_the_address_as_arguments_of_its_own(places: SshPlaces) -> None:
    address = Address("10.0.0.1", 2222, "root")
    options = SshOptions(command="ssh -v", identity_file="~/k", proxy_jump="bastion", host_keys="strict")
    assert "ConnectTimeout=3" in argv(address, replace(options, connect_timeout=2.5), places)
    arguments = argv(address, options, places, ["nvidia-smi", "-L"])
    assert arguments[:2] == ["ssh", "-v"]
    assert arguments[-4:] == ["--", "10.0.0.1", "nvidia-smi", "-L"]
    assert "StrictHostKeyChecking=yes" in arguments
    assert arguments[arguments.index("-i") + 1] == str(places.home / "k")
    assert str(places.pins) in next(word for word in arguments if word.startswith("UserKnownHostsFile="))
