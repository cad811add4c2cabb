"""Keys that change how one looks: `w` all columns, `p` holds the screen still, `r` reads again now."""

from __future__ import annotations

from pathlib import Path

import pytest

from gputui.core.cells import Role, shown_text
from gputui.core.rows import Ref
from gputui.sim.scp.state import Scp
from tests.pilot.consoles import Console, Wish, console

SELDOM = 60.0


def screen(here: Console) -> str:
    return "\n".join("".join(part.text for part in strip) for strip in here.app.screen._compositor.render_strips())


def running(here: Console) -> str:
    return next(row.name for row in here.page.rows.values() if row.state == "RUNNING")


def breaks(here: Console, ref: Ref) -> None:
    """The cloud says from now on that this node is in error."""
    assert here.clouds is not None
    scp = here.clouds.world["scp"]
    assert isinstance(scp, Scp)
    scp.enter(scp.nodes[ref.id], "ERROR")


async def test_w_shows_all_columns_of_a_view_until_it_is_pressed_again(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(200, 24))) as here:
        await here.go("1", view="products")
        await here.go("1", view="fabrics")
        await here.press("w")
        await here.until(lambda: "REGION" in screen(here))
        await here.go("1", view="pools")
        assert not here.page.wide
        here.app.console_screen.go_to("samsung", "fabrics")
        assert here.page.wide
        await here.press("w")
        assert not here.page.wide


async def test_w_on_a_narrow_window_makes_the_hidden_columns_reachable(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(80, 24))) as here:
        await here.go("1", view="fabrics")
        await here.press(*["right"] * 12)
        assert "REGION" not in screen(here)
        await here.press("w", *["right"] * 12)
        await here.until(lambda: "REGION" in screen(here))
        assert here.page.rows[here.page.shown_refs[0]].name in screen(here)  # whose row it is stays in sight


async def test_a_frozen_screen_says_so_and_stands_still_while_reading_goes_on(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(120, 36))) as here:
        await here.go("1")
        name = running(here)
        ref = await here.choose(name)
        await here.press("p")
        await here.until(lambda: "frozen: p" in here.bar("views"))
        before = here.page.rows
        breaks(here, ref)
        await here.until(lambda: here.row("samsung", name).state == "ERROR")
        assert here.page.rows[ref].state == "RUNNING"
        assert set(here.page.rows) == set(before)
        await here.press("p")
        await here.until(lambda: here.page.rows[ref].state == "ERROR")
        assert "frozen" not in here.bar("views")
        assert here.page.cursor_ref == ref


async def test_a_verb_on_a_frozen_screen_is_judged_by_the_newest_news(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        name = running(here)
        ref = await here.choose(name)
        await here.press("p")
        breaks(here, ref)
        await here.until(lambda: here.row("samsung", name).state == "ERROR")
        await here.press("X")
        dialog = await here.dialog()
        assert "Warning: state is ERROR: documented for RUNNING only, it may be refused." in dialog.question.effect
        await here.press("escape")
        await here.pilot.pause()
        assert not here.changes("scp")


@pytest.mark.parametrize("key", ["r", "ctrl+r"])
async def test_r_reads_the_tab_that_is_shown_at_once_and_no_other(tmp_path: Path, key: str) -> None:
    async with console(tmp_path, Wish(only=("scp", "datenfab"), every=SELDOM)) as here:
        assert here.clouds is not None
        await here.until(lambda: here.store.machines("samsung") and here.store.machines("datenfab"))
        await here.go("1")
        ref = await here.choose(running(here))
        breaks(here, ref)
        others = len(here.clouds.logs["datenfab"].seen)
        await here.press(key)
        await here.until(lambda: here.page.rows[ref].state == "ERROR")
        assert len(here.clouds.logs["datenfab"].seen) == others


async def test_r_on_the_fleet_reads_every_cloud(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "datenfab"), every=SELDOM)) as here:
        assert here.clouds is not None
        logs = [here.clouds.logs[name] for name in ("scp", "datenfab")]
        await here.until(lambda: here.store.machines("samsung") and here.store.machines("datenfab"))
        await here.pilot.pause()
        before = [len(log.seen) for log in logs]
        await here.press("0", "r")
        await here.until(lambda: all(len(log.seen) > count for log, count in zip(logs, before, strict=True)))


async def test_a_filter_on_ages_follows_the_clock_where_nothing_else_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, Wish(only=("scp",), every=SELDOM)) as here:
        await here.go("1")
        bad = next(row for row in here.page.rows.values() if row.state == "ERROR")
        column = next(at for at, one in enumerate(here.page.columns) if one.role is Role.AGE)
        await here.press("slash", *shown_text(bad.cells[column], here.store.clock.now()), "enter")
        assert bad.ref in here.page.shown_refs
        now = here.store.clock.now
        monkeypatch.setattr(here.store.clock, "now", lambda: now() + 24 * 3600)
        await here.until(lambda: bad.ref not in here.page.shown_refs)
        assert here.page.rows[bad.ref] is bad
