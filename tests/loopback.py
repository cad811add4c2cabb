"""A run reaches this machine only: with a fault in what is tested, no server of others hears of it."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any


class Elsewhere(AssertionError):
    """A test wanted to connect to another machine."""


def stay_here() -> None:
    """Refuse every connection of this process that would leave the machine."""
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def _guarded(call: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if isinstance(address, tuple) and not _here(address[0]):
            raise Elsewhere(f"a test reaches for {address}")
        return call(self, *arguments)

    return guarded


def _here(host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host in ("", "localhost")
    return ip.is_loopback or ip.is_unspecified
