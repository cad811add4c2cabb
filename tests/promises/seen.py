"""What stands on the screen of a headless console, to the last character."""

from __future__ import annotations

import unicodedata

from gputui.ui.app import ConsoleApp

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def screen_text(app: ConsoleApp) -> str:
    """Every line of the top screen as a terminal gets it, without styles."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def unseen_in(text: str) -> list[str]:
    """Characters of `text` that no terminal may get from outside: controls, bidi, zero-width and the like."""
    return [char for char in text.replace("\n", "") if unicodedata.category(char) in _UNSEEN]
