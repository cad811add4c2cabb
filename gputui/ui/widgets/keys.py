"""Keys as a person reads them, and those that every text which scrolls has."""

from __future__ import annotations

from textual.binding import Binding, BindingType

SCROLLING: list[BindingType] = [
    Binding("j", "scroll_down", show=False),
    Binding("k", "scroll_up", show=False),
    Binding("g", "scroll_home", show=False),
    Binding("G", "scroll_end", show=False),
    Binding("ctrl+f", "page_down", show=False),
    Binding("ctrl+b", "page_up", show=False),
]
"""For every text that scrolls, beside the arrows."""

_NAMES = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "colon": ":",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "asterisk": "*",
    "space": "space",
}


def shown(keys: str) -> str:
    """Keys as a person reads them: `esc q`, `ctrl+d`."""
    return " ".join(_NAMES.get(key, key) for key in keys.split(","))
