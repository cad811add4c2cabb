"""With what to log in: a password from an API alone, else the keys of the profile, the agent and ~/.ssh."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.secret import Secret
from gputui.ssh.options import SshPlaces
from gputui.ssh.userconfig import HostConfig

_DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_AGENT_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in, as asyncssh's keyword arguments (they do not show themselves), and the agent in use."""

    arguments: dict[str, Any] = field(repr=False)
    agent: asyncssh.SSHAgentClient | None = None

    def close(self) -> None:
        """Let go of the agent once logged in."""
        if self.agent is not None:
            self.agent.close()


def by_password(password: Secret) -> Credentials:
    """A password from an API: alone, so that this machine gets to see no key of ours, and no agent."""
    return Credentials(
        {
            "password": password.reveal(),
            "client_keys": None,
            "agent_path": None,
            "preferred_auth": "password,keyboard-interactive",
            "public_key_auth": False,
        }
    )


async def by_keys(identity_file: str, config: HostConfig, places: SshPlaces) -> Credentials:
    """Key files and the agent. Raises Failed (Cause.CONFIG) where the profile's own key file cannot be used.

    A usable identity_file is offered alone: servers hang up after a handful of wrong keys. Else first what
    ~/.ssh/config names (held by the agent, or in its file), or the default files; then all that the agent holds.
    """
    agent, held = await _agent_keys(config, places)
    if identity_file:
        path = places.expand(identity_file)
        pairs = _required(path) or _of_agent(held, [path])
        if not pairs:
            raise Failed(Problem(Cause.CREDENTIALS, f"{path} needs a passphrase", f"ssh-add {path}"))
        return _public_keys(pairs, agent)
    named = [places.expand(name) for name in config.identity_files]
    paths = named or [places.home / ".ssh" / name for name in _DEFAULT_KEYS]
    first = _of_agent(held, paths)
    rest = [] if config.identities_only else [pair for pair in held if pair not in first]
    return _public_keys([*first, *(pair for path in paths for pair in _optional(path)), *rest], agent)


def _public_keys(pairs: list[Any], agent: asyncssh.SSHAgentClient | None) -> Credentials:
    arguments = {
        # None and not an empty list: with that asyncssh would go and load the default keys by itself.
        "client_keys": pairs or None,
        "agent_path": None,
        "preferred_auth": "publickey",
        "password_auth": False,
        "kbdint_auth": False,
    }
    return Credentials(arguments, agent)


async def _agent_keys(config: HostConfig, places: SshPlaces) -> tuple[asyncssh.SSHAgentClient | None, list[Any]]:
    named = config.agent not in ("", "SSH_AUTH_SOCK")
    socket = str(places.expand(config.agent)) if named else places.agent
    if not socket:
        return None, []
    agent = asyncssh.SSHAgentClient(socket)
    try:
        return agent, list(await asyncio.wait_for(agent.get_keys(), _AGENT_PATIENCE))
    except (OSError, ValueError, TimeoutError, asyncssh.Error):
        # A socket that outlived its agent is everyday life on a bastion: the key files remain.
        agent.close()
        return None, []


def _of_agent(held: list[Any], paths: Iterable[Path]) -> list[Any]:
    wanted = [blob for path in paths if (blob := _public_half(path))]
    return [pair for blob in wanted for pair in held if pair.public_data == blob]


def _public_half(path: Path) -> bytes | None:
    for place in (path.with_name(path.name + ".pub"), path):
        try:
            return bytes(asyncssh.read_public_key(place).public_data)
        except (OSError, ValueError):
            continue
    return None


def _required(path: Path) -> list[Any]:
    try:
        if path.stat().st_mode & _OPEN_TO_OTHERS and not _is_public(path):
            raise Failed(Problem(Cause.CONFIG, f"others can read the private key {path}", f"chmod 600 {path}"))
        return _pairs(path)
    except OSError as error:
        raise Failed(Problem(Cause.CONFIG, f"{path}: {error.strerror}", "check ssh.identity_file")) from None


def _optional(path: Path) -> list[Any]:
    try:
        return [] if path.stat().st_mode & _OPEN_TO_OTHERS else _pairs(path)
    except (OSError, ValueError):
        return []


def _is_public(path: Path) -> bool:
    return path.suffix == ".pub"


def _pairs(path: Path) -> list[Any]:
    if _is_public(path):
        return []
    # Checking the primes of one's own RSA key would hold the loop for a third of a second.
    return list(asyncssh.load_keypairs(path, ignore_encrypted=True, unsafe_skip_rsa_key_validation=True))
