"""One grammar: what an expression keeps is the same in the console, `get --filter`, `run` and `watch`."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest

from gputui.commands import selecting
from gputui.commands.context import CliContext
from gputui.commands.expressions import read_expression
from gputui.commands.filtering import kept
from gputui.commands.machines import Reachable
from gputui.commands.options import WatchOptions
from gputui.commands.watch import _Lines
from gputui.config.paths import Places
from gputui.core.records import Found
from gputui.core.rows import Snapshot
from gputui.core.ssh_options import SshOptions
from gputui.engine.cloud import Feed
from tests.pilot.consoles import Console, Wish, console

EXPRESSIONS = (
    "gpu-node-00",
    "gpu>=8 state:running",
    "health:faulty | owner:nobody",
    "!state:running /0[0-4]/",
    'lock:yes "gpu-node"',
    "gpu-node-001\ngpu-node-007\nnot-there",
    "where:cluster001",
    "why:memory | since>1s",
    "since<1h",
    "state:error|unknown name~^gpu",
)
Names = set[str]


def context(folder: Path) -> tuple[CliContext, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return CliContext({}, Places(folder, folder / "state", folder), out, err), out, err


def machines(here: Console) -> list[Found]:
    [(_, cloud)] = here.store.clouds.items()
    view = cloud.provider.view("nodes")
    assert view is not None
    at = here.store.clock.now()
    return [Found("scp", view, row, at) for row in cloud.snapshot(Feed("nodes")).rows.values()]


def watched(here: Console, text: str, folder: Path) -> Names:
    """Whose change is told, where every machine changes."""
    ctx, out, _ = context(folder)
    wanted = read_expression(text, ctx)
    [cloud] = here.store.clouds.values()
    assert wanted is not None
    lines = _Lines(ctx, wanted, WatchOptions(output="jsonl"))
    lines.fleet = here.store.fleet.rows
    old = cloud.snapshot(Feed("nodes"))
    new = Snapshot({}, taken_at=time.time())
    lines.moved(cloud, Feed("nodes"), list(old.rows), old, new)
    assert lines.failure is None
    return {json.loads(line)["name"] for line in out.getvalue().splitlines()}


async def test_an_expression_keeps_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.until(lambda: here.page.total_count > 10)
        found = machines(here)
        options = {found[0].row.ref.profile: SshOptions()}

        async def read(*_: object) -> Reachable:
            return Reachable(tuple(found), options, True)

        monkeypatch.setattr(selecting, "read_reachable", read)
        for text in EXPRESSIONS:
            here.app.console_screen.narrowing.apply_text(text)
            here.page.finish_arranging()
            shown = {here.page.rows[ref].name for ref in here.page.shown_refs}
            assert not here.app.console_screen.options.filter.complaint

            ctx, _, err = context(tmp_path)
            wanted = read_expression(text, ctx)
            assert wanted is not None, err.getvalue()
            got = {each.row.name for each in await kept(wanted, found, ctx)}
            selection = await selecting.select(None, (), wanted, ctx)  # type: ignore[arg-type]
            ran = {each.row.name for each in selection.rows.values()}
            if "since" not in text:  # for this, history tells those that are no console
                assert got == shown, text
            assert ran == got, text
            assert watched(here, text, tmp_path) == shown, text
            assert ("not-there" in err.getvalue()) is ("not-there" in text)
