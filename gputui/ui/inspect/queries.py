"""The screens of a query: its inputs if it has any, then what it reads, as text or as charts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from gputui.core.actions import Answer, Inputs, KnownVerb, Query
from gputui.core.metrics import RANGE, Measurements
from gputui.core.prechecks import unseen_of
from gputui.core.problem import Failed
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.engine.cloud import Cloud
from gputui.ui.form.drafts import DraftKey, Drafts
from gputui.ui.form.screen import Form
from gputui.ui.form.state import FormModel, must_ask
from gputui.ui.inspect.live_reader import LiveReader
from gputui.ui.inspect.metrics import MetricsScreen, RowReading

if TYPE_CHECKING:
    from gputui.ui.host import Host

Screen: TypeAlias = "LiveReader | MetricsScreen"
MOST_ROWS = 8
"""Rows that are compared at once: more could not be told apart, and each is read by requests of its own."""


async def open_query(
    host: Host, cloud: Cloud, view: AnyView, look: Query[Any], rows: Sequence[Row], drafts: Drafts
) -> None:
    """Show a query of one row, or of several if it allows that; inputs come first if any is required, and on `e`.

    Must run in a worker, as it waits for the screens.
    """
    title = f"{look.label} of {_names(rows)} in {cloud.name}"
    occasion = DraftKey(cloud.name, view.name, look.name, ",".join(row.ref.id for row in rows))
    inputs: Inputs | None = FormModel(look, rows[0].item, drafts.of(occasion)).inputs
    if must_ask(look.fields):
        inputs = await _asked(host, cloud, look, rows, title, drafts, occasion)
    ranges = DraftKey(cloud.name, view.name, look.name)
    while inputs is not None:
        looking = _screen(host, title, look, cloud, view, rows, inputs, drafts.of(ranges).get(RANGE))
        await host.push_screen_wait(looking)
        if look.ranges and isinstance(looking, MetricsScreen):
            drafts.keep(ranges, {RANGE: look.ranges[looking.chosen].value})
        if not looking.other_inputs:
            return
        inputs = await _asked(host, cloud, look, rows, title, drafts, occasion)


def _names(rows: Sequence[Row]) -> str:
    if len(rows) == 1:
        return rows[0].name
    return f"{len(rows)} rows" if len(rows) <= MOST_ROWS else f"the first {MOST_ROWS} of {len(rows)} rows"


def _screen(
    host: Host,
    title: str,
    look: Query[Any],
    cloud: Cloud,
    view: AnyView,
    rows: Sequence[Row],
    inputs: Inputs,
    before: str | None,
) -> Screen:
    """The screen of a query; `before` is the range that was shown last."""
    secrets, has_inputs = look.secrets | view.secrets, bool(look.fields)
    if look.name == KnownVerb.METRICS or look.ranges:
        reading = [RowReading(row.name, partial(_read, look, cloud, row, inputs)) for row in rows[:MOST_ROWS]]
        chosen = next((at for at, one in enumerate(look.ranges) if one.value == before), None)
        return MetricsScreen(host, title, reading, look, secrets=secrets, inputs=has_inputs, chosen=chosen)
    read = partial(_read_once, look, cloud, rows[0], inputs)
    return LiveReader(title, read, every=look.every, secrets=secrets, inputs=has_inputs)


async def _asked(
    host: Host, cloud: Cloud, look: Query[Any], rows: Sequence[Row], title: str, drafts: Drafts, occasion: DraftKey
) -> Inputs | None:
    form = Form(look, cloud.client, (rows[0],), title, drafts.of(occasion))
    filled = await host.push_screen_wait(form)
    drafts.keep(occasion, form.draft)
    return None if filled is None else filled.inputs


async def _read_once(look: Query[Any], cloud: Cloud, row: Row, inputs: Inputs) -> tuple[Answer, bool]:
    return await look.read(cloud.client, row.item, inputs), False


async def _read(look: Query[Any], cloud: Cloud, row: Row, inputs: Inputs, chosen: Inputs) -> Answer | Failed:
    """What is read of one of several rows, or why it cannot be."""
    reason = unseen_of(look, row)
    if reason:
        return Measurements((), missing=reason)
    try:
        answer: Answer = await look.read(cloud.client, row.item, {**inputs, **chosen})
    except Failed as failed:
        return failed
    return answer
