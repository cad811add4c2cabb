"""Making a connection: host key first, then the login, through jump hosts if there are any."""

from __future__ import annotations

from dataclasses import dataclass, replace

import asyncssh

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address, checked_host, checked_user, jump_host
from gputui.ssh.connecting.connect_cache import ConnectCache
from gputui.ssh.connecting.connection import Connection
from gputui.ssh.connecting.dial import Lookup, system_lookup
from gputui.ssh.connecting.handshake import Handshake, Timing
from gputui.ssh.connecting.watcher import Watcher
from gputui.ssh.credentials.keys import by_keys, by_password
from gputui.ssh.credentials.login import Login
from gputui.ssh.failure import FAILURES, problem_of
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import Prompter
from gputui.ssh.run_in_thread import run_in_thread
from gputui.ssh.trust.known import KnownHosts
from gputui.ssh.trust.verifier import HostKeyVerifier
from gputui.ssh.userconfig.host_config import HostConfig, read_config

_DEFAULT_PORT = 22
_MOST_JUMPS = 4
_JUMPS = "ProxyJump takes user@host:port, several with commas in between"


@dataclass(frozen=True, slots=True)
class ConnectContext:
    """What a connection and its jump hosts share.

    `via` names the requested jump hosts (if empty, ~/.ssh/config decides); `depth` counts the jumps, to detect loops.
    """

    options: SshOptions
    places: SshPlaces
    person: Prompter
    timing: Timing
    lookup: Lookup
    memory: ConnectCache
    via: str
    owner: str = ""
    depth: int = 0


async def connect(
    address: Address,
    options: SshOptions,
    *,
    places: SshPlaces,
    person: Prompter,
    owner: str = "",
    memory: ConnectCache | None = None,
    timing: Timing | None = None,
    lookup: Lookup = system_lookup,
) -> Connection:
    """Connect and log in. Raises only Failed, with cause and remedy (HostKeyRefused for host keys).

    `owner` is the instance (its Ref as text): host keys are remembered for it and for its address.
    `memory` holds what connections share: files that were read, keys that were unlocked.
    `person` is asked at the first contact with a host (policy `ask`), between two connections: none is open meanwhile,
    and only the confirmed key passes afterwards. A password from an API is sent only after that, and no key with it.
    """
    timing, memory = timing or Timing.of(options), memory or ConnectCache()
    way = ConnectContext(options, places, person, timing, lookup, memory, options.proxy_jump, owner)
    return await _connect(address, way)


async def _connect(address: Address, way: ConnectContext) -> Connection:
    target = address
    try:
        config = await run_in_thread(lambda: _read(address, way))
        target = _decided(address, config)
        before = await _jump(config, way)
        try:
            return await _log_in(target, config, way, before)
        except BaseException:
            if before is not None:
                await before.close()
            raise
    except FAILURES as error:
        # Not chained: a traceback's locals would hold the credentials.
        raise Failed(problem_of(error, str(target))) from None


def _read(address: Address, way: ConnectContext) -> HostConfig:
    places = way.places
    config = read_config(
        places.config,
        address.host,
        user=address.user,
        usual_user=address.usual_user,
        port=address.port,
        login=places.login,
        home=places.home,
    )
    if config.proxy_command and not way.via:
        text = f"a ProxyCommand for {address.host}; gputui runs none"
        raise config.lines["proxycommand"].wrong(text, 'set ssh.proxy_jump, or ssh.command = "ssh"')
    return config


def _decided(address: Address, config: HostConfig) -> Address:
    """Return the address completed from ~/.ssh/config, with the same strict checks."""
    keyword = "hostname"
    try:
        host = checked_host(config.host, allow_local=address.allow_local)
        keyword = "user"
        user = checked_user(config.user)
    except Failed as failed:
        raise config.blamed(keyword, failed) from None
    return replace(address, host=host, port=config.port or _DEFAULT_PORT, user=user)


async def _jump(config: HostConfig, way: ConnectContext) -> Connection | None:
    """Connect to the last jump host. The profile's jump hosts take precedence; `none` means no jump host."""
    wanted = way.via or config.proxy_jump
    if not wanted or wanted.lower() == "none":
        return None
    if way.depth >= _MOST_JUMPS:
        text = f"more than {_MOST_JUMPS} jump hosts, perhaps in a circle"
        raise Failed(Problem(Cause.CONFIG, text, "check ssh.proxy_jump and the ProxyJump of ~/.ssh/config"))
    *earlier, last = (hop.strip() for hop in wanted.split(","))
    # As with `ssh -J a,b`: b is reached through a, and only the first may have a jump host of its own.
    try:
        hop = jump_host(last)
    except Failed as failed:
        raise failed if way.via else config.blamed("proxyjump", failed, _JUMPS) from None
    onward = replace(way, via=",".join(earlier), owner="", depth=way.depth + 1)
    # The key includes the depth, so that a loop is detected instead of waiting for itself.
    key = (hop, onward.via, onward.depth, way.options)
    return await way.memory.jumps.through(key, lambda: _connect(hop, onward))


async def _log_in(target: Address, config: HostConfig, way: ConnectContext, before: Connection | None) -> Connection:
    files = way.places.known_hosts(way.options)
    known = await run_in_thread(lambda: way.memory.known_hosts(files))
    gate = _gate(target, known, way)
    for text in gate.skipped:
        way.memory.notice(text)
    if target.password:
        credentials = by_password()
    else:
        credentials = await by_keys(_identity(config, way), config, way.places, way.person, way.memory.keyring)
    login = Login(gate.host, gate.port, target.user, way.person, target.password, jump=way.depth > 0)
    handshake = Handshake(target, gate, login, credentials, way.timing, way.lookup, before)
    try:
        watcher, ssh = await _through(handshake, way)
    except Failed:
        way.memory.notice(await gate.remember(way.places.pins))
        raise
    finally:
        credentials.close()
    try:
        way.memory.notice(await gate.remember(way.places.pins))
        return Connection(target, ssh, watcher, before, tuple(login.said))
    except BaseException:
        ssh.abort()
        raise


def _gate(target: Address, known: KnownHosts, way: ConnectContext) -> HostKeyVerifier:
    return HostKeyVerifier(
        known,
        target.host,
        target.port or _DEFAULT_PORT,
        way.options.host_keys,
        owner=way.owner,
        jump=way.depth > 0,
        fixed=way.places.system_known_hosts,
        accepted=way.memory.accepted,
    )


async def _through(handshake: Handshake, way: ConnectContext) -> tuple[Watcher, asyncssh.SSHClientConnection]:
    """Verify the host key and log in; retry after asking the person, or to request the plain key."""
    gate = handshake.gate
    place = (way.via, gate.host, gate.port)
    while True:
        try:
            return await way.memory.redial.until_taken(place, handshake.attempt)
        except asyncssh.HostKeyNotVerifiable as error:
            if gate.asks:
                await gate.decide(way.person)
            elif gate.closed:
                raise gate.refusal() from None
            elif not gate.asks_for_the_key(str(error)):
                raise


def _identity(config: HostConfig, way: ConnectContext) -> str:
    """Return the identity file: a jump host gets the profile's key only if ~/.ssh/config names none for it."""
    return "" if way.depth and config.identity_files else way.options.identity_file
