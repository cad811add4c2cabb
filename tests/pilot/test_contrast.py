"""What is drawn can be read, in every shipped theme, on the cursor's line and while it flashes too."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style

from gputui.config.themes import load_all
from gputui.ui.table.styles import TONES
from gputui.ui.terminal.themes import textual_theme
from gputui.ui.widgets.bars import Bar
from tests.pilot.table_app import TableApp, shipped_theme, start
from tests.unit.test_themes import contrast

THEMES = ("gputui-contrast", "gputui-dark", "gputui-light", "gputui-midnight", "gputui-paper")
TEXT, BOLD = 4.5, 3.0
"""What WCAG asks for; the cursor's line and what flashes are bold."""


def ratio(style: Style) -> float:
    """How well text stands out from what is behind it."""
    assert style.color is not None
    assert style.bgcolor is not None
    front, behind = style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex
    return contrast(front, behind)


def test_these_are_all(tmp_path: Path) -> None:
    assert sorted(load_all(tmp_path).found) == list(THEMES)


@pytest.mark.parametrize("name", THEMES)
async def test_every_look_of_a_list_can_be_read(name: str) -> None:
    app = TableApp()
    app.register_theme(textual_theme(shipped_theme(name)))
    app.theme = name
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        looks = ("header", "stale", *(f"tone-{tone}" for tone in TONES))
        for look in looks:
            for cursor, flashing in ((False, False), (True, False), (False, True)):
                found = ratio(table._style_of(look, cursor, flashing))
                least = TEXT if look == "tone-plain" or not (cursor or flashing) else BOLD
                assert found >= least, (look, cursor, flashing, round(found, 2))
        track, thumb = table.styles.scrollbar_background, table.styles.scrollbar_color
        assert track.hex6.lower() == shipped_theme(name).colours["panel"].lower()
        assert contrast(thumb.hex6, track.hex6) >= BOLD


@pytest.mark.parametrize("name", THEMES)
async def test_every_part_of_a_bar_can_be_read(name: str) -> None:
    app = TableApp()
    app.register_theme(textual_theme(shipped_theme(name)))
    app.theme = name
    async with app.run_test(size=(60, 8)) as pilot:
        bar = Bar(id="bar")
        await app.screen.mount(bar)
        await pilot.pause()
        for part in sorted(Bar.COMPONENT_CLASSES):
            found = ratio(bar.get_component_rich_style(part))
            assert found >= (BOLD if part == "bar--dim" else TEXT), (part, round(found, 2))
