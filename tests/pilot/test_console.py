"""Looking about: tabs, views, drill-down, details, filter, and one provider's trouble staying its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Paste

from gputui.core.feed import Phase
from gputui.sim.faults import Fault
from gputui.ui.list.filter_line import FilterLine
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console

PROFILES = ("samsung", "nsml", "hosted", "runai", "datenfab")


def text_of(reader: Reader) -> str:
    return "\n".join("".join(part for part, _ in line) for line in reader.pages.lines)


async def loaded(here: Console) -> None:
    await here.until(lambda: set(here.store.clouds) == set(PROFILES))
    for name in here.store.clouds:
        await here.until(lambda name=name: here.store.machines(name))
        await here.until(lambda name=name: here.store.state(name).phase is Phase.LIVE)


async def test_the_fleet_shows_every_machine_of_every_cloud_worst_first(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(size=(120, 36))) as here:
        await loaded(here)
        expected = sum(len(here.store.machines(name)) for name in PROFILES)
        assert expected > 150
        await here.until(lambda: here.page.total_count == expected)
        ranks = [here.page.rows[ref].health.rank for ref in here.page.shown_refs]
        assert ranks == sorted(ranks)
        for name in PROFILES:
            assert name in here.bar("tabs")


async def test_every_view_of_every_profile_fills(tmp_path: Path) -> None:
    async with console(tmp_path, Wish()) as here:
        await loaded(here)
        for number, name in enumerate(PROFILES, 1):
            await here.press(str(number))
            for view in here.store.clouds[name].provider.views:
                assert here.app.console_screen.trail.here.view == view.name
                await here.until(lambda: here.page.total_count)
                assert view.title in here.bar("views") or "views: tab" in here.bar("views")
                await here.press("tab")
            await here.press("shift+tab", "tab")


async def test_drill_down_shows_the_children_only_and_esc_comes_back(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1", view="fabrics")
        fabric = await here.choose("cluster001")
        nodes = here.store.machines("samsung")
        await here.press("enter")
        await here.until(lambda: here.app.console_screen.trail.here.parent == fabric)
        await here.until(lambda: here.page.total_count)
        assert 0 < here.page.total_count < len(nodes)
        assert "cluster001" in here.bar("views")
        await here.press("escape")
        assert here.app.console_screen.trail.here.view == "fabrics"


async def test_children_that_are_read_apart_come_for_a_run_that_has_ended(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml",))) as here:
        await here.go("1", view="runs")
        ended = next(row for row in here.page.rows.values() if row.state == "COMPLETED")
        here.page.choose(ended.ref)
        await here.press("enter")
        await here.until(lambda: here.page.total_count)
        assert {row.state for row in here.page.rows.values()} == {"COMPLETED"}


async def test_details_and_json_hide_secrets(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",))) as here:
        await here.go("1")
        running = next(row for row in here.page.rows.values() if row.state == "Running")
        password = running.raw["servers"]["SSH"]["sshPassword"]  # type: ignore[index,call-overload]
        here.page.choose(running.ref)
        for key in ("d", "y"):
            await here.press(key)
            await here.until(lambda: here.shows(Reader))
            reader = here.app.screen
            assert isinstance(reader, Reader)
            await here.until(lambda reader=reader: "***" in text_of(reader))
            assert str(password) not in text_of(reader)
            assert running.ref.id.split("/")[-1] in text_of(reader)
            await here.press("q")


async def test_filter_and_faults_narrow_every_list_until_cleared(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        total = here.page.total_count
        await here.press("slash", *"error", "enter")
        await here.until(lambda: 0 < here.page.shown_count < total)
        assert {here.page.rows[ref].state for ref in here.page.shown_refs} == {"ERROR"}
        assert here.page.cursor_ref in here.page.shown_refs
        assert "/error" in here.bar("views")
        await here.press("ctrl+u")
        assert here.page.shown_count == total
        await here.press("f")
        assert {here.page.rows[ref].state for ref in here.page.shown_refs} == {"ERROR", "UNKNOWN"}
        await here.press("f")
        assert here.page.shown_count == total


async def test_a_filter_is_begun_anew_where_it_is_typed(tmp_path: Path) -> None:
    """As in a shell; what is typed next is text, never a key of the list, which could open a session."""
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        total = here.page.total_count
        await here.press("slash", *"running", "ctrl+u", *"error", "enter")
        await here.until(lambda: 0 < here.page.shown_count < total)
        assert {here.page.rows[ref].state for ref in here.page.shown_refs} == {"ERROR"}
        await here.press("slash", "ctrl+u", "enter")
        await here.until(lambda: here.page.shown_count == total)


async def test_a_filter_that_cannot_be_read_is_said_beside_it_and_matched_literally(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(80, 24))) as here:
        await here.go("1")
        for typed in ("health:fine", "!health:fine"):
            await here.press("slash", *typed, "enter")
            await here.until(lambda: here.page.shown_count == 0)
            assert "matched literally: health is one of " in here.bar("views")
            await here.press("ctrl+u")
            assert "matched literally" not in here.bar("views")


async def test_typed_terms_are_completed_and_a_pasted_list_of_names_means_any(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), size=(120, 24))) as here:
        await here.go("1")
        await here.press("slash", *"state:ERR")
        line = here.app.console_screen.query_one(FilterLine)
        await here.until(lambda: line._suggestion == "state:ERROR")
        await here.press("tab", *" gpu>=8", "enter")
        await here.until(lambda: 0 < here.page.shown_count < here.page.total_count)
        assert line.value == "state:ERROR gpu>=8"
        assert {here.page.rows[ref].state for ref in here.page.shown_refs} == {"ERROR"}
        await here.press("slash", "ctrl+u", *"fab")
        await here.until(lambda: line._suggestion == "fabric:")
        await here.press("ctrl+u")
        names = sorted(here.rows())[:3]
        line.post_message(Paste("\n".join(names)))
        await here.until(lambda: here.page.shown_count == 3)
        await here.press("enter")
        assert {here.page.rows[ref].name for ref in here.page.shown_refs} == set(names)


async def test_help_lists_the_verbs_and_why_they_are_off(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml",))) as here:
        await here.go("1")
        await here.press("question_mark")
        await here.until(lambda: here.shows(Reader))
        assert isinstance(here.app.screen, Reader)
        assert "stop" in text_of(here.app.screen)
        assert "published" in " ".join(text_of(here.app.screen).split())


@pytest.mark.parametrize("kind", ["hang", "status", "garbage", "cut"])
async def test_one_clouds_trouble_is_its_own(tmp_path: Path, kind: str) -> None:
    wish = Wish(before=lambda clouds: clouds.faults["scp"].always(Fault(kind)))
    async with console(tmp_path, wish) as here:
        for name in PROFILES[1:]:
            await here.until(lambda name=name: here.store.machines(name))
        assert not here.store.machines("samsung")
        await here.press("1")
        if kind != "hang":
            await here.until(lambda: "samsung ✖" in here.bar("tabs"))
            await here.until(lambda: "r tries at once" in here.bar("banner"))
        await here.press("2")
        await here.until(lambda: here.page.total_count)


async def test_refused_credentials_are_said_in_the_tab(tmp_path: Path) -> None:
    wish = Wish(only=("scp", "datenfab"), profile_changes={"datenfab": {"token": "wrong"}}, size=(120, 30))
    async with console(tmp_path, wish) as here:
        await here.until(lambda: "credentials refused" in here.bar("tabs"))
        await here.until(lambda: here.store.machines("samsung"))


async def test_a_broken_profile_says_so_and_the_others_work(tmp_path: Path) -> None:
    wish = Wish(only=("scp", "nsml"), profile_changes={"nsml": {"colour": "blue"}}, size=(120, 30))
    async with console(tmp_path, wish) as here:
        await here.until(lambda: here.store.machines("samsung"))
        await here.until(lambda: "config error" in here.bar("tabs"))
        await here.press("2")
        assert "colour" in here.bar("banner")


async def test_a_cloud_that_falls_silent_keeps_its_rows_and_they_grow_stale(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), every=0.2)) as here:
        await here.go("1")
        total = here.page.total_count
        assert here.clouds is not None
        here.clouds.faults["scp"].always(Fault("status", status=500))
        await here.until(lambda: "failing" in here.bar("views"))
        assert here.page.total_count == total
        await here.until(lambda: not any(row.health.word == "ok" for row in here.page.rows.values()))


async def test_history_and_last_view(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"))) as here:
        await here.go("1")
        await here.go("2")
        trail = here.app.console_screen.trail
        await here.press("left_square_bracket")
        assert trail.here.tab == "samsung"
        await here.press("right_square_bracket")
        assert trail.here.tab == "nsml"
        await here.press("minus")
        assert trail.here.tab == "samsung"


async def test_a_tab_opens_where_it_was_left_however_often_its_views_were_seen(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "nsml"))) as here:
        await here.go("1", view="fabrics")
        await here.press("shift+tab")
        assert here.app.console_screen.trail.here.view == "nodes"
        await here.go("2")
        await here.go("1")
        assert here.app.console_screen.trail.here.view == "nodes"


async def test_ctrl_c_twice_quits_and_ctrl_q_does_not(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.press("ctrl+q")
        assert here.app.is_running
        await here.press("ctrl+c")
        assert here.app.is_running
        await here.press("ctrl+c")
        await here.until(lambda: not here.app.is_running)
