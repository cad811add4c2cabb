"""The address of NSML's API."""

from __future__ import annotations

from gputui.providers.address import with_path

PUBLIC = "https://nsml.apigw.ntruss.com/nsml/v1"
_ROOT = "/nsml/v1"


def base_of(override: str) -> str:
    """The base URL of the API; an override without a path gets the documented one."""
    return with_path(override, _ROOT) if override else PUBLIC
