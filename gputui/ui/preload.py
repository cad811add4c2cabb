"""What is done while the console rests after its start: SSH loaded ahead of its first use (160 ms), the heap frozen."""

from __future__ import annotations

import gc
import importlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gputui.engine.store import Store

QUIET_SECONDS = 1.5
"""After everything else has been loaded."""
_NEEDED = ("gputui.ssh.shells.sessions", "gputui.ui.ssh.sessions")


def preload(store: Store) -> None:
    """Begin to load it, where any profile has machines that SSH leads to.

    In a thread, which gives way to the loop every five milliseconds: as one import it would hold it for all of them.
    """
    reached = any(view.ssh is not None for cloud in store.clouds.values() for view in cloud.provider.views)
    threading.Thread(target=_settle, args=(reached,), name="gputui-ssh-load", daemon=True).start()


def _settle(reached: bool) -> None:
    """From now on the collector looks only through what comes: all of it took a quarter of a second, if busy.

    Nor does it while this loads, where it would find what the start has left: 40 ms.
    """
    gc.freeze()
    if reached and not sys.modules.keys() >= set(_NEEDED):
        load_ssh()
    gc.freeze()


def load_ssh() -> None:
    """Import it all; where that is under way in another thread, wait for it."""
    for name in _NEEDED:
        importlib.import_module(name)
