"""One list on the screen: a live table over a feed of the deck, with the row's keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from textual import events
from textual.message import Message

from gputui.core.problem import Failed
from gputui.core.reading import AnyView, columns, doubtful
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.deck import Deck
from gputui.engine.fleet import FLEET_COLUMNS, worst_first
from gputui.ui.keys import PAGE_KEYS, bindings
from gputui.ui.offers import Offer, Verb, Wish, offers
from gputui.ui.place import FLEET, Place
from gputui.ui.table.live_table import LiveTable

SEEN_SECONDS = 0.7
"""A row that comes under the resting cursor by itself must have stood there for this long to be acted on."""


@dataclass(frozen=True, slots=True)
class Many:
    """Rows taken at a key press. `hidden` counts the marked ones that the filter hides."""

    refs: tuple[Ref, ...]
    marked: bool
    hidden: int = 0


class Page(LiveTable):
    """The table of one place. Its rows come from the deck; what is done with them is asked for by messages."""

    BINDINGS = bindings(PAGE_KEYS)

    class Asked(Message):
        """A key on a row: `what` is details or raw. `ref` was taken when the key was pressed."""

        def __init__(self, what: str, ref: Ref) -> None:
            super().__init__()
            self.what = what
            self.ref = ref

    class Entered(Message):
        """The key that leads into a machine by SSH."""

        def __init__(self, ref: Ref) -> None:
            super().__init__()
            self.ref = ref

    class GpusAsked(Message):
        """The key that shows the GPUs of a machine."""

        def __init__(self, ref: Ref) -> None:
            super().__init__()
            self.ref = ref

    class FanOutAsked(Message):
        """The key that runs a command on many machines: which, was taken when it was pressed."""

        def __init__(self, many: Many) -> None:
            super().__init__()
            self.many = many

    class CopyAsked(Message):
        """The key of the copy menu, with the rows as they stood; `hidden` counts the marked ones the filter hides."""

        def __init__(self, rows: tuple[Row, ...], hidden: int) -> None:
            super().__init__()
            self.rows = rows
            self.hidden = hidden

    class LinksAsked(Message):
        """The key for the links of a row."""

        def __init__(self, ref: Ref) -> None:
            super().__init__()
            self.ref = ref

    class Picked(Message):
        """A verb's key on rows: the wish holds them as they stood on the screen when it was pressed."""

        def __init__(self, wish: Wish) -> None:
            super().__init__()
            self.wish = wish

    class MenuAsked(Message):
        """The key of the action menu: what is offered for the rows that `wish` gives to any verb of it."""

        def __init__(self, title: str, found: tuple[Offer, ...], wishes: tuple[Wish, ...]) -> None:
            super().__init__()
            self.title = title
            self.found = found
            self.wishes = wishes

    def __init__(self, place: Place, deck: Deck, keymap: Mapping[str, str], *, ascii_only: bool, flash: bool) -> None:
        self.place = place
        self.asking = False
        self._slid_at = float("-inf")
        self._deck = deck
        self._keymap = keymap
        view = self.view
        shown = FLEET_COLUMNS if view is None else columns(view)
        super().__init__(shown, now=deck.clock.now, ascii_only=ascii_only, flash=flash)

    @property
    def cloud(self) -> Cloud | None:
        """The profile's cloud; None for the fleet."""
        return self._deck.clouds.get(self.place.tab)

    @property
    def view(self) -> AnyView | None:
        """The view shown; None for the fleet."""
        cloud = self._deck.clouds.get(self.place.tab)
        return cloud.provider.view(self.place.view) if cloud else None

    @property
    def feed(self) -> Feed:
        """What must be read for this place: the view, or the children of the parent where those are read apart."""
        cloud, parent = self.cloud, self.place.parent
        children = cloud.children_of(parent.view, self.place.view) if cloud and parent else None
        return Feed(self.place.view, parent if children and children.fetch else None)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot shown; for the fleet an empty one."""
        return self.cloud.snapshot(self.feed) if self.cloud else Snapshot()

    def watch_feed(self) -> None:
        """Have this place read at its full pace."""
        cloud = self.cloud
        if cloud is not None:
            parent = self._deck.find(self.place.parent) if self.place.parent else None
            cloud.show(self.feed, parent)

    def leave_feed(self) -> None:
        """Nobody looks at this place any more."""
        if self.cloud is not None:
            self.cloud.hide(self.feed)

    def reload(self) -> None:
        """Show the newest rows."""
        before = self.cursor_ref
        self._show_newest()
        if before is not None and self.cursor_ref not in (None, before):
            self._slid_at = monotonic()

    def _show_newest(self) -> None:
        if self.place.tab == FLEET:
            silent = frozenset(name for name in self._deck.tabs if self._deck.problem(name))
            self.show(self._deck.fleet(), stale_profiles=silent)
            return
        snapshot = self.snapshot
        belonging = [here for row in snapshot.rows.values() if (here := self._belonging(row)) is not None]
        found = {row.ref: self._deck.dressed(row, snapshot) for row in belonging}
        view = self.view
        ordered = worst_first(found.values()) if view is not None and view.health is not None else found
        self.show(ordered, stale=snapshot.stale(self._deck.clock.now()), dim=snapshot.problem is not None)

    def _belonging(self, row: Row) -> Row | None:
        """The row where it belongs to this place; shown, too, where a provider's bug hides whether it does."""
        cloud, parent = self.cloud, self.place.parent
        if cloud is None or parent is None:
            return row
        children = cloud.children_of(parent.view, self.place.view)
        parent_row = self._deck.find(parent)
        if children is None or parent_row is None or row.item is None:
            return None
        try:
            return row if children.fetch is not None or children.match(parent_row.item, row.item) else None
        except Failed as failed:
            return doubtful(row, failed.problem)

    @property
    def row(self) -> Row | None:
        """The newest row under the cursor, with its own view's cells."""
        return self._deck.find(self.cursor_ref) if self.cursor_ref else None

    def targets(self) -> tuple[Row, ...]:
        """The marked rows, else the one under the cursor: the newest of each."""
        refs = tuple(self.marks) or ((self.cursor_ref,) if self.cursor_ref else ())
        return tuple(row for ref in refs if (row := self._deck.find(ref)) is not None)

    def many(self) -> Many:
        """What a key for many machines at once is about, as it stands now: the marked rows, else all that are shown."""
        if self.marks:
            return Many(tuple(self.marks), marked=True, hidden=self.hidden_marks)
        return Many(tuple(self.shown_refs), marked=False)

    def offers(self) -> tuple[Offer, ...]:
        """What can be done to the targets, or why not; without a row, to the page's list."""
        owner = self._owner()
        if owner is None:
            return ()
        cloud, view = owner
        return tuple(offers(cloud.provider, view, self.targets(), self._keymap, read_only=cloud.read_only))

    def wish(self, verb: Verb) -> Wish:
        """That verb on the targets as they stand now. Only for a verb that `offers` names."""
        owner, rows = self._owner(), self.targets()
        assert owner is not None, "there are no offers without an owner"
        return Wish(verb, owner[0].name, owner[1].name, rows, self.hidden_marks if len(rows) > 1 else 0)

    def _owner(self) -> tuple[Cloud, AnyView] | None:
        ref = self.cursor_ref
        cloud = self._deck.clouds.get(ref.profile) if ref else self.cloud
        view = cloud.provider.view(ref.view if ref else self.place.view) if cloud else None
        return (cloud, view) if cloud and view else None

    @property
    def owner_view(self) -> AnyView | None:
        """The view that the row under the cursor belongs to; the page's own where there is no row."""
        owner = self._owner()
        return owner[1] if owner else None

    def on_key(self, event: events.Key) -> None:
        """A verb's key: the targets are taken now, whatever the table shows a moment later.

        Until its question is on the screen and answered, no other key counts here: a burst must not act.
        """
        if self.asking:
            event.stop()
            event.prevent_default()
            return
        for offer in self.offers():
            if offer.pressed(event.key, event.character):
                event.stop()
                event.prevent_default()
                if offer.verb is not None and self._meant():
                    self.asking = True
                    self.post_message(self.Picked(self.wish(offer.verb)))
                return

    def action_actions(self) -> None:
        """Every verb of the targets, as they stand now."""
        found, rows = self.offers(), self.targets()
        if self.asking or not found or not self._meant():
            return
        self.asking = True
        of = f"{rows[0].name}, {rows[0].state}" if len(rows) == 1 else f"{len(rows)} marked rows"
        title = f"What can be done to {of}?" if rows else "What can be done here?"
        self.post_message(self.MenuAsked(title, found, tuple(self.wish(one.verb) for one in found if one.verb)))

    def action_details(self) -> None:
        """Details of the row."""
        self._ask("details")

    def action_raw(self) -> None:
        """The provider's JSON of the row."""
        self._ask("raw")

    def action_ssh(self) -> None:
        """An SSH session into the row."""
        if self._meant() and self.cursor_ref is not None:
            self.post_message(self.Entered(self.cursor_ref))

    def action_gpus(self) -> None:
        """The GPUs of the machine, read over SSH."""
        if self._meant() and self.cursor_ref is not None:
            self.post_message(self.GpusAsked(self.cursor_ref))

    def action_fan_out(self) -> None:
        """A command on the marked machines, or on all that are shown."""
        if not self.asking:
            self.asking = True
            self.post_message(self.FanOutAsked(self.many()))

    def action_copy_menu(self) -> None:
        """What can be copied of the marked rows, else of the one under the cursor."""
        self._state.selection.hold()
        self.post_message(self.CopyAsked(self.targets(), self.hidden_marks if self.marks else 0))

    def action_links(self) -> None:
        """The links of the row."""
        self._state.selection.hold()
        if self.cursor_ref is not None:
            self.post_message(self.LinksAsked(self.cursor_ref))

    def _meant(self) -> bool:
        """Whether the row under the cursor was there long enough to be meant; from now on it keeps the cursor."""
        selection = self._state.selection
        meant = selection.held or bool(self.marks) or monotonic() - self._slid_at >= SEEN_SECONDS
        selection.hold()
        if not meant:
            self.notify("another row has just come first: look again", severity="warning", markup=False, timeout=3)
        return meant

    def _ask(self, what: str) -> None:
        self._state.selection.hold()
        if self.cursor_ref is not None:
            self.post_message(self.Asked(what, self.cursor_ref))
