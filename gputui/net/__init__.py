"""HTTP: the way to the APIs of the clouds, and the one place that imports httpx."""

import sys

# httpx loads its own command line program where click is installed, and pygments with it: a twentieth of our start.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: "there is none", as the import says
