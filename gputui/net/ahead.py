"""What the first request needs, loaded and made ahead of it: in one piece of the loop it would be 50 ms."""

from __future__ import annotations

import importlib
from contextlib import suppress

from gputui.core.problem import Failed
from gputui.net.tls import context

_AT_FIRST_REQUEST = "anyio._backends._asyncio"
"""What httpcore imports when it is first asked for something."""


def make_ready(ca_file: str | None, client_cert: str | None) -> None:
    """For a profile with these certificates; what cannot be used is the request's to say. May run in any thread."""
    with suppress(ImportError):
        importlib.import_module(_AT_FIRST_REQUEST)
    with suppress(Failed):
        context(ca_file, client_cert)
