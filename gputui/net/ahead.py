"""Loads and builds ahead what the first request needs: done within one turn of the loop, it would take 50 ms."""

from __future__ import annotations

import importlib
from contextlib import suppress

from gputui.core.problem import Failed
from gputui.net.tls import context

_AT_FIRST_REQUEST = "anyio._backends._asyncio"
"""What httpcore imports on its first request."""


def make_ready(ca_file: str | None, client_cert: str | None) -> None:
    """Prepare for a profile with these certificates; the request reports unusable ones. Any thread may call it."""
    with suppress(ImportError):
        importlib.import_module(_AT_FIRST_REQUEST)
    with suppress(Failed):
        context(ca_file, client_cert)
