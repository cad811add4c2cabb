"""`a`: every verb of the row with its key, or the reason why it is not available."""

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


class Menu(ListDialog[ActionItem]):
    """Returns the verb that was chosen by Enter or by its own key, or None."""

    def __init__(self, title: str, offers: Sequence[ActionItem]) -> None:
        super().__init__(title, "enter, or the verb's own key  choose     esc  back")
        self.offers = tuple(offers)

    def texts(self) -> Iterator[Text]:
        """Yield key, name, and the risk or why the verb is not available."""
        width = max((len(offer.label) for offer in self.offers), default=0)
        return (self._line(offer, width) for offer in self.offers)

    def off(self, index: int) -> str:
        """Return why the verb at `index` is not available."""
        offer = self.offers[index]
        return f"{offer.label}: {offer.off}" if offer.off else ""

    def choose(self, index: int) -> None:
        """Choose the verb at `index`."""
        self.dismiss(self.offers[index])

    def _line(self, offer: ActionItem, width: int) -> Text:
        theme = self.app.theme_variables
        dim = Style(dim=True)
        key = shown(offer.key) if offer.key else ""
        line = Text.assemble((f"{key:<8} ", "bold"), f"{offer.label:<{width}}  ", (offer.note, dim))
        if offer.off:
            line.stylize(dim)
        elif offer.risk in _COLOURS:
            line.stylize(theme[_COLOURS[offer.risk]], 9, 9 + len(offer.label))
        return line

    def on_key(self, event: events.Key) -> None:
        """Choose a verb by its own key, or report that the key means several verbs."""
        clash = next(filter(None, (one.clash(event.key, event.character) for one in self.offers)), "")
        if clash:
            event.stop()
            event.prevent_default()
            self.notify(clash, severity="warning", markup=False)
            return
        chosen = next((at for at, one in enumerate(self.offers) if one.pressed(event.key, event.character)), None)
        if chosen is not None:
            event.stop()
            event.prevent_default()
            self.take(chosen)
