"""`a`: every verb of the row with its key, or the reason why it is not available; possible verbs come first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.style import Style
from rich.text import Text
from textual import events

from gputui.core.actions import Risk
from gputui.ui.list.action_items import ActionItem
from gputui.ui.widgets.keys import shown
from gputui.ui.widgets.list_dialog import ListDialog

_COLOURS = {Risk.DISRUPTS: "warning", Risk.DESTROYS: "error"}
_DIM = Style(dim=True)


class Menu(ListDialog[ActionItem]):
    """Returns the verb that was chosen by Enter or by its own key, or None.

    `offers` are the verbs in the order shown. Those that the API, or one of several lists, lacks are one line below
    them; Enter on it gives the reasons. Without any other verb, they are given at once.
    """

    def __init__(self, title: str, offers: Sequence[ActionItem]) -> None:
        super().__init__(title, "enter, own key  choose   esc  back")
        self._lacking = tuple(one for one in offers if one.verb is None or one.lacking)
        there = [one for one in offers if one not in self._lacking]
        self.offers = tuple(sorted(there, key=lambda one: bool(one.off)))
        self._folded = bool(self.offers) and len(self._lacking) > 1

    def texts(self) -> Iterator[Text]:
        """Yield key, name, and the risk or why the verb is not available."""
        lines = self.offers if self._folded else (*self.offers, *self._lacking)
        key = max((len(shown(offer.key)) for offer in lines), default=0)
        label = max((len(offer.label) for offer in lines), default=0)
        label = label if self.fits_beside(key + label + 4) else 0
        yield from (self._line(offer, key, label) for offer in lines)
        if self._folded:
            names = ", ".join(offer.label.lower() for offer in self._lacking)
            where = "every list" if any(one.lacking for one in self._lacking) else "this API"
            yield self.entry((" " * key + "  ", ""), note=f"not in {where}: {names} (enter: why)")

    def first(self) -> int:
        """Return the first line: possible verbs come first."""
        return 0

    def off(self, index: int) -> str:
        """Return why the verb at `index` is not available."""
        if self._folded and index == len(self.offers):
            return ""
        offer = (*self.offers, *self._lacking)[index]
        return f"{offer.label}: {offer.off}" if offer.off else ""

    def choose(self, index: int) -> None:
        """Choose the verb at `index`, or unfold what the API lacks."""
        if index < len(self.offers):
            self.dismiss(self.offers[index])
        else:
            self._folded = False
            self.fill()

    def _line(self, offer: ActionItem, key: int, label: int) -> Text:
        theme = self.app.theme_variables
        style = _DIM if offer.off else Style.parse(theme[_COLOURS[offer.risk]]) if offer.risk in _COLOURS else ""
        own = shown(offer.key) if offer.key else ""
        mark = Style(bold=True, dim=bool(offer.off))
        return self.entry((f"{own:<{key}}  ", mark), (f"{offer.label:<{label}}  ", style), note=offer.note)

    def on_key(self, event: events.Key) -> None:
        """Choose a verb by its own key, or report that the key means several verbs."""
        every = (*self.offers, *self._lacking)
        clash = next(filter(None, (one.clash(event.key, event.character) for one in every)), "")
        if clash:
            event.stop()
            event.prevent_default()
            self.notify(clash, severity="warning", markup=False)
            return
        chosen = next((at for at, one in enumerate(every) if one.pressed(event.key, event.character)), None)
        if chosen is None:
            return
        event.stop()
        event.prevent_default()
        if chosen < len(self.offers):
            self.take(chosen)
        else:
            self.notify(f"{every[chosen].label}: {every[chosen].off}", severity="warning", markup=False)
