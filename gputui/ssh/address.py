"""Where to connect: every part is checked before a name is looked up, a socket opened or a config file read."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import SshTarget
from gputui.core.secret import Secret
from gputui.core.ssh_options import SshOptions

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,31}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HOP = re.compile(r"(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]*\]|[^\[\]:@]*)(?::(?P<port>[0-9]{1,5}))?")
_ALIAS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")
_ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}")
# Hosts that inet_aton would read as a number: 2130706433, 0x7f.1, 127.1. On Linux all of these reach 127.0.0.1.
_NUMBER_AT_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)")
_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost", "ip6-loopback", "broadcasthost"})
_LOCAL_ENDS = (".localhost", ".localdomain")
_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",
        "fd00:ec2::254",  # AWS over IPv6
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
REMEDY_LOCAL = "if this machine is really meant: allow_local = true in the profile's ssh table"


@dataclass(frozen=True, slots=True)
class Address:
    """A checked place to connect to. An empty user or port is taken from ~/.ssh/config.

    What that does not name either is `usual_user` (if empty, the local login name) and port 22.
    """

    host: str
    port: int | None = None
    user: str = ""
    password: Secret | None = None
    allow_local: bool = False
    usual_user: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        who = f"{self.user}@" if self.user else ""
        return f"{who}{host}" if self.port in (None, 22) else f"{who}{host}:{self.port}"


def resolve(target: SshTarget, options: SshOptions) -> Address:
    """Return the checked address for a machine's SSH target; the user and port of the profile override the API's.

    Does not look up names. Raises Failed for invalid values; they are never repaired.
    """
    port = options.port if options.port is not None else target.port
    return Address(
        checked_host(target.host, allow_local=options.allow_local),
        checked_port(port),
        checked_user(options.user or target.user),
        target.password or None,
        options.allow_local,
        checked_user(target.usual_user),
    )


def jump_host(text: str) -> Address:
    """Parse one entry of `proxy_jump`, which may be an alias of ~/.ssh/config. Raises Failed."""
    match = _HOP.fullmatch(text)
    host = match["host"].strip("[]") if match else ""
    if match is None or not (":" in host or _ALIAS.fullmatch(host)):
        raise Failed(Problem(Cause.CONFIG, f"{text!r} is not a jump host", "ssh.proxy_jump takes user@host:port"))
    port = checked_port(int(match["port"])) if match["port"] else None
    # The user wrote this entry, so local addresses are intended.
    return Address(host, port, checked_user(match["user"] or ""), allow_local=True)


def checked_host(host: object, *, allow_local: bool) -> str:
    """Return a DNS name or an IP literal in lower case. Raises Failed (Cause.INPUT) for anything else.

    Names and addresses of this computer, the local link and the cloud's metadata service count as local.
    """
    if not isinstance(host, str) or not 0 < len(host) <= 253 or not host.isascii():
        raise _refused("host", host)
    literal, percent, zone = host.partition("%")
    if ":" in host:
        address = _checked_ip(host, literal, ipaddress.IPv6Address, allow_local)
        if percent and not (_ZONE.fullmatch(zone) and ipaddress.IPv6Address(address).is_link_local):
            raise _refused("host", host)
        return address + percent + zone
    if _NUMBER_AT_END.fullmatch(host):
        return _checked_ip(host, host, ipaddress.IPv4Address, allow_local)
    if not _NAME.fullmatch(host):
        raise _refused("host", host)
    name = host.lower()
    if not allow_local and (name in _LOCAL_NAMES | _METADATA_NAMES or name.endswith(_LOCAL_ENDS)):
        raise _local(name)
    return name


def _checked_ip(host: str, literal: str, kind: type[Ip], allow_local: bool) -> str:
    try:
        address = kind(literal)
    except ValueError:
        raise _refused("host", host) from None
    if not allow_local and (what := local(address)):
        raise _local(host, what)
    return str(address)


def checked_port(port: object) -> int | None:
    """Return a port from 1 to 65535, or None if none was given. Raises Failed (Cause.INPUT)."""
    if port is None:
        return None
    if type(port) is not int or not 1 <= port <= 65535:
        raise _refused("port", port)
    return port


def checked_user(user: object) -> str:
    """Return a portable login name, or an empty one if none was given. Raises Failed (Cause.INPUT)."""
    if user == "":
        return ""
    if not isinstance(user, str) or not _USER.fullmatch(user):
        raise _refused("user", user)
    return user


def checked_resolved(host: str, found: str) -> None:
    """Raise Failed if the address that a name resolved to is local: a name can point anywhere."""
    if what := local(ipaddress.ip_address(found)):
        raise _local(host, f"{found}, {what}")


def local(address: Ip) -> str:
    """Describe why an address is local; empty if it is not. Embedded IPv4 addresses count as well."""
    inner = _embedded(address)
    if inner is not None:
        return local(inner)
    if address in _METADATA:
        return "the cloud's metadata service"
    for what, is_so in (
        ("unspecified", address.is_unspecified),
        ("loopback", address.is_loopback),
        ("link-local", address.is_link_local),
        ("multicast", address.is_multicast),
        ("reserved", address.is_reserved),
    ):
        if is_so:
            return what
    if isinstance(address, ipaddress.IPv6Address):
        return "site-local" if address.is_site_local else ""
    return "this network" if address in ipaddress.IPv4Network("0.0.0.0/8") else ""


def _embedded(address: Ip) -> ipaddress.IPv4Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _refused(what: str, value: object) -> Failed:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:79] + "…"
    # The ssh table of a profile has no host: this one comes from the API or is the user's own alias.
    remedy = "see the machine's JSON, and ~/.ssh/config" if what == "host" else f"set ssh.{what} in the profile"
    return Failed(Problem(Cause.INPUT, f"{shown} is not a {what} to connect to", remedy))


def _local(host: str, what: str = "a name of this computer or its cloud") -> Failed:
    return Failed(Problem(Cause.INPUT, f"{host} is refused: {what}", REMEDY_LOCAL))
