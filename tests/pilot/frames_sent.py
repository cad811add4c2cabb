"""Terminals that a headless console draws on: what is sent to them must show what the console shows."""

from __future__ import annotations

import pytest
from rich.console import Console as RichConsole
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region

from gputui.ui.app import ConsoleApp
from gputui.ui.terminal.frugal_app import FrugalApp
from gputui.ui.terminal.screen_model import ScreenModel
from tests.pilot.emulators import EMULATORS, shown


class FramesSent:
    """Every emulator with what is sent to it from now on."""

    def __init__(self, app: ConsoleApp, patch: pytest.MonkeyPatch) -> None:
        self._app = app
        self._size = app.size
        self._console = RichConsole(force_terminal=True, color_system="truecolor")
        self._model = ScreenModel(erases=True)
        self._model.resize(*app.size)
        self._terminals = {name: kind(*app.size) for name, kind in EMULATORS.items()}
        patch.setattr(FrugalApp, "_display", lambda _, screen, update: update and self._draw(update))
        self._draw(self._whole())

    def _draw(self, update: LayoutUpdate | ChopsUpdate) -> None:
        self._model.take(update)
        sent = self._model.frame()
        for terminal in self._terminals.values():
            terminal.feed(sent)

    def _whole(self) -> LayoutUpdate:
        lines = self._app.screen._compositor.render_strips()
        return LayoutUpdate([[line] for line in lines], Region(0, 0, *self._size))

    def agree(self) -> bool:
        """Whether each shows, cell by cell, what the console would show on a new one."""
        whole = self._whole().render_segments(self._console)
        return all(
            terminal.cells() == shown(EMULATORS[name], whole, *self._size) for name, terminal in self._terminals.items()
        )
