"""Show the details or the raw JSON of a row, read again if the API can return a single item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding

from gputui.core.fitting import shown_json
from gputui.core.problem import Failed
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Ref, Row
from gputui.core.text import Json
from gputui.engine.lost_profiles import is_profile
from gputui.engine.store import Store
from gputui.ui.inspect.details import detail_lines, json_document, json_lines
from gputui.ui.inspect.profile import show_profile
from gputui.ui.list.action_items import ActionItem, offers_of
from gputui.ui.list.targets import Group
from gputui.ui.widgets.reader import Document, Line, Reader

if TYPE_CHECKING:
    from gputui.ui.host import Host


class RowReader(Reader):
    """Details or JSON of a row; `t` leads on to its timeline."""

    BINDINGS = [Binding("t", "timeline", "Timeline", show=False)]
    MORE_KEYS = (("t", "timeline"),)

    def __init__(self, host: Host, ref: Ref, title: str, lines: Iterable[Line], document: Document | None) -> None:
        super().__init__(title, lines, document)
        self._host, self._ref = host, ref

    def action_timeline(self) -> None:
        """Show what changed of this row."""
        from gputui.ui.inspect.timeline import USUAL_SPAN, Timeline  # not needed for the first frame

        row = self._host.store.find(self._ref)
        name = row.name if row else self._ref.id
        self._host.push_screen(Timeline(self._host, partial(inspect_row, self._host), USUAL_SPAN, self._ref, name))


def inspect_row(host: Host, ref: Ref, *, raw: bool = False) -> None:
    """Open the reader with what is known, and update it with the API's answer for this item."""
    store = host.store
    if is_profile(ref):
        show_profile(host, ref.profile)
        return
    row, cloud = store.find(ref), store.clouds.get(ref.profile)
    view = cloud.provider.view(ref.view) if cloud else None
    if row is None or cloud is None or view is None:
        host.notify("that row is gone", severity="warning", markup=False)
        return
    store.operations.saw(ref)
    title = f"{'JSON' if raw else 'Details'} of {row.name} in {ref.profile}"
    found = offers_of(Group(cloud, view, (row,)), host.keymap)
    document = partial(json_document, row.raw, view.secrets) if raw else None
    reader = RowReader(host, ref, title, _lines(store, row, view, row.raw, found, raw), document)
    host.push_screen(reader)
    show = view.show
    if show is None or row.item is None:
        return

    async def fill() -> None:
        try:
            whole = await show(cloud.client, row.item)
        except Failed as failed:
            reader.notify(f"read from the list only: {failed.problem}", severity="warning", markup=False)
            return
        if reader.is_attached:
            document = partial(json_document, whole, view.secrets) if raw else None
            reader.show(_lines(store, row, view, whole, found, raw), document)

    reader.start(fill())


def _lines(store: Store, row: Row, view: AnyView, whole: Json, found: Sequence[ActionItem], raw: bool) -> list[Line]:
    whole = shown_json(whole)
    if raw:
        return json_lines(whole, view.secrets)
    row = store.shown(row.ref) or row
    operation = store.operations.of(row.ref)
    facts = [("last change", operation.words_at(store.clock.now()))] if operation else []
    return detail_lines(row, columns(view), view, whole, store.clock.now(), facts, found)
