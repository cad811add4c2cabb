"""`d`: the details of a row: its verdict first, then its latest changes, what is around it, and every field."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gputui.core.cells import NONE_TEXT, shown_text
from gputui.core.fitting import shown_json
from gputui.core.problem import Failed
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Row
from gputui.core.secret import STARS, masked
from gputui.core.text import Json
from gputui.engine.cloud import Cloud
from gputui.engine.evidence import Evidence
from gputui.engine.explain import RowPast, known, remembered
from gputui.engine.neighbours import around
from gputui.ui.inspect.evidence_fields import evidence_groups
from gputui.ui.inspect.field_reader import FieldReader
from gputui.ui.inspect.provider_fields import provider_groups
from gputui.ui.inspect.row import read_whole
from gputui.ui.widgets.field_layout import DetailField, DetailGroup

if TYPE_CHECKING:
    from gputui.ui.host import Host

READ_SECONDS = 2.0


class RowDetails(FieldReader):
    """Shows what is known at once, then what history, neighbours and the API's own reading add; it stays current."""

    OWN = "row.details"
    MORE_KEYS = (("c", "copy field"), ("enter", "open"), ("t", "timeline"), ("x", "explain"), ("a", "actions"))

    def __init__(self, host: Host, row: Row, view: AnyView, cloud: Cloud) -> None:
        super().__init__(host, row.ref, f"Details of {row.name} in {row.ref.profile}")
        self._row, self._view, self._cloud = row, view, cloud
        self._whole: Json = row.raw
        self._past = RowPast()
        self._around: list[Evidence] = []

    def on_mount(self) -> None:
        """Show what is known, and ask for the rest."""
        super().on_mount()
        self._draw()
        self.start(self._go_on())
        self.start(self._look_around())
        if self._view.show is not None:
            self.start(self._fill())

    async def _go_on(self) -> None:
        while True:
            self._past = await remembered(self._host.store, self._ref)
            self._draw()
            await asyncio.sleep(READ_SECONDS)

    async def _look_around(self) -> None:
        async for evidence in around(self._host.store, self._cloud, self._view, self._row):
            self._around.append(evidence)
            self._draw()

    async def _fill(self) -> None:
        try:
            self._whole = await read_whole(self._cloud, self._view, self._row)
        except Failed as failed:
            self.notify(f"read from the list only: {failed.problem}", severity="warning", markup=False)
        else:
            self._draw()

    def _draw(self) -> None:
        """Show everything as it is known now."""
        store = self._host.store
        row = self._row = store.shown(self._ref) or self._row
        now = store.clock.now()
        found = [*known(store, row, self._past), *self._around]
        raw = masked(shown_json(self._whole), self._view.secrets)
        groups = [
            *self.gone_groups(),
            *evidence_groups(found, now, ascii_only=self._host.ascii_only),
            *row_groups(row, self._view, now),
            *provider_groups(raw),
        ]
        self.put(groups)

    def what(self, field: DetailField) -> str:
        """Return the field's name and whose it is."""
        secret = " (masked)" if STARS in field.text else ""
        return f"{field.label.strip() or 'text'}{secret} of {self._row.name}"


def row_groups(row: Row, view: AnyView, now: float) -> Iterator[DetailGroup]:
    """Yield the row's columns; those without a value share one field."""
    fields = [DetailField("identity", str(row.ref))]
    empty: list[str] = []
    for column, cell in zip(columns(view), row.cells, strict=True):
        text, label = shown_text(cell, now), column.title.lower()
        if text == NONE_TEXT:
            empty.append(label)
        else:
            fields.append(DetailField(label, text, "" if cell.tone == "plain" else cell.tone))
    yield DetailGroup("the row", (*fields, *_without(empty)))


def _without(labels: Sequence[str]) -> Iterator[DetailField]:
    if labels:
        yield DetailField("not told", ", ".join(labels), "dim")


def show_details(host: Host, row: Row, view: AnyView, cloud: Cloud) -> None:
    """Open the details of a row."""
    host.push_screen(RowDetails(host, row, view, cloud))
