"""Where NSML is, and how often it may be asked there."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from gputui.providers.address import with_path

PUBLIC = "https://nsml.apigw.ntruss.com/nsml/v1"
_ROOT = "/nsml/v1"
_SECONDS_BETWEEN_REQUESTS = 1.0


def base_of(override: str) -> str:
    """The base URL of the API; an override that names no path gets the documented one."""
    return with_path(override, _ROOT) if override else PUBLIC


def least_interval(base: str) -> float:
    """Seconds between two requests: one in the cloud, where the gateway counts, none on this computer."""
    host = urlsplit(base).hostname or ""
    return 0.0 if host == "localhost" or _is_loopback(host) else _SECONDS_BETWEEN_REQUESTS


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
