"""`gputui watch`, step by step: what it is given, which changes it writes, what it says of clouds, when it ends."""

from __future__ import annotations

import io
import json
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.commands import watch as module
from gputui.commands.context import CliContext
from gputui.commands.options import GlobalOptions, WatchOptions
from gputui.commands.watch import _Lines, _run, _Troubles, _watch, run_watch
from gputui.config.paths import Places
from gputui.core.cells import Cell
from gputui.core.feed import FeedState, Phase
from gputui.core.filter import parse
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.cloud import Feed
from tests.toy import PROVIDER, Machine

CLOUD: Any = SimpleNamespace(name="lab", provider=PROVIDER)
GONE_OUT = BrokenPipeError(32, "Broken pipe")


@pytest.fixture
def ctx(tmp_path: Path) -> CliContext:
    return CliContext({}, Places(tmp_path, tmp_path / "s", tmp_path), io.StringIO(), io.StringIO(), lambda: 9.0)


def out(ctx: CliContext) -> list[str]:
    assert isinstance(ctx.out, io.StringIO)
    return ctx.out.getvalue().splitlines()


def said(ctx: CliContext) -> list[str]:
    assert isinstance(ctx.err, io.StringIO)
    return [line.removeprefix("gputui: ") for line in ctx.err.getvalue().splitlines()]


def row(name: str, state: str) -> Row:
    health, cells = Health.OK if state == "RUNNING" else Health.BAD, (Cell("one"),) * 6
    return Row(Ref("lab", "nodes", name), name, state, health, cells, item=Machine(name, name, state))


def shot(*rows: Row, at: float | None = 5.0) -> Snapshot:
    return Snapshot({one.ref: one for one in rows}, taken_at=at)


def lines(ctx: CliContext, expression: str = "", output: str = "text") -> _Lines:
    return _Lines(ctx, parse(expression, ()), WatchOptions(output=output))


def moved(made: _Lines, old: Snapshot, new: Snapshot, view: str = "nodes") -> None:
    made.moved(CLOUD, Feed(view), list({**old.rows, **new.rows}), old, new)


OLD = shot(row("a", "RUNNING"), row("b", "RUNNING"))
NEW = shot(row("a", "ERROR"), row("b", "ERROR"), at=6.0)


# ---------------------------------------------------------------------- what it writes


def test_each_change_is_a_line_and_the_first_reading_is_none(ctx: CliContext) -> None:
    made = lines(ctx)
    moved(made, replace(OLD, taken_at=None, rows={}), OLD)
    moved(made, OLD, NEW, view="pools")  # of a list that this provider lacks
    assert out(ctx) == []
    moved(made, OLD, NEW)
    assert [line.split(" ", 1)[1] for line in out(ctx)] == [
        "lab a RUNNING -> ERROR (bad)",
        "lab b RUNNING -> ERROR (bad)",
    ]


@pytest.mark.parametrize(
    ("expression", "names"), [("", ["a", "b"]), ("name:b", ["b"]), ("state:running", ["a", "b"]), ("state:stopped", [])]
)
def test_a_filter_keeps_what_it_matches_now_or_matched_before(
    ctx: CliContext, expression: str, names: list[str]
) -> None:
    moved(lines(ctx, expression, "jsonl"), OLD, NEW)
    told = [json.loads(line) for line in out(ctx)]
    assert [one["name"] for one in told] == names
    assert all((one["provider"], one["before"], one["after"]) == ("toy", "RUNNING", "ERROR") for one in told)


async def test_a_reader_that_has_gone_ends_it_and_not_the_poller(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = lines(ctx)
    monkeypatch.setattr(ctx.out, "flush", lambda: (_ for _ in ()).throw(GONE_OUT))
    assert not made.refused.is_set()
    moved(made, OLD, NEW)
    assert made.refused.is_set()
    with pytest.raises(BrokenPipeError):
        await run(made, ctx, monkeypatch, Ticks())


# ---------------------------------------------------------------------- the loop


class Ticks:
    """A store that counts how often it was told that time has passed, and ends the loop by failing at the third."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def time_passed(self) -> None:
        self.done.append("time")

    def look(self) -> None:
        self.done.append("look")
        if self.done.count("look") == 3:
            raise ZeroDivisionError


async def run(made: _Lines, ctx: CliContext, monkeypatch: pytest.MonkeyPatch, ticks: Ticks) -> None:

    async def connect_all(*given: object, read_only: bool) -> None:
        ticks.done.append(f"connected, read_only={read_only}")

    monkeypatch.setattr(module, "connect_all", connect_all)
    await _run(cast(Any, ticks), cast(Any, None), made, cast(Any, ticks), ctx)


async def test_it_connects_read_only_and_then_looks_at_the_clock_until_it_is_ended(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.TICK_SECONDS == 1.0
    monkeypatch.setattr(module, "TICK_SECONDS", 0.001)
    ticks = Ticks()
    with pytest.raises(ZeroDivisionError):
        await run(lines(ctx), ctx, monkeypatch, ticks)
    assert ticks.done == ["connected, read_only=True", *["time", "look"] * 3]


async def test_whatever_it_watches_it_is_read_only_at_its_pace_or_the_one_asked_for(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    class Noting(module.Store):
        def __init__(self, tabs: Any, **given: Any) -> None:
            made.extend(tabs)
            super().__init__(made, **given)

        def watch_fleet(self, watched: bool) -> None:
            made.append(f"watched={watched}")

        async def aclose(self) -> None:
            made.append("closed")
            await super().aclose()

    async def ends(store: Any, *_: object) -> None:
        store.moved(CLOUD, Feed("nodes"), list(OLD.rows), OLD, NEW)

    monkeypatch.setattr(module, "Store", Noting)
    monkeypatch.setattr(module, "_run", ends)
    profiles: Any = [SimpleNamespace(name="lab", provider="toy", refresh_seconds=7.0, read_only=False)]
    for asked, every in ((None, 7.0), (2.0, 2.0)):
        made.clear()
        await _watch(cast(Any, None), profiles, lines(ctx), WatchOptions(refresh=asked), ctx)
        assert (made[0].read_only, made[0].every) == (True, every)
        assert made[1:] == ["watched=True", "closed"]
    assert len(out(ctx)) == 4


@pytest.mark.parametrize(
    ("found", "expression", "code"),
    [(("config", ()), "state:error", 0), (("config", ()), "/(/", 2), (None, "", 2), (None, "/(/", 2)],
)
def test_without_profiles_or_with_a_filter_that_cannot_be_read_nothing_is_watched(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch, found: Any, expression: str, code: int
) -> None:
    watched: list[Coroutine[Any, Any, None]] = []

    def runs(work: Any, code: int) -> int:
        coroutine = work(None)
        coroutine.close()
        watched.append(coroutine)
        return code

    monkeypatch.setattr(module, "configured", lambda options, ctx: found)
    monkeypatch.setattr(module, "run_to_its_end", runs)
    assert run_watch(WatchOptions(filter=expression), GlobalOptions(), ctx) == code
    assert len(watched) == (code == 0)


# ---------------------------------------------------------------------- what it says of the clouds


class Clouds:
    """Profiles and history as they stand."""

    def __init__(self) -> None:
        self.tabs = {"a": None, "b": None}
        self.problems: dict[str, Problem] = {}
        self.history = SimpleNamespace(trouble="", aside="")

    def state(self, name: str) -> FeedState:
        return FeedState(Phase.LIVE, 9.0, problem=self.problems.get(name))


def test_trouble_is_said_once_each_time_with_its_remedy_and_so_is_its_end(ctx: CliContext) -> None:
    clouds = Clouds()
    troubles = _Troubles(cast(Any, clouds), ctx)
    troubles.look()
    assert said(ctx) == []
    clouds.problems = {
        "a": Problem(Cause.NETWORK, "nobody answers", "look at the network"),
        "b": Problem(Cause.SERVER, "boom"),
    }
    troubles.look()
    troubles.look()
    told = [f"a: {clouds.problems['a']} (look at the network)", f"b: {clouds.problems['b']}"]
    assert said(ctx) == told
    del clouds.problems["a"]
    clouds.history.trouble = "the disk is full"
    troubles.look()
    troubles.look()
    told += ["a: can be read again", "history is not kept: the disk is full"]
    assert said(ctx) == told
    clouds.history.trouble = ""
    troubles.look()
    troubles.look()
    assert said(ctx) == [*told, "history is kept again"]
