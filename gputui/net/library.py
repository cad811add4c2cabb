"""httpx, without the command line program of its own that it loads where click is installed, and pygments with it."""

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # an import finds none: a twentieth of our start

import httpx as httpx  # noqa: E402 - after the line above, and for the modules beside this one
