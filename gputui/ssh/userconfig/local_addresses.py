"""The addresses of this computer's network interfaces, as the C library lists them."""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Interface(ctypes.Structure):
    """The beginning of C's `struct ifaddrs`."""


_Interface._fields_ = [
    ("next", ctypes.POINTER(_Interface)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
]


def local_addresses() -> list[Ip]:
    """Return the addresses of all interfaces. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(_Interface)()
    if library.getifaddrs(ctypes.byref(first)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        return list(_addresses(first))
    finally:
        library.freeifaddrs(first)


def _addresses(at: ctypes._Pointer[_Interface]) -> Iterator[Ip]:
    while at:
        if at.contents.address:
            # The family is a short; the BSDs have two bytes for it and the length.
            start = ctypes.string_at(at.contents.address, 2)
            family = start[0] if sys.byteorder == "little" and sys.platform == "linux" else start[1]
            if family == socket.AF_INET:
                yield ipaddress.IPv4Address(ctypes.string_at(at.contents.address + 4, 4))
            elif family == socket.AF_INET6:
                yield ipaddress.IPv6Address(ctypes.string_at(at.contents.address + 8, 16))
        at = at.contents.next
