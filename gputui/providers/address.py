"""The address of an API, from what the configuration overrides of it."""

from __future__ import annotations

from urllib.parse import urlsplit


def with_path(base_url: str, documented: str) -> str:
    """`base_url` with the API's documented path where it names none: an override is mostly of the host alone."""
    return base_url if urlsplit(base_url).path.strip("/") else base_url.rstrip("/") + documented
