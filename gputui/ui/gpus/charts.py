"""`m` on the GPUs of a machine: what was read of them since it is watched, as charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gputui.core.actions import Answer, Inputs, KnownVerb, Query
from gputui.core.gpu_verdicts import HOT
from gputui.core.gpus import LATE_SECONDS, Past, Point
from gputui.core.metrics import Limit, Measurements, Series
from gputui.core.problem import Failed
from gputui.ui.inspect.metrics import MetricsScreen, RowReading

if TYPE_CHECKING:
    from gputui.ssh.gpus.watch import WatchedMachine
    from gputui.ui.host import Host

EVERY_SECONDS, SPAN_SECONDS, STEP_SECONDS = 3.0, 360.0, 30.0
"""How often the charts are looked at, what they span, and the steps by which their window moves on: in between, only
the cells of a new reading are drawn."""
Take = Callable[[Point], float | None]
_FIGURES: tuple[tuple[str, str, float, tuple[Limit, ...], Take], ...] = (
    ("utilization", "%", 100.0, (), lambda point: point.utilization),
    ("memory", "%", 100.0, (), lambda point: _percent(point.memory)),
    ("temperature", "°C", 100.0, (Limit("hot", HOT),), lambda point: point.temperature),
    ("power", "%", 100.0, (), lambda point: _percent(point.power)),
)


def open_charts(host: Host, watched: WatchedMachine, title: str, now: Callable[[], float]) -> None:
    """Show the charts of a machine that is being watched; they follow its readings."""

    async def read(_: Inputs) -> Answer | Failed:
        return measured(watched, now())

    look = Query[Any](KnownVerb.METRICS, "Metrics", _unused, every=EVERY_SECONDS)
    host.push_screen(MetricsScreen(host, title, [RowReading(watched.machine.name, read)], look))


async def _unused(client: object, item: object, inputs: Inputs) -> Answer:
    raise AssertionError("the charts read what is watched")


def measured(watched: WatchedMachine, now: float) -> Measurements:
    """The last minutes of every GPU of the newest reading; equal for as long as there is no newer one."""
    reading = watched.reading
    if reading is None:
        return Measurements((), missing="" if watched.problem is None else str(watched.problem))
    end = math.ceil(reading.at / STEP_SECONDS) * STEP_SECONDS
    late = now - reading.at > LATE_SECONDS
    series = tuple(
        Series(label, unit, tuple((point.at, take(point)) for point in past.points), ceiling, f"GPU {name}", limits)
        for label, unit, ceiling, limits, take in _FIGURES
        for name, past in _pasts(watched)
    )
    missing = "" if watched.problem is None else str(watched.problem)
    return Measurements(series, end - SPAN_SECONDS, end, missing, at=None if late else reading.at)


def _pasts(watched: WatchedMachine) -> Iterator[tuple[str, Past]]:
    for gpu in watched.reading.gpus if watched.reading is not None else ():
        name = "?" if gpu.index is None else str(gpu.index)
        yield name, watched.past.get(gpu.identity, Past())


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100
