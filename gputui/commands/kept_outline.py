"""Keeps the console's outline for the next start that is like this one."""

from __future__ import annotations

import logging
from pathlib import Path

from gputui.commands.opening import Opening
from gputui.core.own_files import replace_own
from gputui.ui.shell.console import ConsoleScreen
from gputui.ui.shell.outline import outline

_log = logging.getLogger(__name__)


class KeptOutline:
    """The outline of the first frame, in a file that is replaced only by another."""

    def __init__(self, opening: Opening, path: Path, config: Path) -> None:
        self._opening = opening
        self._path = path
        self._config = config
        self._text = ""

    def take(self, screen: ConsoleScreen) -> None:
        """Look at what has been drawn."""
        if not self._opening.key:
            return
        lines = outline(screen)
        try:
            self._text = self._opening.kept(str(self._config), (screen.size.width, screen.size.height), lines)
        except OSError:  # the configuration is gone
            self._text = ""

    def write(self) -> None:
        """Write it if it differs from what is there; may block."""
        data = self._text.encode()
        try:
            if data and (not self._path.exists() or self._path.read_bytes() != data):
                replace_own(self._path, data)
        except OSError as error:
            _log.warning("the outline of the console is not kept: %s", error.strerror or error)
