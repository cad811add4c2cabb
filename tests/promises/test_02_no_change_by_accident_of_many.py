"""Many rows in one go: one question, an outcome for each, what failed at hand again; no change without journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

import gputui.ui.act.verbs
from gputui.core.rows import Ref, Row
from gputui.sim.faults import Fault
from gputui.sim.scp.state import Scp
from gputui.ui.act.menu import Menu
from gputui.ui.widgets.dialogs import Dialog, TypedInput
from gputui.ui.widgets.reader import Reader
from gputui.ui.widgets.timed_dialog import DEAD_SECONDS
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.every_hand import Hand, stands_on

SCP = Wish(only=("scp",))
IN_USE = json.dumps({"errors": [{"code": "Conflict", "detail": "The GPU Node is in use by a backup.", "status": 409}]})


def is_free(row: Row) -> bool:
    raw = row.raw
    assert isinstance(raw, dict)
    return row.state == "RUNNING" and not raw["lock_enabled"]


async def mark(hand: Hand, wanted: Callable[[Row], bool], count: int) -> list[Row]:
    """Go down the list and mark the first rows that are wanted."""
    page = hand.here.page
    marked: list[Row] = []
    await hand.press("g")
    for ref in page.shown_refs:
        await hand.here.until(partial(stands_on, page, ref))
        row = page.rows[ref]
        if wanted(row) and len(marked) < count:
            marked.append(row)
            await hand.press("space")
        else:
            await hand.press("j")
    await hand.here.until(lambda: page.marks == {row.ref for row in marked})
    assert len(marked) == count
    return marked


async def asked(hand: Hand, key: str) -> Dialog:
    await hand.press(key)
    return await hand.here.dialog()


async def confirmed(hand: Hand, key: str) -> None:
    """Press a verb's key and say yes to its question; returns when the list is free for more."""
    await asked(hand, key)
    await hand.agree()
    await hand.here.until(lambda: not hand.here.page.asking)


def said(here: Console, words: str) -> bool:
    return any(words in notice.message for notice in here.app._notifications)


def locked(here: Console) -> list[str]:
    """The ids whose locking has come to the server."""
    return [seen.target.split("/")[3] for seen in here.changes("scp") if seen.target.endswith("/lock")]


async def test_what_the_server_refuses_stays_marked_with_its_reason_and_is_asked_for_again(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        assert here.clouds is not None
        hand = Hand(here, "scp")
        await here.go("1")
        rows = await mark(hand, is_free, 10)
        refused = rows[1:9:2]
        for row in refused:
            fault = Fault("status", 409, body=IN_USE.encode())
            here.clouds.faults["scp"].next(fault, match=f"PUT /v1/gpu-nodes/{row.ref.id}/lock")
        dialog = await asked(hand, "L")
        assert dialog.question.title == "Lock 10 marked rows in samsung?"
        assert dialog.question.type_this == "10"
        assert dialog.question.request[0] == "10 requests:"
        assert dialog.question.request[1:] == tuple(f"PUT /v1/gpu-nodes/{row.ref.id}/lock" for row in rows)
        await hand.agree()
        await here.until(lambda: said(here, "6 of 10 accepted, 4 refused"))
        assert said(here, "4 stay marked: L asks again for just those.")
        assert sorted(locked(here)) == sorted(row.ref.id for row in rows)
        assert here.page.marks == {row.ref for row in refused}
        await here.until(lambda: all(shown(here, row.ref) == "RUNNING lock refused" for row in refused))
        await reason_in_the_details(hand, refused[0], "The GPU Node is in use by a backup.")
        assert here.page.marks == {row.ref for row in refused}
        again = await asked(hand, "L")
        assert again.question.title == "Lock 4 marked rows in samsung?"
        assert names(again) == [row.name for row in here.page.targets().rows]
        await hand.agree()
        await here.until(lambda: said(here, "4 of 4 accepted"))
        assert sorted(locked(here)[10:]) == sorted(row.ref.id for row in refused)
        await here.until(lambda: not here.page.marks)


def shown(here: Console, ref: Ref) -> str:
    """The state of a row, as its line has it."""
    return here.page.rows[ref].cells[2].text


def names(dialog: Dialog) -> list[str]:
    """The targets a question lists."""
    told = dialog.question.each or dialog.question.names
    return [line.partition("   ")[0] for line in told if "   id " in line]


async def reason_in_the_details(hand: Hand, row: Row, words: str) -> None:
    await hand.to(row.ref)
    await hand.press("d")
    reader = await hand.screen(Reader)
    text = "".join("".join(part for part, _ in line) for line in reader.pages.lines)
    assert words in " ".join(text.split())
    await hand.back()


async def test_rows_that_cannot_be_changed_are_left_out_by_name(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        off = next(row for row in here.page.rows.values() if row.state == "STOPPED")
        free = [row for row in here.page.rows.values() if is_free(row)][:2]
        wanted = {row.ref for row in (off, *free)}
        await mark(hand, lambda row: row.ref in wanted, 3)
        dialog = await asked(hand, "X")
        assert dialog.question.title == "Stop 2 marked rows in samsung?"
        assert f"left out: {off.name} (state is STOPPED: only a RUNNING node can be stopped)" in dialog.question.aside
        assert sorted(names(dialog)) == sorted(row.name for row in free)
        await hand.agree()
        await here.until(lambda: here.changes("scp"))
        (sent,) = here.changes("scp")
        assert sorted(json.loads(sent.body)["gpu_node_ids"]) == sorted(row.ref.id for row in free)
        await here.until(lambda: here.page.marks == {off.ref})


async def test_marks_that_the_filter_hides_are_counted_and_meant(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        rows = await mark(hand, is_free, 3)
        await hand.press("slash")
        await hand.write(rows[0].name)
        await hand.press("enter")
        assert here.page.shown_count == 1
        dialog = await asked(hand, "X")
        assert dialog.question.title == "Stop 3 marked rows in samsung? (2 hidden by the filter)"
        assert sorted(names(dialog)) == sorted(row.name for row in rows)


async def test_a_question_must_be_answered_anew_when_a_target_changes(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        rows = await mark(hand, is_free, 6)
        dialog = await asked(hand, "X")
        assert dialog.question.type_this == "6"
        await hand.write("6")
        assert here.clouds is not None
        scp = here.clouds.world["scp"]
        assert isinstance(scp, Scp)
        scp.enter(scp.nodes[rows[2].ref.id], "ERROR")
        await here.until(lambda: dialog.question.type_this == "5")
        assert dialog.changed
        assert dialog.query_one(TypedInput).value == ""
        assert any(line.startswith(f"left out: {rows[2].name} (state is ERROR") for line in dialog.question.aside)
        await here.dialog()
        await hand.press("6", "enter")
        assert not here.changes("scp")
        await hand.press("backspace", "5", "enter")
        await here.until(lambda: here.changes("scp"))
        (sent,) = here.changes("scp")
        assert rows[2].ref.id not in json.loads(sent.body)["gpu_node_ids"]
        assert len(json.loads(sent.body)["gpu_node_ids"]) == 5


async def test_a_key_pressed_twice_is_meant_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read that would show it has begun: only the pause keeps a second one away."""
    assert gputui.ui.act.verbs.REPEAT_SECONDS == 2.0
    monkeypatch.setattr(gputui.ui.act.verbs, "REPEAT_SECONDS", 60.0)  # however slow this machine is
    async with console(tmp_path, Wish(only=("hostedai",))) as here:
        hand = Hand(here, "hostedai")
        await here.go("1")
        await hand.choose("gpu-worker-02")
        assert here.clouds is not None
        here.clouds.faults["hostedai"].always(Fault("hang"), match="GET /api/gpuaas/node/list")
        await confirmed(hand, "B")
        await hand.press("B")
        await here.until(lambda: said(here, "that was sent a moment ago"))
        assert here.app.screen is here.app.console_screen
        await here.until(lambda: len(here.changes("hostedai")) == 1)
        await here.until(lambda: not here.page.asking)
        monkeypatch.setattr(gputui.ui.act.verbs, "REPEAT_SECONDS", 0.0)
        await asked(hand, "B")


async def test_the_list_is_free_again_once_the_question_is_answered(tmp_path: Path) -> None:
    async with console(tmp_path, SCP) as here:
        assert here.clouds is not None
        hand = Hand(here, "scp")
        await here.go("1")
        (row,) = await mark(hand, is_free, 1)
        here.clouds.faults["scp"].always(Fault("hang"), match="POST /v1/gpu-nodes/stop")
        await hand.press("a")
        menu = await hand.screen(Menu)
        await here.until(lambda: monotonic() - menu.seen_at >= DEAD_SECONDS)
        await asked(hand, "X")
        assert here.page.asking
        await hand.agree()
        await here.until(lambda: here.changes("scp"))
        await hand.press("g", "j")
        await here.until(lambda: here.page.cursor_ref == here.page.shown_refs[1])
        assert here.page.marks == {row.ref}


def without_a_journal(folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "audit.jsonl").mkdir()


async def test_without_a_journal_it_is_asked_once_more_over_all_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not sent for want of a journal can be asked for again at once: that repeats nothing."""
    monkeypatch.setattr(gputui.ui.act.verbs, "REPEAT_SECONDS", 60.0)
    without_a_journal(tmp_path)
    async with console(tmp_path, SCP) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        rows = await mark(hand, is_free, 3)
        await ask_without(hand, rows)
        await hand.press("escape")
        await here.until(lambda: said(here, "3 of 3 not sent"))
        assert not here.changes("scp")
        assert here.page.marks == {row.ref for row in rows}
        await here.until(lambda: not here.page.asking)
        await ask_without(hand, rows)
        await hand.agree()
        await here.until(lambda: said(here, "3 of 3 accepted"))
        assert sorted(locked(here)) == sorted(row.ref.id for row in rows)


async def ask_without(hand: Hand, rows: Sequence[Row]) -> None:
    dialog = await asked(hand, "L")
    assert len(names(dialog)) == len(rows)
    await hand.agree()
    second = await hand.here.dialog()
    assert second.question.title == "Lock without a line in the journal?"
    assert second.question.type_this == "without"
    await hand.press("y", "enter")
    assert not hand.here.changes("scp")
    await hand.press("backspace")


async def test_where_the_journal_is_required_there_is_no_change_without_it(tmp_path: Path) -> None:
    without_a_journal(tmp_path)
    async with console(tmp_path, SCP) as here:
        here.store.journal.required = True
        hand = Hand(here, "scp")
        await here.go("1")
        await mark(hand, is_free, 2)
        await confirmed(hand, "L")
        await here.until(lambda: said(here, "2 of 2 not sent"))
        assert here.app.screen is here.app.console_screen
        assert said(here, "the journal cannot be written")
        assert not here.changes("scp")
