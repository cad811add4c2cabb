"""The command line that hands a session over to OpenSSH (`ssh.command` of a profile)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gputui.ssh.address import Address
from gputui.ssh.options import SshOptions, SshPlaces

_STRICTNESS = {"ask": "ask", "strict": "yes", "accept-new": "accept-new"}


def argv(address: Address, options: SshOptions, places: SshPlaces, command: Sequence[str] = ()) -> list[str]:
    """The argument list (never a shell's line) that logs in at a checked address; passwords are typed by hand there.

    Our own known_hosts is read by it too, so that a key accepted here counts there.
    """
    files = " ".join(_quoted(str(path)) for path in places.known_hosts(options) if path != places.system_known_hosts)
    words = [*shlex.split(options.command or "ssh"), "-o", f"UserKnownHostsFile={files}"]
    words += ["-o", f"StrictHostKeyChecking={_STRICTNESS[options.host_keys]}", "-o", "ForwardAgent=no"]
    if options.identity_file:
        words += ["-i", str(places.expand(options.identity_file))]
    if options.proxy_jump:
        words += ["-J", options.proxy_jump]
    if address.port is not None:
        words += ["-p", str(address.port)]
    if address.user:
        words += ["-l", address.user]
    return [*words, "--", address.host, *command]


def _quoted(path: str) -> str:
    """As OpenSSH's configuration reads a word: percent signs and quotes would mean something."""
    escaped = path.replace("%", "%%").replace('"', '\\"')
    return f'"{escaped}"'
