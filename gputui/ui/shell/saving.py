"""`ctrl+s`: the table as CSV and the screen as SVG, in two files of the dumps folder, without secrets."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.screen import Screen

from gputui.core.cells import shown_text
from gputui.core.csv_text import write_csv
from gputui.core.reading import AnyView
from gputui.core.records import Found, Record, column_ids, record, typed
from gputui.core.redaction import redacted
from gputui.core.rows import Row
from gputui.engine.cloud import Feed
from gputui.engine.store import Store
from gputui.ui.list.page import Page
from gputui.ui.table.live_table import LiveTable

if TYPE_CHECKING:
    from gputui.ui.host import Host

_FONTS = re.compile(r"\s*@font-face \{\{.*?\}\}", re.DOTALL)
"""Addresses of fonts elsewhere: looking at a saved screen must ask nobody."""


async def save_screen(host: Host, screen: Screen[Any]) -> None:
    """Save what is on this screen, and say where. Must run in a worker."""
    table = next(iter(node for node in screen.query(LiveTable) if node.display), None)
    made: dict[str, Callable[[], str]] = {} if table is None else {".csv": _csv(host.store, table)}
    made[".svg"] = _svg(screen)
    try:
        path = await asyncio.to_thread(_write, host, made)
    except OSError as error:
        host.notify(f"not saved: {error.strerror or error}", severity="error", markup=False)
        return
    more = " and .csv" if table is not None else ""
    host.notify(f"saved: {path}{more}", markup=False, timeout=10)


def _write(host: Host, made: dict[str, Callable[[], str]]) -> Any:
    return host.dump("screen", {ending: text() for ending, text in made.items()})


# ---------------------------------------------------------------------- the table


def _csv(store: Store, table: LiveTable) -> Callable[[], str]:
    """Return what writes the rows shown, in their order: with all columns, as `gputui get -o csv` has them."""
    if not isinstance(table, Page):
        return partial(_cells_as_csv, table, [table.rows[ref] for ref in table.shown_refs])
    fleet = table.view is None
    found: list[Found] = []
    for ref in table.shown_refs:
        row, view, cloud = store.find(ref) if fleet else table.rows[ref], store.view(ref), store.clouds.get(ref.profile)
        if row is not None and view is not None and cloud is not None:
            taken_at = cloud.snapshot(Feed(view.name)).taken_at
            found.append(Found(cloud.provider.name, view, row, taken_at or store.clock.now()))
    views = {id(each.view): each.view for each in found}
    if not views and table.view is not None:
        views = {0: table.view}
    return partial(_records_as_csv, found, [*views.values()])


def _records_as_csv(found: Sequence[Found], views: Sequence[AnyView]) -> str:
    return _written(map(record, found), column_ids(views))


def _cells_as_csv(table: LiveTable, rows: Sequence[Row]) -> str:
    ids = [column.id for column in table.columns]
    return _written(
        (
            {id: typed(cell.value) if cell.value is not None else shown_text(cell, 0.0) for id, cell in cells}
            for cells in (zip(ids, row.cells, strict=False) for row in rows)
        ),
        ids,
    )


def _written(records: Iterable[Record], keys: Sequence[str]) -> str:
    out = io.StringIO()
    write_csv(records, keys, out)
    return redacted(out.getvalue())


# ---------------------------------------------------------------------- the screen


def _svg(screen: Screen[Any]) -> Callable[[], str]:
    """Return what draws the screen as it is now."""
    app = screen.app
    update = screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate), "a full update has every line"
    lines = [[segment for strip in line for segment in strip] for line in update.strips]
    return partial(_drawn, lines, screen.size.width)


def _drawn(lines: Sequence[Sequence[Segment]], width: int) -> str:
    from rich._export_format import CONSOLE_SVG_FORMAT  # not needed before

    console = Console(
        width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True, safe_box=False
    )
    for line in _masked(lines):
        console.print(Segments([*line, Segment.line()]), end="")
    return console.export_svg(title="gputui", code_format=_FONTS.sub("", CONSOLE_SVG_FORMAT))


def _masked(lines: Sequence[Sequence[Segment]]) -> Iterable[Sequence[Segment]]:
    """Yield the lines; one that holds a secret in one colour, with stars in its place."""
    for line in lines:
        text = "".join(segment.text for segment in line)
        safe = redacted(text)
        yield line if safe == text else [Segment(safe, line[0].style if line else Style())]
