"""The proxy for a host: the profile's, or that of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gputui.core.problem import Cause, Failed, Problem

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SPOKEN = ("http", "https")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and the setting that named it. `url` may hold a password; `place` is host and port."""

    url: str = field(repr=False)
    named_by: str

    @property
    def host(self) -> str:
        """Its host name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def place(self) -> str:
        """`host:port`, for people."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"


def proxy_for(url: str, configured: str | None, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for `url`, None for a direct connection; `configured` wins. Raises Failed for an unusable one.

    Proxies of the environment are not used for this machine's own loopback addresses, which they could not reach.
    """
    if configured:
        return _usable(configured, "`proxy` of the profile")
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    if loopback(host):
        return None
    for name in (f"{parts.scheme}_proxy", f"{parts.scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
        if environ.get(name):
            excepted = environ.get("no_proxy") or environ.get("NO_PROXY", "")
            return None if passes_by(host, port, excepted) else _usable(environ[name], name)
    return None


def loopback(host: str) -> bool:
    """Whether `host` is the loopback, by name or address."""
    address = _address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def passes_by(host: str, port: int, excepted: str) -> bool:
    """Whether NO_PROXY covers `host`: its name, a parent domain, its address or a network, with or without port."""
    return any(_names(entry, host.lower(), port) for entry in re.split(r"[\s,]+", excepted) if entry)


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    wanted = _network(entry)
    if wanted is not None:
        return address is not None and address.version == wanted.version and address in wanted
    name, wanted_port = _split(entry)
    if wanted_port is not None and wanted_port != port:
        return False
    wanted = _network(name)
    if wanted is not None:
        return address is not None and address.version == wanted.version and address in wanted
    domain = name.lower().removeprefix("*").strip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split(entry: str) -> tuple[str, int | None]:
    """Host and port of `host:port` or `[address]:port`; the port is optional."""
    found = re.fullmatch(r"\[([^\]]*)\](?::(\d{1,5}))?|([^:]*)(?::(\d{1,5}))?", entry)
    if found is None:
        return entry, None
    port = found[2] or found[4]
    return found[1] if found[1] is not None else found[3], int(port) if port else None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A network such as `10.0.0.0/8`, also `[fd00::]/8`; an address is a network of one; None for anything else."""
    try:
        return ipaddress.ip_network(text.replace("[", "").replace("]", "") if "]:" not in text else text, strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _usable(text: str, named_by: str) -> Proxy:
    """The proxy, checked without showing its address, which may hold a password. Raises Failed."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and (parts.port is None or 0 < parts.port < 65536)
    except ValueError:
        good = False
        parts = urlsplit("")
    if not good:
        raise Failed(Problem(Cause.CONFIG, f"the proxy's address in {named_by} cannot be used", f"mend {named_by}"))
    if parts.scheme.lower() not in _SPOKEN:
        words = f"{named_by} names a proxy of another kind than http:// or https://"
        raise Failed(Problem(Cause.CONFIG, words, "SOCKS and others are not spoken: name an HTTP proxy"))
    return Proxy(url, named_by)
