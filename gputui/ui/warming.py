"""SSH loaded ahead of its first use, while the console rests: 160 ms that nobody then waits for after a key."""

from __future__ import annotations

import importlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gputui.engine.deck import Deck

QUIET_SECONDS = 1.5
"""After everything else has been loaded."""
_NEEDED = ("gputui.ssh.shells.sessions", "gputui.ui.ssh.sessions")


def warm_up(deck: Deck) -> None:
    """Begin to load it, where any profile has machines that SSH leads to.

    In a thread, which gives way to the loop every five milliseconds: as one import it would hold it for all of them.
    """
    reached = any(view.ssh is not None for cloud in deck.clouds.values() for view in cloud.provider.views)
    if reached and not sys.modules.keys() >= set(_NEEDED):
        threading.Thread(target=load_ssh, name="gputui-ssh-load", daemon=True).start()


def load_ssh() -> None:
    """Import it all; where that is under way in another thread, wait for it."""
    for name in _NEEDED:
        importlib.import_module(name)
