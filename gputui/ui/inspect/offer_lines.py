"""Every verb of rows as lines: with its key, and its risk or why it is not available."""

from __future__ import annotations

from collections.abc import Iterable

from gputui.ui.list.action_items import ActionItem
from gputui.ui.widgets.keys import shown
from gputui.ui.widgets.styles import Line


def key_of(offer: ActionItem) -> str:
    """Return its key as it is shown: `a` for one that only the menu has, a dash for one that the API lacks."""
    return shown(offer.key) if offer.key else "–" if offer.verb is None else "a"


def words_of(offer: ActionItem) -> str:
    """Return its risk, or why it is not available."""
    return f"off: {offer.off}" if offer.off and offer.verb else offer.note


def offer_lines(found: Iterable[ActionItem]) -> list[Line]:
    """Return every verb with its key, and its risk or why it is not available."""
    lines: list[Line] = [
        (
            (f"  {key_of(offer):<10}", "key"),
            (f"{offer.label:<22} ", "dim" if offer.verb is None else ""),
            (words_of(offer), "dim" if offer.off else ""),
        )
        for offer in found
    ]
    return lines or [(("  nothing: this list is for looking", "dim"),)]
