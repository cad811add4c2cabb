"""Open a socket to a checked address: every address of a name is checked before any is tried."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from gputui.ssh.address import Address, checked_resolved
from gputui.ssh.run_in_thread import run_in_thread

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Resolves a host name and port to addresses, in the order to try them. Raises socket.gaierror."""


async def open_socket(target: Address, port: int, lookup: Lookup, seconds: float) -> socket.socket:
    """Return a socket to the first address that answers. Raises OSError, TimeoutError, and Failed if one is refused."""
    async with asyncio.timeout(seconds):
        addresses = await _addresses(target, port, lookup)
        error: OSError = OSError(f"{target.host} has no address")
        for left, found in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                # A silent address must leave time for the next one.
                async with asyncio.timeout(seconds / left):
                    return await _dial(found, port)
            except OSError as failure:
                error = failure
        raise error


async def system_lookup(host: str, port: int) -> list[str]:
    """Ask this computer's resolver."""
    found = await run_in_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _addresses(target: Address, port: int, lookup: Lookup) -> list[str]:
    try:
        ipaddress.ip_address(target.host)
    except ValueError:
        found = await lookup(target.host, port)
        if not target.allow_local:
            for address in found:
                checked_resolved(target.host, address)
        return found
    return [target.host]


async def _dial(address: str, port: int) -> socket.socket:
    host, _, zone = address.partition("%")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place: tuple[Any, ...] = (host, port)
    if zone:
        place = (host, port, 0, int(zone) if zone.isdigit() else socket.if_nametoindex(zone))
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    return sock
