"""Write the rows that `get` found in the requested format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from gputui.commands import formats
from gputui.commands.fleet_told import NOTHING_TOLD, FleetTold
from gputui.core.cells import NONE_TEXT, STANDARD_IDS, Cell, shown_text
from gputui.core.csv_text import write_csv
from gputui.core.reading import AnyView
from gputui.core.records import Found, column_ids, record
from gputui.core.schema import cells_by_id, schema
from gputui.core.yaml_text import write_yaml

if TYPE_CHECKING:
    from gputui.commands.options import GetOptions


def write(
    asked: GetOptions,
    views: Sequence[AnyView],
    found: Sequence[Found],
    out: TextIO,
    now: float,
    told: FleetTold = NOTHING_TOLD,
) -> None:
    """Write the rows; all of `views` have columns, even without rows. A table shows ages as of `now`.

    `told` is what is known besides of the machines of the fleet.
    """
    if asked.output == "table":
        _table(asked, views, found, out, now, told)
        return
    fields: tuple[str, ...] = ()
    if asked.kind == "fleet":
        from gputui.commands.fleet_fields import FLEET_FIELDS as fields
        from gputui.commands.fleet_fields import fleet_record

        records = [fleet_record(each, told, raw=asked.raw) for each in found]
    else:
        records = [record(each, raw=asked.raw) for each in found]
    if asked.output == "json":
        formats.write_json(records, out)
    elif asked.output == "jsonl":
        formats.write_jsonl(records, out)
    elif asked.output == "yaml":
        write_yaml(records, out)
    else:
        keys = tuple(dict.fromkeys((*column_ids(views), *fields)))
        write_csv(records, (*keys, "raw") if asked.raw else keys, out, headers=asked.headers)


def _table(
    asked: GetOptions,
    views: Sequence[AnyView],
    found: Sequence[Found],
    out: TextIO,
    now: float,
    told: FleetTold,
) -> None:
    if asked.kind == "fleet":
        _fleet_table(asked, found, out, now, told)
        return
    there = {id: column for view in views for id, column in schema(view).items() if not column.wide}
    first = [id for id in STANDARD_IDS if id in there]
    ids = [*first, *(id for id in there if id not in first)]
    lines = []
    for each in found:
        texts = {id: shown_text(cell, now) for id, cell in cells_by_id(each.view, each.row).items()}
        lines.append([each.row.ref.profile, *(texts.get(id, NONE_TEXT) for id in ids)])
    titles, right = [there[id].title for id in ids], [there[id].right for id in ids]
    formats.write_table(["PROFILE", *titles], lines, out, right=[False, *right], headers=asked.headers)


def _fleet_table(asked: GetOptions, found: Sequence[Found], out: TextIO, now: float, told: FleetTold) -> None:
    from gputui.engine.fleet import FLEET_COLUMNS

    there = [at for at, column in enumerate(FLEET_COLUMNS) if not column.wide]
    titles = [FLEET_COLUMNS[at].title for at in there]
    right = [FLEET_COLUMNS[at].right for at in there]
    made = (_fleet_cells(each, told) for each in found)
    lines = [[shown_text(cells[at], now) for at in there] for cells in made]
    formats.write_table(titles, lines, out, right=right, headers=asked.headers)


def _fleet_cells(found: Found, told: FleetTold) -> Sequence[Cell]:
    from gputui.commands.fleet_fields import fleet_row

    return fleet_row(found, told).cells
