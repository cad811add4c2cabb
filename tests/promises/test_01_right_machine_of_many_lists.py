"""Promise 1 over several lists: what is marked is what is meant, each row by its own provider."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.command import CommandPalette
from textual.widgets import OptionList

from gputui.core.actions import Risk
from gputui.core.rows import Row
from gputui.sim.scp.state import Scp
from gputui.ui.act.menu import Menu
from gputui.ui.fan_out.command import CommandScreen
from gputui.ui.gpus.many import GpuList
from gputui.ui.list.action_items import ActionItem
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.picker import Picker
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.every_hand import Hand

RUNNING = {"samsung": "RUNNING", "datenfab": "Running"}
TWO = ("scp", "datenfab")


@asynccontextmanager
async def fleet(folder: Path, wish: Wish) -> AsyncIterator[tuple[Console, Hand]]:
    """The fleet with all machines of the profiles in it."""
    async with console(folder, wish) as here:
        await here.until(lambda: set(here.store.clouds) == set(here.store.tabs))
        await here.until(lambda: all(here.store.machines(name) for name in here.store.tabs))
        await here.until(lambda: here.page.total_count == sum(len(here.store.machines(n)) for n in here.store.tabs))
        yield here, Hand(here, "")


def running(here: Console, profile: str, count: int) -> list[Row]:
    found = [row for row in here.store.machines(profile).values() if row.state == RUNNING[profile] and row.item]
    return found[:count]


def mark(here: Console, *rows: Iterable[Row]) -> list[Row]:
    marked = [row for some in rows for row in some]
    here.page.set_marks(row.ref for row in marked)
    return marked


def offer(here: Console, label: str) -> ActionItem:
    (found,) = (one for one in here.page.offers() if one.label == label)
    return found


def said(here: Console, words: str) -> bool:
    return any(words in notice.message for notice in here.app._notifications)


@pytest.mark.parametrize("key", ["a", "c", "exclamation_mark", "m", "question_mark", "colon", "d", "y", "s", "b", "w"])
async def test_every_key_works_on_all_machines_of_all_clouds(tmp_path: Path, key: str) -> None:
    async with fleet(tmp_path, Wish()) as (here, hand):
        await hand.press("asterisk", key)
        assert len(here.page.marks) == here.page.total_count
        await here.pilot.pause()
        assert here.app._exception is None
        if here.app.screen is not here.app.console_screen:
            await hand.back()


async def test_marks_over_several_lists_ask_one_question_grouped_by_profile(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        nodes, instances = running(here, "samsung", 2), running(here, "datenfab", 2)
        mark(here, nodes, instances)
        await hand.press("X")
        question = (await here.dialog()).question
        assert question.title == "Stop/Power off 4 marked rows in samsung, datenfab?"
        assert question.risk is Risk.DISRUPTS
        first, second = question.each.index("samsung: stop 2"), question.each.index("datenfab: power off 2")
        for row in nodes:
            assert any(line.startswith(f"  {row.name}   ") for line in question.each[first:second])
        for row in instances:
            assert any(line.startswith(f"  {row.name}   ") for line in question.each[second:])
        assert [names.partition(": ")[2].partition(": ")[0] for names in question.names] == ["stop 2", "power off 2"]
        assert question.request[0] == "3 requests:"
        assert question.request[1:3] == ("samsung:", "POST /v1/gpu-nodes/stop")
        assert [line for line in question.request if line.endswith("/power_off")] == [
            f"POST /clusters/{row.ref.id.replace('/', '/instances/')}/power_off" for row in instances
        ]


async def test_each_row_is_changed_by_its_own_provider_and_reported_together(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        nodes, instances = running(here, "samsung", 2), running(here, "datenfab", 2)
        mark(here, nodes, instances)
        await hand.press("X")
        await hand.agree()
        await here.until(lambda: said(here, "Stop/Power off: 4 of 4 accepted"))
        (stop,) = here.changes("scp")
        assert sorted(json.loads(stop.body)["gpu_node_ids"]) == sorted(row.ref.id for row in nodes)
        sent = sorted(seen.target for seen in here.changes("datenfab"))
        assert sent == sorted(
            f"/mdc/api/v1/clusters/{row.ref.id.replace('/', '/instances/')}/power_off" for row in instances
        )
        await here.until(lambda: not here.page.marks)


async def test_the_owner_follows_from_the_row_wherever_the_cursor_stands(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        nodes = [row for row in running(here, "samsung", 64) if not row.raw["lock_enabled"]][:2]  # type: ignore[index,call-overload]
        mark(here, nodes)
        await hand.to(running(here, "datenfab", 1)[0].ref)
        await hand.press("L")
        question = (await here.dialog()).question
        assert question.title == "Lock 2 marked rows in samsung?"
        await hand.agree()
        await here.until(lambda: len(here.changes("scp")) == 2)
        assert not here.changes("datenfab")


async def test_a_verb_that_one_list_lacks_is_off_and_says_which(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        mark(here, running(here, "samsung", 1), running(here, "datenfab", 1))
        lock = offer(here, "Lock")
        assert (lock.off, lock.calls) == ("datenfab has no lock", ())
        await hand.press("L")
        await here.until(lambda: said(here, "Lock: datenfab has no lock"))
        await hand.press("a")
        menu = await hand.screen(Menu)
        assert {one.label for one in menu.offers if not one.off} == {"Stop/Power off"}
        assert here.app.screen is menu


async def test_a_read_only_profile_among_them_switches_the_verb_off_and_is_named(tmp_path: Path) -> None:
    wish = Wish(only=TWO, profile_changes={"datenfab": {"read_only": True}})
    async with fleet(tmp_path, wish) as (here, hand):
        mark(here, running(here, "samsung", 1), running(here, "datenfab", 1))
        assert offer(here, "Stop/Power off").off == "datenfab is read-only"
        await hand.press("X")
        await here.until(lambda: said(here, "datenfab is read-only"))
        await here.until(lambda: not here.page.asking)
        assert here.app.screen is here.app.console_screen
        assert not here.changes("scp")


async def test_what_changed_in_one_list_stops_what_was_confirmed_in_all(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        mark(here, nodes := running(here, "samsung", 1), running(here, "datenfab", 1))
        await hand.press("X")
        dialog = await here.dialog()
        # Nothing tells the dialog: only the check before sending can see it.
        dialog._renew = None
        assert here.clouds is not None
        scp = here.clouds.world["scp"]
        assert isinstance(scp, Scp)
        scp.enter(scp.nodes[nodes[0].ref.id], "ERROR")
        await here.until(lambda: here.row("samsung", nodes[0].name).state == "ERROR")
        await hand.press("y")
        await here.until(lambda: said(here, "2 of 2 not sent"))
        assert said(here, "another target has changed")
        assert not here.changes("scp") and not here.changes("datenfab")


async def test_five_rows_over_two_lists_take_the_typed_count_and_four_do_not(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        for count, typed in ((2, ""), (3, "5")):
            mark(here, running(here, "samsung", 2), running(here, "datenfab", count))
            await hand.press("X")
            dialog = await here.dialog()
            assert dialog.question.type_this == typed
            await hand.back()
            await here.until(lambda: not here.page.asking)


async def test_what_is_left_out_is_told_in_its_list(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        off = [row for row in here.store.machines("datenfab").values() if row.state == "Shutdown"][:1]
        mark(here, running(here, "samsung", 1), running(here, "datenfab", 1), off)
        await hand.press("X")
        lines = (await here.dialog()).question.aside
        at = lines.index("datenfab: power off 1 of 2")
        assert any(line.startswith(f"  left out: {off[0].name} (state is Shutdown") for line in lines[at:])


async def test_a_list_of_which_nothing_is_left_does_not_keep_the_others_away(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        off = [row for row in here.store.machines("datenfab").values() if row.state == "Shutdown"][:1]
        mark(here, running(here, "samsung", 1), off)
        await hand.press("X")
        question = (await here.dialog()).question
        assert "datenfab: power off 0 of 1" in question.names
        assert question.request[0] == "samsung:"
        await hand.agree()
        await here.until(lambda: here.changes("scp"))
        assert not here.changes("datenfab")


async def test_copies_runs_and_gpus_are_of_all_that_is_marked(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        marked = mark(here, running(here, "samsung", 2), running(here, "datenfab", 2))
        await hand.press("c")
        assert "Copy of 4 marked rows" in (await hand.screen(Picker))._title
        await hand.back()
        await hand.press("m")
        screen = await hand.screen(GpuList)
        assert set(screen._watch.machines) | {one.ref for one in screen._refused} == {r.ref for r in marked}
        await hand.back()
        await hand.press("exclamation_mark")
        command = await hand.screen(CommandScreen)
        assert {m.ref for m in command._targets.seen} | {o.ref for o in command._targets.out} == {r.ref for r in marked}


async def test_help_and_key_line_are_about_what_is_marked(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO, size=(120, 36))) as (here, hand):
        mark(here, running(here, "samsung", 2), running(here, "datenfab", 2))
        await here.until(lambda: "Stop/Power off" in here.bar("keys"))
        assert "Lock" not in here.bar("keys")
        await hand.press("question_mark")
        text = "\n".join("".join(part for part, _ in line) for line in (await hand.screen(Reader)).pages.lines)
        assert "verbs of 4 marked rows" in text
        assert "off: datenfab has no lock" in text


async def test_a_dialog_is_only_of_the_marked_rows_after_a_sort_under_it(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        marked = mark(here, running(here, "samsung", 1), running(here, "datenfab", 1))
        await hand.press("X")
        dialog = await here.dialog()
        here.page.sort_by(0, reverse=True)
        assert isinstance(dialog, Dialog)
        await hand.agree()
        await here.until(lambda: here.changes("scp") and here.changes("datenfab"))
        assert json.loads(here.changes("scp")[0].body)["gpu_node_ids"] == [marked[0].ref.id]


async def test_the_command_line_means_what_was_marked_when_it_was_opened(tmp_path: Path) -> None:
    async with fleet(tmp_path, Wish(only=TWO)) as (here, hand):
        marked = mark(here, running(here, "samsung", 1), running(here, "datenfab", 1))
        await hand.press("colon")
        palette = await hand.screen(CommandPalette)
        here.page.set_marks(())
        palette.post_message(events.Paste("stop/power off"))
        await here.until(lambda: first(palette).startswith("stop/power off 2 marked rows"))
        await hand.press("enter")
        dialog = await here.dialog()
        assert all(any(f" {row.name}   " in line for line in dialog.question.names) for row in marked)


def first(palette: CommandPalette) -> str:
    """The line of the command line that Enter would run."""
    found = palette.query_one(OptionList)
    return "" if found.highlighted is None else str(found.get_option_at_index(found.highlighted).prompt).strip()
