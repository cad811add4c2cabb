"""What lies behind an overlay is drawn as Textual would draw it, to the last colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.renderables.background_screen import BackgroundScreen
from textual.style import Style
from textual.visual import Visual, visualize

from gputui.ui.act.menu import Menu
from gputui.ui.widgets.backdrop import Backdrop
from tests.promises.toy_console import toy_console


async def test_it_is_what_textual_would_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with toy_console(tmp_path) as here:
        behind = here.app.screen
        theirs = BackgroundScreen(behind, Color(0, 0, 0, 0))
        await here.press("a")
        await here.until(lambda: here.shows(Menu))
        over = here.app.screen

        for style in (over.visual_style, Style(background=Color(1, 2, 3), bold=True)):
            for width, height in ((120, 24), (40, 10), (130, 30)):

                def drawn(visual: Visual, width: int = width, height: int = height, style: Style = style) -> object:
                    strips = Visual.to_strips(over, visual, width, height, style)
                    return [list(Segment.simplify(strip)) for strip in strips]

                assert drawn(Backdrop(behind)) == drawn(visualize(over, theirs))
        asked: list[object] = []
        real = Backdrop.render_strips
        monkeypatch.setattr(Backdrop, "render_strips", lambda self, *given: asked.append(self) or real(self, *given))
        over.refresh()
        await here.until(lambda: asked)  # it is what the overlay draws with
