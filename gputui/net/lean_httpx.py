"""httpx without what costs time: its own command line, which imports rich, and a search at every request."""

from __future__ import annotations

import sys
from importlib.util import find_spec

_COMMAND_LINE = "httpx._main"

if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # so its import fails, which httpx is ready for
import httpx  # noqa: E402

if sys.modules.get(_COMMAND_LINE, sys) is None:
    del sys.modules[_COMMAND_LINE]
if find_spec("sniffio") is None:
    # httpcore tries to import it twice for each request: without this, that looks through the whole path each time.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

__all__ = ["httpx"]
