"""`x`: why a row is as it is, as evidence with its source and age, and what can be done about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gputui.core.cells import age, health_tone
from gputui.core.rows import Ref, Row
from gputui.engine.explain import Evidence, explain
from gputui.ui.inspect.details import offer_lines
from gputui.ui.inspect.row import RowReader
from gputui.ui.list.action_items import ActionItem, offers_of
from gputui.ui.list.targets import Group
from gputui.ui.widgets.reader import Line

if TYPE_CHECKING:
    from gputui.ui.host import Host

READ_SECONDS = 5.0


class Explanation(RowReader):
    """Shows the evidence as it comes, and gathers it again every few seconds."""

    def __init__(self, host: Host, row: Row) -> None:
        super().__init__(host, row.ref, f"Why {row.name} of {row.ref.profile} is {row.health.word}", [], None)
        self._row = row

    def on_mount(self) -> None:
        """Start gathering."""
        super().on_mount()
        self.start(self._go_on())

    async def _go_on(self) -> None:
        known: list[Evidence] = []
        while True:
            store = self._host.store
            self._row = store.shown(self._row.ref) or self._row
            found: list[Evidence] = []
            async for evidence in explain(store, self._row):
                found.append(evidence)
                if len(found) > len(known):
                    self._show(found, "…")
            known = found
            self._show(found, "")
            await asyncio.sleep(READ_SECONDS)

    def _show(self, found: Sequence[Evidence], more: str) -> None:
        host, row = self._host, self._row
        now = host.store.clock.now()
        gone = host.store.find(row.ref) is None
        lines: list[Line] = [((" it is not listed any more; this is what was known", "degraded"),)] if gone else []
        lines += [evidence_line(one, now, ascii_only=host.ascii_only) for one in found]
        lines += [((f"  {more}", "dim"),)] if more else []
        cloud = host.store.clouds.get(row.ref.profile)
        view = cloud.provider.view(row.ref.view) if cloud else None
        if cloud is not None and view is not None and not gone:
            offers = offers_of(Group(cloud, view, (row,)), host.keymap)
            lines += [(("", ""),), (("what can be done", "head"),), *offer_lines(sorted(offers, key=_use))]
        self.show(lines)


def evidence_line(one: Evidence, now: float, *, ascii_only: bool = False) -> Line:
    """Return one line: a glyph if it says something about health, what is known, and who says so, how long ago."""
    glyph = " " if one.health is None else one.health.ascii_glyph if ascii_only else one.health.glyph
    style = "" if one.health is None else health_tone(one.health)
    when = f", {_ago(one.at, now)} ago" if one.at is not None else ""
    text = one.text.replace("→", "->") if ascii_only else one.text
    return ((f" {glyph} ", style), (text, ""), (f"   {one.source}{when}", "dim"))


def _ago(at: float, now: float) -> str:
    return age(datetime.fromtimestamp(at, UTC), now)


def _use(offer: ActionItem) -> tuple[bool, bool]:
    """What can be done now stands first, what the API lacks last."""
    return offer.verb is None, bool(offer.off)


def show_explanation(host: Host, ref: Ref) -> None:
    """Explain the row under the cursor."""
    row = host.store.shown(ref)
    if row is None:
        host.notify("that row is gone", severity="warning", markup=False)
    else:
        host.push_screen(Explanation(host, row))
