"""`m` by keys: charts of an inference, ranges, the cursor, rows compared, a partial answer, little room, a bug."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gputui.sim.faults import Fault
from gputui.ui.charts.board import Board
from gputui.ui.inspect.metrics import MetricsScreen
from gputui.ui.widgets.bars import Bar
from tests.pilot.consoles import Console, Wish, console
from tests.promises.seen import screen_text

INFERENCE = Wish(only=("runai",), size=(100, 30))
POOLS = Wish(only=("hostedai",), size=(100, 30))


@asynccontextmanager
async def metrics_of(folder: Path, wish: Wish, view: str, *names: str) -> AsyncIterator[tuple[Console, MetricsScreen]]:
    """The metrics of these rows, of the first one that runs without names."""
    async with console(folder, wish) as here:
        await here.go("1", view=view)
        await here.until(lambda: here.page.rows)
        for name in names or (next(row.name for row in here.page.rows.values() if row.state == "Running"),):
            await here.choose(name)
            if len(names) > 1:
                await here.press("space")
        await here.press("m")
        await here.until(lambda: here.shows(MetricsScreen))
        screen = here.app.screen
        assert isinstance(screen, MetricsScreen)
        await here.until(lambda: screen.has_read)
        await here.until(lambda: screen.charts.lines)
        yield here, screen


def bar(screen: MetricsScreen, name: str) -> str:
    return screen.query_one(f"#metrics-{name}", Bar).text


def asked(here: Console, cloud: str) -> list[str]:
    assert here.clouds is not None
    return [one.target for one in here.clouds.logs[cloud].seen if "/metrics" in one.target]


async def test_ranges_and_values_are_read_by_keys(tmp_path: Path) -> None:
    async with metrics_of(tmp_path, INFERENCE, "inferences") as (here, screen):
        shown = screen.charts.text
        for label in ("throughput (req/s)", "latency (ms)", "gpu utilization (%)", "replicas", "memory (GiB)"):
            assert label in shown
        assert " live " in bar(screen, "title")
        assert "1  15m  2  1h  3  6h  4  24h" in bar(screen, "ranges")
        before = len(asked(here, "runai"))
        await here.press("3")
        await here.until(lambda: len(asked(here, "runai")) == before + 2)
        await here.until(lambda: " live " in bar(screen, "title"))
        assert all("numberOfSamples=181" in target for target in asked(here, "runai")[before:])
        await here.press("left", "left")
        assert "▸" in bar(screen, "ranges")
        assert "now" not in screen.charts.text.splitlines()[0]
        await here.press("escape")
        assert "▸" not in bar(screen, "ranges")
        assert here.app.screen is screen
        await here.press("escape")
        await here.until(lambda: not here.shows(MetricsScreen))
        before = len(asked(here, "runai"))
        await here.press("m")
        await here.until(lambda: len(asked(here, "runai")) == before + 2)
        assert all("numberOfSamples=181" in target for target in asked(here, "runai")[before:]), "as it was left"


async def test_what_is_missing_is_said_and_charts_are_made_anew_only_when_something_new_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Board] = []
    before = Board.__init__
    monkeypatch.setattr(Board, "__init__", lambda self, rows: made.append(self) or before(self, rows))
    async with metrics_of(tmp_path, INFERENCE, "inferences") as (here, screen):
        assert here.clouds is not None
        count, asked_before = len(made), len(asked(here, "runai"))
        await here.press("r")
        await here.until(lambda: len(asked(here, "runai")) == asked_before + 2)
        await here.press("left", "t", "t")
        assert len(made) == count
        here.clouds.world.clouds["runai"].partial_metrics = True
        await here.press("r")
        await here.until(lambda: "partial: the API has only a part of it (207): no latency" in screen.charts.text)
        assert len(made) == count + 1
        here.clouds.faults["runai"].always(Fault("status", status=503, body=b"{}"), match="/metrics")
        await here.press("r")
        await here.until(lambda: "r tries again" in bar(screen, "title"))
        assert "throughput" in screen.charts.text, "what was read last stays"


async def test_marked_pools_are_compared(tmp_path: Path) -> None:
    async with metrics_of(tmp_path, POOLS, "pools", "training-dedicated", "notebooks") as (here, screen):
        assert "Metrics of 2 rows in hosted" in bar(screen, "title")
        assert "a notebooks" in screen.charts.text and "b training-dedicated" in screen.charts.text
        assert len({target.split("?")[0] for target in asked(here, "hostedai")}) == 2
        await here.press("2")
        await here.until(lambda: "time_grouping=daily" in asked(here, "hostedai")[-1])


async def test_little_room_has_a_table_and_ascii_has_no_dots(tmp_path: Path) -> None:
    wish = Wish(only=("hostedai",), size=(40, 10), ascii_only=True)
    async with metrics_of(tmp_path, wish, "pools", "training-dedicated") as (here, screen):
        assert [line.split()[0] for line in screen.charts.text.splitlines()] == ["gpu", "vram", "tflops"]
        await here.pilot.resize_terminal(80, 24)
        await here.until(lambda: "└" in screen.charts.text)
        assert "*" in screen.charts.text
        assert not any("\u2800" <= char <= "\u28ff" for char in screen.charts.text)
        await here.press("t")
        assert "└" not in screen.charts.text


async def test_a_bug_in_a_chart_is_said_and_r_reads_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*given: Any) -> Any:
        raise KeyError("oops")

    async with metrics_of(tmp_path, POOLS, "pools", "training-dedicated") as (here, screen):
        with monkeypatch.context() as broken:
            broken.setattr(Board, "__init__", bug)
            await here.press("2")
            await here.until(
                lambda: "bug of gputui: KeyError in MetricsScreen" in " ".join(screen_text(here.app).split())
            )
            assert [one.name for one in caplog.records if one.exc_info and one.levelno >= logging.ERROR]
        await here.press("r")
        await here.until(lambda: " live " in bar(screen, "title"))
