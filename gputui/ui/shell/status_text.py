"""The text of the lines around the table, from the store's data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len

from gputui.core.feed import span
from gputui.core.health import Health
from gputui.core.provider import Provider
from gputui.core.rows import Ref, Snapshot
from gputui.core.spans import spoken
from gputui.engine.changes import Change
from gputui.engine.operations import Operation
from gputui.engine.store import Store
from gputui.ui.list.action_items import ActionItem
from gputui.ui.list.location import FLEET, Location
from gputui.ui.list.page import Page
from gputui.ui.list.targets import Targets
from gputui.ui.shell.feed_text import state_part
from gputui.ui.shell.list_options import ListOptions
from gputui.ui.widgets.bars import Part, TabLabel, cut
from gputui.ui.widgets.keys import Key, Needs, shown

_TOLD_FROM = 5.0
BEHIND_VERBS, AT_END = 10, 20
_LEAST = 8
"""Cells that a name or a filter keeps in the narrowest window."""
_BEHIND_CHIP = 16
"""Cells for the counts and the state behind the filter."""
_PARTS = (range(1, BEHIND_VERBS), range(BEHIND_VERBS, AT_END), range(AT_END, 100))
"""Key hint numbers for the parts of the key line."""


def tab_labels(store: Store) -> list[TabLabel]:
    """Return the tabs of the fleet and every profile, with their fault counts or their problem."""
    labels: list[TabLabel] = []
    for number, (name, tab) in enumerate(store.tabs.items(), 1):
        counts, state = store.faults(name), store.state(name)
        labels.append(TabLabel(number, name, *counts, (state.brief, state.briefest), tab.protected, state.phase))
    bad, degraded = store.fleet.count(Health.BAD), store.fleet.count(Health.DEGRADED)
    return [TabLabel(0, "Fleet", bad, degraded), *labels]


def view_parts(
    store: Store, here: Location, page: Page | None, options: ListOptions, width: int, alive: str = ""
) -> tuple[list[Part], list[Part]]:
    """Return on the left the tab's views with counts, on the right running work, filters and age."""
    right: list[Part] = [(f" ⇄ {alive} ", "strong")] if alive else []
    right += _operation_parts(store) + _state_parts(store, page, options, width // 2)
    room = width - sum(cell_len(text) for text, _ in right)
    cloud = store.clouds.get(here.tab)
    if cloud is None or not here.view:  # connected a moment ago: its first view is chosen with the next redraw
        title = "all machines, worst first" if here.tab == FLEET else store.tabs[here.tab].provider
        return [(f" {title}", "strong")], right
    if here.parent is not None:
        return _path_parts(store, cloud.provider, here, room), right
    counts = {feed.view: f" {_count(shot)}" for feed, shot in cloud.snapshots().items() if shot.rows or shot.ghosts}
    views = cloud.provider.views
    for titles in ([view.title + counts.get(view.name, "") for view in views], [view.title for view in views]):
        parts: list[Part] = []
        for view, title in zip(views, titles, strict=True):
            parts += [(" ·" if parts else "", "dim"), (f" {title}", "active" if view.name == here.view else "dim")]
        if sum(cell_len(text) for text, _ in parts) < room:
            return parts, right
    at = [view.name for view in views].index(here.view)
    return [(f" {views[at].title}", "active"), (f" {at + 1}/{len(views)} views: tab", "dim")], right


def view_actions(store: Store, here: Location, parts: Sequence[Part]) -> list[str]:
    """Return what a click on each of these parts does: it leads to its view, or back to the list of a drill-down."""
    cloud = store.clouds.get(here.tab)
    if cloud is None or not here.view:
        return []
    if here.parent is not None:
        return ["screen.back"]
    views = [view.name for view in cloud.provider.views]
    if len(parts) == 2 * len(views):
        return [action for name in views for action in ("", f"screen.view({name!r})")]
    return ["", "screen.next_view(1)"]


def _count(shot: Snapshot) -> str:
    """Return the number of rows; with a second number if some are missing from the newest list."""
    known = len(shot.rows) + len(shot.ghosts)
    return f"{len(shot.rows)}/{known}" if shot.ghosts and shot.taken_at is not None else str(known)


def _path_parts(store: Store, provider: Provider[Any], here: Location, room: int) -> list[Part]:
    """Return where a drill-down has led to: its own title stays whole, the name of the parent is cut first."""
    assert here.parent is not None
    parent_view, view = provider.view(here.parent.view), provider.view(here.view)
    row = store.find(here.parent)
    before, title = f" {parent_view.title if parent_view else ''} › ", view.title if view else here.view
    name = cut(row.name if row else here.parent.id, max(_LEAST, room - cell_len(before + title) - 4))
    return [(before, "dim"), (name, "strong"), (" › ", "dim"), (title, "active")]


def _operation_parts(store: Store) -> list[Part]:
    """Return the failed operations nobody has seen, those being sent, and those being followed."""
    now, every = store.clock.now(), list(store.operations.everything())
    sending = [now - one.sent_at for one in every if one.sending]
    under_way, failed = sum(one.followed for one in every), len(store.operations.warnings)
    parts: list[Part] = []
    if failed:
        parts.append((f" ✖ {failed} failed: :ops ", "bad"))
    if sending:
        parts.append((f" {len(sending)} sending… {spoken(max(sending))} ", "degraded"))
    if under_way:
        parts.append((f" ◌ {under_way} under way ", "degraded"))
    return parts


def _state_parts(store: Store, page: Page | None, options: ListOptions, room: int) -> list[Part]:
    parts: list[Part] = []
    if options.frozen_at is not None:
        since = store.clock.now() - options.frozen_at
        parts += [(f" frozen{f' {span(since)}' if since >= _TOLD_FROM else ''}: p ", "chip"), (" ", "")]
    if options.faults:
        parts += [(" faults only ", "chip"), (" ", "")]
    if options.filter.text.strip():
        parts += [(f" /{cut(options.filter.text, max(_LEAST, room - _BEHIND_CHIP))} ", "chip"), (" ", "")]
    if options.filter.complaint:
        parts += [(f"{cut(f'matched literally: {options.filter.reason}', room)} ", "degraded")]
    if page is None:
        return parts
    if page.marks:
        hidden = f" ({page.hidden_marks} hidden)" if page.hidden_marks else ""
        parts += [(f"{len(page.marks)} marked{hidden} ", "strong")]
    total = page.total_count
    if total:
        parts.append((f"{page.shown_count}/{total}" if page.shown_count != total else f"{total}", "strong"))
    parts.append(state_part(store, page, room - sum(cell_len(text) for text, _ in parts)))
    return parts


def change_parts(store: Store, width: int) -> list[Part]:
    """Return the newest changes, newest first, as many as fit."""
    parts: list[Part] = []
    used = 0
    for change in reversed(store.changes):
        text = f" {_clock(change)} {_change_text(change)} "
        used += cell_len(text)
        if parts and used > width:
            break
        parts.append((text, "" if not parts else "dim"))
    return parts


def _change_text(change: Change | Operation) -> str:
    return change.text if isinstance(change, Change) else f"{change.ref.profile} {change.name} {change.words}"


def _clock(change: Change | Operation) -> str:
    at = change.at if isinstance(change, Change) else (change.settled_at or change.sent_at)
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")


def key_parts(
    store: Store, page: Page | None, width: int, commands: Iterable[Key], keymap: Mapping[str, str]
) -> tuple[list[Part], list[Part]]:
    """Return on the left the keys for the row, then those for navigation; on the right whether changes are possible."""
    names = [tab for tab in store.tabs.values() if page is None or page.place.tab in (FLEET, tab.name)]
    locked = bool(names) and all(tab.read_only for tab in names)
    right: list[Part] = [(" ○ read-only ", "ok") if locked else (" ● read-write ", "degraded")]
    targets = page.targets() if page is not None else Targets()
    found = page.offers(targets) if page is not None else ()
    hinted = sorted((one for one in commands if one.hint), key=lambda one: one.hint)
    if not found:
        hinted = [one for one in hinted if one.needs is not Needs.ROWS]
    if page is None or page.cursor_ref is None or not _has_ssh(store, page.cursor_ref):
        hinted = [one for one in hinted if one.hint >= BEHIND_VERBS]
    before, behind, at_end = (
        [(shown(keymap.get(one.id, one.keys)), one.label) for one in hinted if one.hint in part] for part in _PARTS
    )
    last = _fitting(at_end, width - _width(right))
    return [*_fitting([*before, *_row_keys(found), *behind], width - _width(right) - _width(last)), *last], right


def _fitting(keys: Sequence[tuple[str, str]], room: int) -> list[Part]:
    parts: list[Part] = []
    for key, label in keys:
        width = len(key) + len(label) + 3
        if width <= room:
            room -= width
            parts += [(f" {key}", "key"), (f" {label} ", "")]
    return parts


def _width(parts: Sequence[Part]) -> int:
    return sum(cell_len(text) for text, _ in parts)


def _has_ssh(store: Store, ref: Ref) -> bool:
    view = store.view(ref)
    return view is not None and view.ssh is not None


def _row_keys(found: Sequence[ActionItem]) -> list[tuple[str, str]]:
    """Return the keys for the marked rows, or else for the one under the cursor."""
    return [(shown(offer.key), offer.label) for offer in found if offer.key and offer.calls and not offer.off]
