"""What a server says during a handshake that asyncssh drops, keeps to itself or refuses for not being UTF-8."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from typing import Any

import asyncssh
from asyncssh.auth import Auth
from asyncssh.constants import MSG_DISCONNECT
from asyncssh.packet import Byte, PacketDecodeError, SSHPacket, String, UInt32

from gputui.ssh.negotiation import Mismatch, mismatches

LONGEST_TEXT = 8192
"""Bytes kept of what comes before the version line, and characters of all banners together."""

_VERSION = b"SSH-"


class HandshakeRecord:
    """One handshake. It stands in for two public methods of asyncssh's connection until the login has ended.

    `greeting` is the text before the version line, where a server that takes nobody says so.
    `reason` is the text of the server's own disconnect message.
    """

    def __init__(self) -> None:
        self.greeting = ""
        self.banners: list[str] = []
        self.reason = ""
        self._received = b""
        self._version = ""
        self._ssh: Any = None

    @property
    def is_connected(self) -> bool:
        """Whether there was a connection at all, direct or through a jump host."""
        return self._ssh is not None

    @property
    def version(self) -> str:
        """The server's version line; empty if it has not come."""
        known = self._ssh.get_extra_info("server_version", "") if self.is_connected else ""
        return str(known) or self._version

    def attach(self, connection: asyncssh.SSHClientConnection) -> None:
        """Begin: the transport is connected, and nothing has been received."""
        self._ssh = connection
        self._ssh.data_received = self._data_received
        self._ssh.process_packet = self._process_packet

    def detach(self) -> None:
        """End: the login succeeded, and asyncssh's own methods are called again."""
        for name in ("data_received", "process_packet"):
            self._ssh.__dict__.pop(name, None)

    def add_banner(self, text: str) -> None:
        """Keep a banner of the login, as far as there is room."""
        room = LONGEST_TEXT - sum(map(len, self.banners))
        if text and room > 0:
            self.banners.append(text[:room])

    def mismatches(self) -> tuple[Mismatch, ...]:
        """Return the kinds of algorithm that the two ends do not share; none before the server's proposal came."""
        return mismatches(self._ssh.get_hash_prefix()) if self.is_connected else ()

    def _data_received(self, data: bytes, datatype: asyncssh.DataType = None) -> None:
        self._received += data[: LONGEST_TEXT - len(self._received)]
        before, found, rest = (b"\n" + self._received).partition(b"\n" + _VERSION)
        self.greeting = before.decode("utf-8", "replace")
        if found:
            self._version = (_VERSION + rest.partition(b"\n")[0]).decode("ascii", "replace")
        if found and b"\n" in rest:
            del self._ssh.data_received
        self._ssh.__class__.data_received(self._ssh, data, datatype)

    def _process_packet(self, kind: int, number: int, packet: SSHPacket) -> bool | Awaitable[None]:
        if kind == MSG_DISCONNECT:
            with contextlib.suppress(PacketDecodeError):
                message = _again(packet)
                message.get_uint32()
                self.reason = message.get_string().decode("utf-8", "replace")
        done: bool | Awaitable[None] = self._ssh.__class__.process_packet(self._ssh, kind, number, packet)
        return done


def _again(packet: SSHPacket) -> SSHPacket:
    """Return a copy of the packet, read up to behind its type."""
    copy = SSHPacket(packet.get_full_payload())
    copy.get_byte()
    return copy


def read_leniently(auth: Auth) -> None:
    """Let a method of the login (password, keyboard-interactive) accept prompts that are not UTF-8.

    asyncssh's option `utf8_decode_errors` covers banners and disconnect messages, but not these.
    """
    if "process_packet" in auth.__dict__:
        return
    method: Any = auth
    process = method.process_packet

    def process_packet(kind: int, number: int, packet: SSHPacket) -> bool | Awaitable[None]:
        done: bool | Awaitable[None] = process(kind, number, _as_utf8(_again(packet)))
        return done

    method.process_packet = process_packet


def _as_utf8(packet: SSHPacket) -> SSHPacket:
    """Return a prompt's packet (one request, or a list of them) with only valid UTF-8 in it."""
    parts = [packet.get_full_payload()[:1], *(_valid(packet.get_string()) for _ in range(2))]
    if packet:  # keyboard-interactive: the third text is the language, then come the prompts
        parts += [_valid(packet.get_string()), UInt32(count := packet.get_uint32())]
        for _ in range(count):
            parts += [_valid(packet.get_string()), Byte(packet.get_byte())]
    return _again(SSHPacket(b"".join(parts)))


def _valid(text: bytes) -> bytes:
    return String(text.decode("utf-8", "replace"))
