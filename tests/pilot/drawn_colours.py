"""What is drawn in which colours: every one must be a colour of the theme, whose pairs are held to be readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.color import Color
from textual.app import App

from gputui.config.colours import Depth
from gputui.config.palettes import GROUNDS, ThemeFile, palette


def strangers(app: App[Any], theme: ThemeFile) -> list[str]:
    """What is not a text of the theme on one of its grounds (tests/pilot/test_colour_filters.py has their contrast)."""
    found = palette(theme, Depth.DIRECT)
    grounds = {found[name] for name in GROUNDS}
    texts = set(found.values()) - grounds
    return sorted(
        {
            f"{text!r}: {front} on {behind}"
            for text, front, behind in _drawn(app)
            if not _fits(text, front, behind, texts, grounds)
        }
    )


def _fits(text: str, front: str, behind: str, texts: set[str], grounds: set[str]) -> bool:
    """Reversed text is a ground's colour on a text's; of blanks only the ground is seen."""
    if not text:
        return behind in texts | grounds
    return (front in texts and behind in grounds) or (front in grounds and behind in texts)


def _drawn(app: App[Any]) -> Iterator[tuple[str, str, str]]:
    for strip in app.screen._compositor.render_strips():
        for text, style, _ in strip:
            yield text.strip(), _hex(style and style.color), _hex(style and style.bgcolor)


def _hex(colour: Color | None) -> str:
    return "none" if colour is None or colour.triplet is None else colour.triplet.hex
