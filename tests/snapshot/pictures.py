"""The screen as an SVG that is the same wherever it is made, and the words that stand on one."""

from __future__ import annotations

import asyncio
import html
import re
from collections import defaultdict
from difflib import unified_diff

from pytest_textual_snapshot import normalize_svg  # type: ignore[import-untyped]
from textual.strip import Strip

from gputui.ui.inspect.field_reader import FieldReader
from gputui.ui.inspect.live_reader import LiveReader
from gputui.ui.shell.console import COALESCE_SECONDS
from gputui.ui.widgets.reader import Reader
from tests.snapshot.still import Still

_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_TEXT = re.compile(r'<text [^>]*?\bx="([\d.]+)" y="([\d.]+)"[^>]*clip-path[^>]*>(.*?)</text>', re.DOTALL)
_CELL = 12.2
"""The width of one cell in the SVGs that Rich draws."""


async def picture(here: Still) -> str:
    """The screen once it has come to rest: what was asked for is there, and two looks in a row see the same."""
    screen = here.app.screen
    if isinstance(screen, Reader) and not isinstance(screen, LiveReader | FieldReader):  # these never end reading
        await here.until(lambda: all(worker.is_finished for worker in here.app.workers if worker.node is screen))
    before, now = None, await _look(here)
    while now != before:
        before, now = now, await _look(here)
    return cleaned(here.app.export_screenshot())


async def _look(here: Still) -> list[list[Strip]]:
    # Redraws wait for this long for others to come along; one that is due now has been drawn after twice the time.
    await asyncio.sleep(2 * COALESCE_SECONDS)
    await here.pilot.pause()
    return [screen._compositor.render_strips() for screen in here.app.screen_stack]


def cleaned(svg: str) -> str:
    """Without addresses of fonts elsewhere, so that looking at it asks nobody, and without the ids of one run."""
    return str(normalize_svg(_FONTS.sub("", svg)))


def words(svg: str) -> str:
    """The lines of text on a picture, as a person would copy them."""
    lines: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for x, y, text in _TEXT.findall(svg):
        lines[float(y)].append((float(x), html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")))
    return "\n".join(_line(lines[y]) for y in sorted(lines))


def _line(parts: list[tuple[float, str]]) -> str:
    shown = ""
    for x, text in sorted(parts):
        shown = shown.ljust(round(x / _CELL)) + text
    return shown.rstrip()


def difference(before: str, after: str) -> str:
    """What changed between two pictures, as far as words can tell."""
    old, new = words(before).splitlines(), words(after).splitlines()
    changed = list(unified_diff(old, new, "stored", "now", lineterm="", n=1))
    return "\n".join(changed) or "the same words in other colours or another place"
