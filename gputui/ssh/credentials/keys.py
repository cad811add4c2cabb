"""Credentials for a login: only the password if an API gave one, else keys of the profile, the agent and ~/.ssh."""

from __future__ import annotations

import asyncio
import shlex
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.credentials.keyring import KeyFile, Keyring
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import Prompter
from gputui.ssh.run_in_thread import run_in_thread
from gputui.ssh.userconfig.host_config import HostConfig

_DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_AGENT_PATIENCE = 3.0
_OTHERS = ("hostbased", "gssapi-with-mic")
"""Methods that are never used; listed because asyncssh would otherwise not report that a server accepts them."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials as asyncssh's keyword arguments (not shown in the repr), and the agent in use.

    `left_out` lists the key files that could not be offered, with the reason.
    """

    arguments: dict[str, Any] = field(repr=False)
    agent: asyncssh.SSHAgentClient | None = None
    left_out: tuple[str, ...] = ()

    def close(self) -> None:
        """Close the agent's connection once logged in."""
        if self.agent is not None:
            self.agent.close()


def by_password() -> Credentials:
    """Return credentials for an API's password: no key and no agent is shown to the machine."""
    return Credentials(_arguments([], "password", "keyboard-interactive", "publickey"))


async def by_keys(
    identity_file: str, config: HostConfig, places: SshPlaces, person: Prompter, keyring: Keyring
) -> Credentials:
    """Return key files and the agent's keys. Raises Failed (Cause.CONFIG) if the profile's own key file is unusable.

    A usable identity_file is offered alone: servers disconnect after a few wrong keys. Otherwise the keys named in
    ~/.ssh/config (from the agent or their file) or the default files come first, then the agent's other keys.
    The passphrase of a locked key is requested only if a config names that key or there is no other key.
    """
    agent, held = await _agent_keys(config, places)
    try:
        if identity_file:
            pairs = await _required(places.expand(identity_file), held, person, keyring)
            left_out: list[str] = []
        else:
            pairs, left_out = await _found(config, places, held, person, keyring)
    except BaseException:
        if agent is not None:
            agent.close()
        raise
    return Credentials(_arguments(pairs, "publickey", "keyboard-interactive", "password"), agent, tuple(left_out))


def _arguments(pairs: list[Any], *methods: str) -> dict[str, Any]:
    return {
        # None, as an empty list would make asyncssh load the default keys.
        "client_keys": pairs or None,
        "agent_path": None,
        "preferred_auth": [*methods, *_OTHERS],
    }


async def _required(path: Path, held: list[Any], person: Prompter, keyring: Keyring) -> list[Any]:
    try:
        file = await run_in_thread(lambda: _private(path, keyring))
    except OSError as error:
        raise Failed(Problem(Cause.CONFIG, f"{path}: {error.strerror}", "check ssh.identity_file")) from None
    except ValueError as error:  # asyncssh.KeyImportError is one
        text = f"{path} is no private key that can be read: {error}"
        remedy = f"check ssh.identity_file; what OpenSSH says of it: ssh-keygen -yf {shlex.quote(str(path))}"
        raise Failed(Problem(Cause.CONFIG, text, remedy)) from None
    if isinstance(file, str):
        raise Failed(Problem(Cause.CONFIG, f"others can read the private key {path}", f"chmod 600 {path}"))
    pairs = file.mine() or list((await run_in_thread(lambda: _in_agent(held, [path]))).values())
    if not pairs and file.locked:
        pairs = (await keyring.unlocked(path, person)).mine()
    if not pairs:
        what = "needs a passphrase" if file.locked else "is a public key whose private half the agent does not hold"
        raise Failed(Problem(Cause.CREDENTIALS, f"{path} {what}", f"ssh-add {path}"))
    return pairs


async def _found(
    config: HostConfig, places: SshPlaces, held: list[Any], person: Prompter, keyring: Keyring
) -> tuple[list[Any], list[str]]:
    """Return the keys to offer, and the descriptions of those that cannot be offered."""
    named = [places.expand(name) for name in config.identity_files]
    paths = [places.home / ".ssh" / name for name in _DEFAULT_KEYS] if config.default_keys else named
    files, in_agent = await run_in_thread(
        lambda: ({path: _optional(path, keyring) for path in paths}, _in_agent(held, paths))
    )
    pairs = list(in_agent.values())
    rest = [] if config.identities_only else [pair for pair in held if pair not in pairs]
    left = {path: file for path, file in files.items() if file is not None and path not in in_agent}
    pairs += [pair for file in left.values() if isinstance(file, KeyFile) for pair in file.mine()]
    left_out = [file for file in left.values() if isinstance(file, str)]
    locked = [path for path, file in left.items() if isinstance(file, KeyFile) and file.locked]
    for number, path in enumerate(locked):
        asks = bool(named) or (number == 0 and not pairs and not rest)
        unlocked = (await keyring.unlocked(path, person)).mine() if asks else []
        pairs += unlocked
        left_out += [] if unlocked else [f"{path} is locked"]
    return pairs + rest, left_out


async def _agent_keys(config: HostConfig, places: SshPlaces) -> tuple[asyncssh.SSHAgentClient | None, list[Any]]:
    named = config.agent not in ("", "SSH_AUTH_SOCK")
    socket = str(places.expand(config.agent)) if named else places.agent
    if not socket or config.agent == "none":
        return None, []
    agent = asyncssh.SSHAgentClient(socket)
    try:
        return agent, list(await asyncio.wait_for(agent.get_keys(), _AGENT_PATIENCE))
    except (OSError, ValueError, TimeoutError, asyncssh.Error):
        # A socket whose agent is gone is common on a bastion; the key files remain.
        agent.close()
        return None, []


def _in_agent(held: list[Any], paths: Iterable[Path]) -> dict[Path, Any]:
    """Match these key files with the agent's keys, by the public half next to or inside each file."""
    if not held:
        return {}
    by_public = {pair.public_data: pair for pair in held}
    halves = {path: _public_half(path) for path in paths}
    return {path: by_public[half] for path, half in halves.items() if half in by_public}


def _public_half(path: Path) -> bytes | None:
    for place in (path.with_name(path.name + ".pub"), path):
        try:
            return bytes(asyncssh.read_public_key(place).public_data)
        except (OSError, ValueError):
            continue
    return None


def _private(path: Path, keyring: Keyring) -> KeyFile | str:
    """Return the keys of a file, or why it is not used. Raises OSError and ValueError."""
    if path.suffix == ".pub":
        path.stat()
        return KeyFile()
    if path.stat().st_mode & _OPEN_TO_OTHERS:
        return f"others can read {path}"
    return keyring.read(path)


def _optional(path: Path, keyring: Keyring) -> KeyFile | str | None:
    try:
        return _private(path, keyring)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return f"{path} cannot be read"
