"""Work for the idle time after the start: import SSH before its first use (160 ms), and freeze the heap."""

from __future__ import annotations

import gc
import importlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gputui.engine.store import Store

QUIET_SECONDS = 1.5
"""Seconds after everything else has been loaded."""
_NEEDED = ("gputui.ssh.shells.sessions", "gputui.ui.ssh.sessions")


def preload(store: Store) -> None:
    """Start importing SSH if any profile has machines with SSH access.

    Runs in a thread that yields to the loop every five milliseconds: a single import would block it for all 160 ms.
    """
    reached = any(view.ssh is not None for cloud in store.clouds.values() for view in cloud.provider.views)
    threading.Thread(target=_settle, args=(reached,), name="gputui-ssh-load", daemon=True).start()


def _settle(reached: bool) -> None:
    """Freeze the heap, so that the collector examines only new objects: a full collection takes up to 250 ms.

    It is also frozen before importing SSH, so that collections skip what the start has left (40 ms).
    """
    gc.freeze()
    if reached and not sys.modules.keys() >= set(_NEEDED):
        load_ssh()
    gc.freeze()


def load_ssh() -> None:
    """Import SSH, or wait for another thread that is importing it."""
    for name in _NEEDED:
        importlib.import_module(name)
