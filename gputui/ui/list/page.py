"""One list on screen: a live table over a feed of the store, with the row's keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from time import monotonic

from textual import events
from textual.message import Message

from gputui.core.feed import FeedState, feed_state
from gputui.core.prechecks import NO_ROW
from gputui.core.problem import Failed
from gputui.core.reading import AnyView, columns, doubtful
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.cached.lists import UNREAD
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.fleet import FLEET_COLUMNS, as_stale
from gputui.engine.live_rows import LiveRows
from gputui.engine.lost_profiles import NO_MACHINE, is_profile
from gputui.engine.store import Store
from gputui.ui.list.action_items import ActionItem
from gputui.ui.list.common_items import action_items_for
from gputui.ui.list.location import FLEET, Location
from gputui.ui.list.targets import Group, Invocation, Targets, targets_of
from gputui.ui.table.live_table import LiveTable
from gputui.ui.widgets.keys import Key, Needs, bind

SEEN_SECONDS = 0.7
"""Seconds that a row which moved under the resting cursor must be there before keys act on it."""


class Page(LiveTable):
    """The table of one place. Its rows come from the store; keys about rows are sent as messages."""

    class Invoked(Message):
        """A key about rows was pressed: its verb or command, and the rows as of the key press."""

        def __init__(self, wanted: Invocation | Key, targets: Targets) -> None:
            super().__init__()
            self.wanted = wanted
            self.targets = targets

    def __init__(
        self,
        place: Location,
        store: Store,
        keymap: Mapping[str, str],
        keys: Sequence[Key],
        *,
        ascii_only: bool,
        flash: bool,
    ) -> None:
        self.place = place
        self.asking = False
        self._slid_at = float("-inf")
        self._source: LiveRows | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self._moved: set[Ref] = set()
        self._whole = True
        self._heard = 0
        self._parent_row: Row | None = None
        self._silent: frozenset[str] = frozenset()
        self._expired: frozenset[tuple[str, str]] = frozenset()
        self._marked: tuple[tuple[int, int], Targets] = ((-1, -1), Targets())
        self._offered: tuple[Targets, tuple[ActionItem, ...]] = (Targets(), ())
        self._store = store
        self._keymap = keymap
        self._keys = {key.id: key for key in keys}
        view = self.view
        shown = FLEET_COLUMNS if view is None else columns(view)
        super().__init__(shown, now=store.clock.now, ascii_only=ascii_only, flash=flash)
        bind(self, keys)

    @property
    def cloud(self) -> Cloud | None:
        """The profile's cloud; None for the fleet."""
        return self._store.clouds.get(self.place.tab)

    @property
    def view(self) -> AnyView | None:
        """The view shown; None for the fleet."""
        cloud = self._store.clouds.get(self.place.tab)
        return cloud.provider.view(self.place.view) if cloud else None

    @property
    def feed(self) -> Feed:
        """The feed of this place: the view, or the children of the parent if they are read separately."""
        cloud, parent = self.cloud, self.place.parent
        children = cloud.children_of(parent.view, self.place.view) if cloud and parent else None
        return Feed(self.place.view, parent if children and children.fetch else None)

    @property
    def snapshot(self) -> Snapshot:
        """The current snapshot; for the fleet an empty one."""
        return self.cloud.snapshot(self.feed) if self.cloud else Snapshot()

    @property
    def state(self) -> FeedState:
        """The feed state of the list."""
        return feed_state(self.snapshot, self._store.clock.now())

    def watch_feed(self) -> None:
        """Read this place at its full pace, and listen to its changes."""
        cloud = self.cloud
        self._stop_listening()
        if self.place.tab == FLEET:
            self._store.watch_fleet(True)
            self._source = self._store.fleet
        elif cloud is not None:
            parent = self._store.find(self.place.parent) if self.place.parent else None
            cloud.show(self.feed, parent)
            self._source = self._store.live_rows(cloud.name, self.feed)
        if self._source is not None:
            self._whole = self.place.parent is not None
            self._moved = self._state.apart_from(self._source.rows, self._source.places)
            self._heard += 1
            self._stop_listening = self._source.listen(self._hear)

    def leave_feed(self) -> None:
        """Stop listening while the place is not shown, so that its changes cost nothing."""
        self._stop_listening()
        self._stop_listening = lambda: None
        if self.place.tab == FLEET:
            self._store.watch_fleet(False)
        elif self.cloud is not None:
            self.cloud.hide(self.feed)

    def _hear(self, refs: Collection[Ref]) -> None:
        self._moved.update(refs)
        self._heard += 1

    def reload(self) -> None:
        """Show what has changed since the last time."""
        before, some = self.cursor_ref, bool(self.rows)
        self._show_newest()
        came = before is not None or (some and not self._state.selection.held)
        if came and self.cursor_ref not in (None, before):
            self._slid_at = monotonic()

    def ask_again(self, refs: Iterable[Ref]) -> None:
        """Apply the filter again to rows that have not changed themselves."""
        rows = self.rows
        put = {ref: (rows[ref], self._state.place_of(ref)) for ref in refs if ref in rows}
        if put:
            self.change(put, (), stale=self._silent)

    def expire(self) -> None:
        """Remove the verdict from rows that are too old to be trusted: the only update of a frozen page."""
        fleet = self.place.tab == FLEET
        lists = self._store.machine_feeds() if fleet else [(self.place.tab, self.feed)]
        old = frozenset((name, feed.view) for name, feed in lists if self._store.expired(name, feed))
        if old != self._expired:
            self._expired, self._whole = old, True
            shown = {ref: as_stale(row) for ref, row in self.rows.items() if (ref.profile, ref.view) in old}
            put = {ref: (row, self._state.place_of(ref)) for ref, row in shown.items() if row is not self.rows[ref]}
            self._silent = frozenset(name for name, _ in old)
            self.change(put, (), stale=self._silent)

    def _show_newest(self) -> None:
        source, parent = self._source, self._store.find(self.place.parent) if self.place.parent else None
        if source is None:
            return
        moved, self._moved = self._moved, set()
        silent = self._silent_profiles()
        whole = self._whole or parent is not self._parent_row or len(moved) * 2 > len(self.rows)
        if not (moved or whole or silent != self._silent):
            return
        self._whole, self._parent_row, self._silent, self._expired = False, parent, silent, frozenset()
        refs, rows = source.order.refs if whole else moved, source.rows
        if self.place.parent is None:
            found = {ref: rows[ref] for ref in refs if ref in rows}
        else:
            found = {ref: row for ref in refs if ref in rows and (row := self._belonging(rows[ref])) is not None}
        if whole:
            self.show(found, places=source.places, stale=silent)
        else:
            put = {ref: (row, source.places[ref]) for ref, row in found.items()}
            self.change(put, [ref for ref in moved if ref not in found], stale=silent)

    def _silent_profiles(self) -> frozenset[str]:
        """Return the profiles whose rows must not look current."""
        if self.place.tab == FLEET:
            return frozenset(name for name in self._store.tabs if not self._store.state(name).trusted)
        return frozenset() if self.state.trusted else frozenset((self.place.tab,))

    def _belonging(self, row: Row) -> Row | None:
        """Return the row if it belongs to this place; also if a provider's bug hides whether it does."""
        cloud, parent = self.cloud, self.place.parent
        if cloud is None or parent is None:
            return row
        children = cloud.children_of(parent.view, self.place.view)
        if children is None or self._parent_row is None or row.item is None:
            return None
        try:
            return row if children.fetch is not None or children.match(self._parent_row.item, row.item) else None
        except Failed as failed:
            return doubtful(row, failed.problem)

    def targets(self) -> Targets:
        """Return the marked rows, or the one under the cursor, as their newest versions. If none, the list itself."""
        if self.marks:
            return self._marked_targets()
        if self.cursor_ref is not None:
            chosen = (self.cursor_ref,) if self._on_machine() else ()
            return targets_of(self._store, chosen, marked=False)
        cloud, view = self.cloud, self.view
        return Targets(groups=(Group(cloud, view),)) if cloud is not None and view is not None else Targets()

    def _marked_targets(self) -> Targets:
        """Return the marked rows, looked up again only after a change."""
        seen = (self._state.version, self._heard)
        if self._marked[0] != seen:
            found = targets_of(self._store, self._marks_in_order(), marked=True, hidden=self.hidden_marks)
            self._marked = (seen, found)
        return self._marked[1]

    def _marks_in_order(self) -> list[Ref]:
        """Return the marked rows from top to bottom, followed by those that the filter hides."""
        marks = self.marks
        seen = [ref for ref in self.shown_refs if ref in marks]
        return seen if len(seen) == len(marks) else [*seen, *sorted(marks.difference(seen), key=str)]

    def many(self) -> Targets:
        """Return the targets for a key about many machines: the marked rows, or else all that are shown."""
        shown = (ref for ref in self.shown_refs if not is_profile(ref))
        return self.targets() if self.marks else targets_of(self._store, shown, marked=False)

    def offers(self, targets: Targets | None = None) -> tuple[ActionItem, ...]:
        """Return the verbs for the targets with their blocked reasons; without a row, those of the list."""
        about = targets or self.targets()
        if not self._offered[0].same(about):
            self._offered = (about, action_items_for(about, self._keymap))
        return self._offered[1]

    def on_key(self, event: events.Key) -> None:
        """Handle a verb's key: the targets are taken now, whatever the table shows later.

        Further keys are ignored until its question is answered: a burst of keys must not act.
        """
        if self.asking:
            event.stop()
            event.prevent_default()
            return
        self.finish_arranging()
        targets = self.targets()
        for offer in self.offers(targets):
            clash = offer.clash(event.key, event.character)
            if clash or offer.pressed(event.key, event.character):
                event.stop()
                event.prevent_default()
                self._pick(targets, offer, clash or ("" if offer.calls else f"{offer.label}: {offer.off}"))
                return
        if not targets.groups:
            self._say_what_lacks_a_row(event)

    def _say_what_lacks_a_row(self, event: events.Key) -> None:
        """Answer a verb's key on the fleet while no row is chosen: whose verb it would be is not known."""
        clouds = self._store.clouds.values()
        lists = tuple(Group(cloud, view) for cloud in clouds for view in cloud.provider.views if view.machine)
        every = action_items_for(Targets(groups=lists), self._keymap)
        offer = next((one for one in every if one.pressed(event.key, event.character)), None)
        if offer is not None:
            event.stop()
            event.prevent_default()
            self.say_no_row(offer.label)

    def _pick(self, targets: Targets, offer: ActionItem, off: str) -> None:
        """Request a verb, or report why it cannot even be requested."""
        if off:
            self.notify(off, severity="warning", markup=False)
        elif self.row_meant():
            self.asking = True
            self.post_message(self.Invoked(targets.invocation(offer.label, offer.calls), targets))

    def action_invoke(self, identity: str) -> None:
        """Request a command with the rows that it needs."""
        key = self._keys[identity]
        if key.asks and self.asking:
            return
        targets = self.needed(key.needs, of_profiles=key.of_profiles)
        if key.needs in (Needs.ROW, Needs.ROWS) and not (targets.refs or targets.groups):
            self.say_no_row(key.label)
            if not self._on_machine():
                return
        if targets.unread:
            self.say_no_row(key.label)
            return
        if not self._meant(key) or (key.needs is Needs.ROW and not targets.refs):
            return
        self.asking = self.asking or key.asks
        self.post_message(self.Invoked(key, targets))

    def action_mark(self) -> None:
        """Toggle the row's mark."""
        if self.cursor_ref is None or not self._on_machine():
            self.say_no_row("Mark")
        super().action_mark()

    def set_marks(self, refs: Iterable[Ref]) -> None:
        """Mark exactly these machines."""
        super().set_marks(ref for ref in refs if not is_profile(ref))

    def _on_machine(self) -> bool:
        """Whether the cursor is not on a profile's own row."""
        return self.cursor_ref is None or not is_profile(self.cursor_ref)

    def action_open(self) -> None:
        """Open the row."""
        if self.cursor_ref is None or self.needed(Needs.ROW).unread:
            self.say_no_row("Open")
            return
        super().action_open()

    def say_no_row(self, label: str) -> None:
        """Say why a key about a row does nothing."""
        why = f"{NO_ROW}{': j k choose one' if self.shown_count else ''}"
        if self.cursor_ref is not None and not self._on_machine():
            why = f"{self.cursor_ref.profile} is {NO_MACHINE}: enter leads to it, d says why"
        elif self.targets().rows:
            why = UNREAD
        self.notify(f"{label}: {why}", severity="warning", markup=False, timeout=4)

    def needed(self, needs: Needs, *, of_profiles: bool = False) -> Targets:
        """Return the current rows that a command is about: machines, or with `of_profiles` the row of a profile too."""
        if needs is Needs.SHOWN:
            return self.many()
        if needs is Needs.ROWS:
            return self.targets()
        chosen = () if needs is Needs.NOTHING or self.cursor_ref is None else (self.cursor_ref,)
        if not (of_profiles or self._on_machine()):
            chosen = ()
        return targets_of(self._store, chosen, marked=False)

    def _meant(self, key: Key) -> bool:
        """Whether a key may act on the row under the cursor; a key about chosen rows keeps them chosen."""
        if key.meant:
            return self.row_meant()
        if key.needs is not Needs.SHOWN:
            self._state.selection.hold()
        return True

    def row_meant(self) -> bool:
        """Whether the row under the cursor was there long enough to be intended; if so, the cursor stays on it."""
        selection = self._state.selection
        meant = selection.held or bool(self.marks) or monotonic() - self._slid_at >= SEEN_SECONDS
        selection.hold()
        if not meant:
            self.notify("another row has just come first: look again", severity="warning", markup=False, timeout=3)
        return meant
