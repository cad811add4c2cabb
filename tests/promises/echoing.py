"""A cloud that repeats whatever it was told in confidence, in every part of an answer; and the canaries told to it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote

import asyncssh

from tests.contract.servers import Seen, Wire, reply

FRESH = "canary-fresh-token-7d1f9c"
SSH_PASSWORD = "canary-ssh-password-4b2e"
PROFILES: dict[str, dict[str, Any]] = {
    "samsung": {
        "provider": "scp",
        "environment": "e",
        "region": "kr-west1",
        "access_key": "canary-scp-access-93ab",
        "secret_key": "canary-scp-secret/21+c=",
    },
    "nsml": {
        "provider": "nsml",
        "access_key": "canary-nsml-access-55c1",
        "secret_key": "canary-nsml-secret-17e0",
        "api_key": "canary-nsml-apikey-a0b9",
    },
    "hosted": {"provider": "hostedai", "auth": "bearer", "token": "canary-hosted-bearer-c7f2"},
    "panel": {
        "provider": "hostedai",
        "auth": "login",
        "username": "somebody",
        "password": 'canary-panel-"pass"-word',
    },
    "key": {"provider": "hostedai", "auth": "x-api-key", "token": "canary-hosted-apikey-90d4"},
    "runai": {"provider": "runai", "client_id": "app-1", "client_secret": "canary-runai-secret-6ae8"},
    "datenfab": {"provider": "datenfab", "token": "canary-datenfab-token-38f6", "namespace": "ns-1"},
}
SECRETS = ("access_key", "secret_key", "api_key", "token", "password", "client_secret")


def canaries() -> Iterator[str]:
    """Every secret, and what of it could be read out of its other spellings."""
    given = [str(profile[name]) for profile in PROFILES.values() for name in SECRETS if name in profile]
    for value in (*given, FRESH, SSH_PASSWORD):
        yield value
        yield json.dumps(value)[1:-1]
        yield quote(value, safe="")
        yield base64.b64encode(value.encode()).decode()[:-4]


def profiles(base: str, *kinds: str) -> str:
    """A configuration whose profiles all reach the echoing cloud at `base`, which answers each in one of these kinds.

    The last of the profiles gets the last kind.
    """
    lines = ["refresh_seconds = 1"]
    for number, (name, profile) in enumerate(PROFILES.items(), len(kinds) - len(PROFILES)):
        kind = kinds[number % len(kinds)]
        lines.append(f"[profiles.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in profile.items()]
        lines.append(f'base_url = "{base}/{kind}"')
        if profile["provider"] == "scp":
            lines.append(f'vpc_url = "{base}/{kind}"')
        if profile["provider"] == "nsml":
            lines.append('seconds_between_requests = "0"')
        if profile["provider"] == "datenfab":
            lines += [f"[profiles.{name}.ssh]", "allow_local = true", 'host_keys = "accept-new"']
    return "\n".join(lines)


def _text(seen: Seen) -> str:
    """All that was told in confidence, in one line."""
    said = " ".join(seen.headers.values()) + " " + seen.body.decode()
    basic = base64.b64encode(f"me:{seen.headers.get('x-api-key', '')}".encode()).decode()
    return f"{said} {quote(said)} Basic {basic}"


KINDS = (
    *("reason", "refused", "forbidden", "missing", "throttled", "failing", "unauthorized", "page"),
    *("redirect", "garbled", "headers", "notjson", "cut"),
)
MACHINE = "machine"
"""Datenfab with one machine on it, whose verbs are refused with an echo."""
_STATUS = {"refused": 400, "unauthorized": 401, "forbidden": 403, "missing": 404, "throttled": 429, "failing": 500}


def answer(kind: str, seen: Seen) -> bytes:
    """The whole of an answer of this kind."""
    echo = _text(seen)
    body = json.dumps({"message": echo, "errors": [{"detail": echo}]}).encode()
    heard = (f"X-Heard: {echo}", f"Set-Cookie: token={echo}")
    if kind in _STATUS:
        return reply(_STATUS[kind], body, heard, reason=echo)
    return {
        "reason": reply(200, b"{}", heard, reason=echo),
        "page": reply(502, f"<html><title>{echo}</title></html>".encode(), ("Content-Type: text/html",)),
        "redirect": reply(302, headers=(f"Location: https://elsewhere.invalid/?token={echo}",)),
        "garbled": f"{echo}\r\n\r\n".encode(),
        "headers": f"HTTP/1.1 200 OK\r\n{echo}\r\n\r\n".encode(),
        "notjson": reply(200, echo.encode()),
        "cut": f"HTTP/1.1 200 {echo}\r\nContent-Length: 9999\r\n\r\n{echo}".encode(),
    }[kind]


def echoing(ssh_port: int) -> Callable[[Wire], Awaitable[None]]:
    """A cloud whose machine's SSH listens there."""
    return lambda wire: _converse(wire, ssh_port)


async def _converse(wire: Wire, ssh_port: int) -> None:
    """Give a token to whoever asks for one; echo to all else."""
    while True:
        seen = await wire.request()
        kind, _, rest = seen.target.removeprefix("/").partition("/")
        if kind == MACHINE:
            known = next((said for end, said in instances(ssh_port).items() if seen.target.endswith(end)), b"")
            await wire.send(known if seen.method == "GET" and known else answer("refused", seen))
            continue
        if rest.endswith(("token", "login")) and kind != "refused":
            token = json.dumps({"accessToken": FRESH, "token": FRESH, "expiresIn": 9}).encode()
            await wire.send(reply(200, token, (f"Set-Cookie: token={FRESH}",), reason=f"{FRESH} {_text(seen)}"))
            continue
        await wire.send(answer(kind, seen))
        if kind in ("garbled", "headers", "cut"):
            wire.writer.close()
            return


def instances(port: int) -> dict[str, bytes]:
    """Replies of a Datenfab with one machine, by how the path ends."""
    region = {"id": "r1", "region": "r1", "clusterName": "c1"}
    ssh = {"sshAddr": f"ssh -p{port} root@127.0.0.1", "sshPassword": SSH_PASSWORD}
    machine = {"name": "gpu-1", "displayName": "gpu-1", "uid": "u1", "Region": "c1", "status": "Running"}
    return {
        "/regions": reply(200, json.dumps([region]).encode()),
        "/instances": reply(200, json.dumps({"nodes": [{**machine, "servers": {"SSH": ssh}}]}).encode()),
    }


class EchoingMachine(asyncssh.SSHServer):
    """Refuses every password, repeating it in a banner, and ends the connection with it as the reason."""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep what the banner goes through."""
        self._connection = conn

    def password_auth_supported(self) -> bool:
        """Passwords are all that is taken."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Say it again, twice."""
        self._connection.send_auth_banner(f"wrong password {password}\r\n")
        await asyncio.sleep(0)
        self._connection.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, f"no: {password}")
        return False
