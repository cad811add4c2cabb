"""Where our two folders are by the XDG rules, or by two environment variables; found without importing anything."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from collections.abc import Mapping


def config_folder(environ: Mapping[str, str]) -> str:
    """The folder of the configuration."""
    return _folder(environ, "config", ".config")


def state_folder(environ: Mapping[str, str]) -> str:
    """The folder of what is kept between two runs."""
    return _folder(environ, "state", ".local/state")


def _folder(environ: Mapping[str, str], kind: str, usual: str) -> str:
    own = environ.get(f"GPUTUI_{kind.upper()}_DIR")
    if own:
        return os.path.abspath(own)  # noqa: PTH100 - pathlib takes as long to import as all else before the first byte
    if sys.platform == "darwin":
        import platformdirs

        found = {"config": platformdirs.user_config_dir, "state": platformdirs.user_state_dir}[kind]
        return found("gputui", appauthor=False)
    base = environ.get(f"XDG_{kind.upper()}_HOME", "")
    if not base.strip():
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), usual)  # noqa: PTH111, PTH118
    return os.path.join(base, "gputui")  # noqa: PTH118
