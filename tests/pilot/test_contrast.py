"""Whatever is drawn is drawn in the theme's colours: their contrast is held in test_colour_filters.py.

The pictures in tests/snapshot are held to the same.
"""

from __future__ import annotations

from pathlib import Path

from rich.style import Style

from gputui.config.colours import Depth, contrast, rgb
from gputui.config.palettes import GROUNDS, palette
from gputui.ui.table.styles import COMPONENTS, PREFIX
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.outline_view import OutlineView
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.part_lines import PartLines
from tests.pilot.consoles import Wish, console
from tests.pilot.drawn_colours import strangers
from tests.pilot.table_app import TableApp, shipped_theme, start

THEME = shipped_theme()
FOUND = palette(THEME, Depth.DIRECT)
BEHIND = {FOUND[name] for name in GROUNDS}
TEXTS = set(FOUND.values()) - BEHIND


def ours(style: Style) -> bool:
    """Whether this is one of the theme's texts on one of its grounds, or reversed."""
    if style.color is None or style.bgcolor is None:
        return False
    front, behind = style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex
    return front in TEXTS and behind in BEHIND


async def test_every_look_of_a_list_is_in_the_colours_of_the_theme() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = await start(app, pilot, *range(1, 41))
        for look in (component.removeprefix(PREFIX) for component in COMPONENTS):
            for cursor, flashing in ((False, False), (True, False), (False, True), (True, True)):
                assert ours(table._style_of(look, cursor, flashing)), (look, cursor, flashing)
        track, thumb = table.styles.scrollbar_background, table.styles.scrollbar_color
        assert contrast(rgb(track.hex6.lower()), rgb(thumb.hex6.lower())) >= 3


async def test_every_part_of_a_line_is_in_the_colours_of_the_theme() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        for widget in (Bar(id="bar"), PartLines(id="lines"), OutlineView(id="outline"), Pages([])):
            await app.screen.mount(widget)
            await pilot.pause()
            for part in sorted(type(widget).COMPONENT_CLASSES):
                assert ours(widget.get_component_rich_style(part)), part


async def test_notices_are_in_the_colours_of_the_theme(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), notices=True)) as here:
        await here.go("1")
        here.app.notify("fine", markup=False)
        here.app.notify("odd", severity="warning", markup=False)
        here.app.notify("bad", title="it is", severity="error", markup=False)
        await here.until(lambda: len(here.app.screen.query("Toast")) == 3)
        await here.pilot.pause()
        assert strangers(here.app, THEME) == []
        await here.press("slash", *"error", "asterisk")
        await here.until(lambda: "/error" in here.bar("views"))
        assert strangers(here.app, THEME) == []
