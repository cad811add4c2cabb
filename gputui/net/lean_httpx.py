"""httpx without its own command line, which would import click, rich and pygments where they are installed."""

from __future__ import annotations

import sys

_COMMAND_LINE = "httpx._main"

if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # so its import fails, which httpx is ready for
import httpx  # noqa: E402

if sys.modules.get(_COMMAND_LINE, sys) is None:
    del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
