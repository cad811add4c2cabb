"""The address of an API, with the configuration's override."""

from __future__ import annotations

from urllib.parse import urlsplit


def with_path(base_url: str, documented: str) -> str:
    """`base_url` with the API's documented path if it has none: most overrides give only the host."""
    return base_url if urlsplit(base_url).path.strip("/") else base_url.rstrip("/") + documented
