"""A command on many machines from the console: on which it runs, what must be typed first, what becomes of it."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from rich.cells import cell_len
from textual import events

from gputui.core.actions import Risk
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref, Row
from gputui.ssh.machine import Machine
from gputui.ui.fan_out.batch import BatchRun, Counts
from gputui.ui.fan_out.command import PAUSE_SECONDS, CommandLine, CommandScreen
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.dialogs import Dialog
from tests.pilot.consoles import Console, Wish, console

DATENFAB = Wish(only=("datenfab",))
ASKING = {"datenfab": {"ssh": {"allow_local": True, "host_keys": "ask"}}}


def reached(here: Console) -> list[Row]:
    """The rows behind which there is SSH, from top to bottom."""
    found = []
    for ref in here.page.shown_refs:
        try:
            here.app.ssh.machine(ref)
        except Failed:
            continue
        found.append(here.page.rows[ref])
    return found


async def listed(here: Console) -> list[Row]:
    await here.go("1")
    await here.until(lambda: reached(here))
    return reached(here)


async def line(here: Console) -> CommandScreen:
    """The line for the command, open long enough for an Enter to count."""
    await here.press("exclamation_mark")
    return await ripe(here)


async def ripe(here: Console) -> CommandScreen:
    await here.until(lambda: isinstance(here.app.screen, CommandScreen) and here.app.screen.ripe)
    assert isinstance(here.app.screen, CommandScreen)
    return here.app.screen


async def enter(here: Console, command: str) -> None:
    """Have a command in the open line and send it off deliberately."""
    screen = here.app.screen
    assert isinstance(screen, CommandScreen)
    screen.query_one(CommandLine).value = command
    await here.until(lambda: screen.ripe)
    await here.press("enter")


async def running(here: Console) -> FanOutScreen:
    await here.until(lambda: here.shows(FanOutScreen))
    assert isinstance(here.app.screen, FanOutScreen)
    return here.app.screen


async def over(here: Console) -> FanOutScreen:
    """The screen with all answers in and put together."""
    screen = await running(here)
    await here.until(lambda: screen.rounds.over and not screen.rounds.pending)
    total = len(screen.rounds.answers)
    await here.until(lambda: not screen.report.pending and total == sum(len(one.machines) for one in screen.report.all))
    return screen


async def agree(here: Console) -> None:
    """Type what the question wants, and Enter."""
    dialog = await here.dialog()
    await here.press(*dialog.question.type_this, "enter")
    await here.until(lambda: here.app.screen is not dialog)


def names(machines: Sequence[Machine]) -> list[str]:
    return [machine.name for machine in machines]


def text(screen: CommandScreen) -> str:
    return "\n".join("".join(part for part, _ in line) for line in screen._pages.lines)


async def test_it_runs_on_the_marked_rows_and_puts_equal_answers_together(tmp_path: Path) -> None:
    async with console(tmp_path, DATENFAB) as here:
        rows = (await listed(here))[:3]
        here.page.set_marks(row.ref for row in rows)
        await here.press("slash", *rows[0].name, "enter")
        await here.until(lambda: here.page.hidden_marks == 2)
        screen = await line(here)
        assert "2 hidden by the filter" in screen.query_one("#command-title").text  # type: ignore[attr-defined]
        assert all(row.name.rpartition("-")[0] in text(screen) for row in rows)
        await enter(here, "uname -s; false")
        answers = await over(here)
        (group,) = answers.report.groups
        assert (group.text, group.status) == (("Linux",), 1)
        assert sorted(names(group.machines)) == sorted(row.name for row in rows)
        await here.press("escape")
        await here.until(lambda: here.app.screen is here.app.console_screen)
        assert not here.page.asking


async def test_the_odd_one_stands_first_with_its_difference_and_can_be_marked_and_all_is_saved(tmp_path: Path) -> None:
    async with console(tmp_path, DATENFAB) as here:
        rows = (await listed(here))[:3]
        here.page.set_marks(row.ref for row in rows)
        await line(here)
        command = f"echo same; hostname | grep -c {rows[0].ref.id.rpartition('/')[2]}; true"
        await enter(here, command)
        answers = await over(here)
        odd, most = answers.report.groups
        assert names(odd.machines) == [rows[0].name]
        assert (odd.text, most.text) == (("same", "1"), ("same", "0"))
        await here.press("d")
        shown = answers.view.outline.sections[0].lines
        assert list(shown)[-3:] == [" same", "-0", "+1"]
        await here.press("m")
        assert here.page.marks == {rows[0].ref}
        await here.press("e")
        folder = here.app.dumps
        await here.until(lambda: any(file.suffix == ".txt" and file.stat().st_size for file in listing(folder)))
        saved, plain = listing(folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in (saved, plain)} == {0o600}
        document = json.loads(saved.read_text())
        assert document["command"] == command
        assert {(one["id"], one["status"], one["stdout"]) for one in document["machines"]} == {
            (row.ref.id, 0, f"same\n{int(row is rows[0])}\n") for row in rows
        }
        assert f"---- 1, exit 0: datenfab/{rows[0].name}\nsame\n1\n" in plain.read_text()
        await here.press("escape")
        await here.until(lambda: here.app.screen is here.app.console_screen)
        await here.press("colon")
        await here.pilot.pause()
        await here.press(*"answers", "enter")
        again = await over(here)
        assert again is not answers
        assert again.report.groups == answers.report.groups


def listing(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


async def test_all_that_are_shown_take_the_typed_count(tmp_path: Path) -> None:
    async with console(tmp_path, DATENFAB) as here:
        count = len(await listed(here))
        await line(here)
        await enter(here, "true")
        dialog = await here.dialog()
        assert dialog.question.title == f"Run on {count} machines, all that are shown?"
        assert dialog.question.effect[0] == "$ true"
        assert dialog.question.type_this == str(count)
        await here.press("y", "enter")  # no answer
        assert here.app.screen is dialog
        await here.press("backspace", *dialog.question.type_this, "enter")
        answers = await over(here)
        assert len(answers.rounds.answers) == count


async def test_in_a_guarded_profile_even_one_takes_its_typed_name(tmp_path: Path) -> None:
    async with console(tmp_path, replace(DATENFAB, protected=True, read_only=True)) as here:
        row = (await listed(here))[0]
        here.page.set_marks([row.ref])
        await line(here)
        await enter(here, "hostname")
        question = (await here.dialog()).question
        assert question.type_this == row.name
        assert question.risk is Risk.DESTROYS
        assert "1 in datenfab (protected, read-only): " + row.name in question.told
        assert any("a shell command is none, and is not checked" in line for line in question.told)
        await here.press("escape")
        await here.until(lambda: here.app.screen is here.app.console_screen)


async def test_who_cannot_be_reached_is_told_before_and_left_out(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        first = (await listed(here))[0]
        off = next(row for row in here.page.rows.values() if row.state == "STOPPED")
        here.page.set_marks([first.ref, off.ref])
        screen = await line(here)
        assert f"1 left out: it is STOPPED: {off.name}" in text(screen)
        await enter(here, "true")
        assert names([answer.machine for answer in (await over(here)).rounds.answers]) == [first.name]


async def test_pasted_and_burst_text_runs_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, replace(DATENFAB, notices=True)) as here:
        row = (await listed(here))[0]
        here.page.set_marks([row.ref])
        screen = await line(here)
        field = screen.query_one(CommandLine)
        for char in "true":
            here.app.post_message(events.Key(char, char))
        here.app.post_message(events.Key("enter", "\r"))
        for char in "next":
            here.app.post_message(events.Key(char, char))
        await here.until(lambda: any("came with pasted text" in one.message for one in here.app._notifications))
        await here.until(lambda: field.value == "true" and not here.app._typed._waiting)
        assert here.app.screen is screen
        field.post_message(events.Paste("; hostname\nreboot\n"))
        await here.until(lambda: field.value == "true; hostname")
        assert here.app.screen is screen
        await here.until(lambda: screen.ripe and monotonic() - screen._last_key > PAUSE_SECONDS)
        await here.press("enter")
        await over(here)


async def test_run_in_the_command_line_fills_the_line_and_the_arrows_bring_back_what_was_run(tmp_path: Path) -> None:
    async with console(tmp_path, DATENFAB) as here:
        row = (await listed(here))[0]
        here.page.set_marks([row.ref])
        await here.press("colon")
        await here.pilot.pause()
        await here.press(*"run", "space", *"true", "enter")
        await here.until(lambda: here.shows(CommandScreen))
        screen = await ripe(here)
        field = screen.query_one(CommandLine)
        assert field.value == "true"
        await here.press("enter")
        await over(here)
        await here.press("escape")
        screen = await line(here)
        field = screen.query_one(CommandLine)
        await here.press(*"mine", "up")
        assert field.value == "true"
        await here.press("up", "down")
        assert field.value == "mine"


async def test_new_host_keys_are_asked_about_once_for_all_and_a_no_can_be_thought_over(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",), profile_changes=ASKING)) as here:
        rows = (await listed(here))[:2]
        here.page.set_marks(row.ref for row in rows)
        await line(here)
        await enter(here, "true")
        dialog = await here.dialog()
        assert dialog.question.title == "Trust 2 new host keys?"
        assert sum("SHA256:" in line for line in dialog.question.told) == 2
        assert all(any(row.name in line for line in dialog.question.told) for row in rows)
        assert dialog.question.type_this == "2"
        await here.press("escape")
        answers = await over(here)
        (failure,) = answers.report.failures
        assert "host key" in failure.text
        assert sorted(names(answers.rounds.failed)) == sorted(row.name for row in rows)
        await here.press("r")
        assert (await here.dialog()).question.title == "Run again on 2 machines?"
        await here.press("y")
        await here.until(lambda: dialog_about(here, "Trust 2 new host keys?"))
        await agree(here)
        await over(here)
        assert [answer.status for answer in answers.rounds.answers] == [0, 0]


def dialog_about(here: Console, title: str) -> bool:
    return isinstance(here.app.screen, Dialog) and here.app.screen.question.title == title


async def test_ctrl_c_ends_the_run_and_not_the_console_then_r_runs_just_those_again(tmp_path: Path) -> None:
    async with console(tmp_path, DATENFAB) as here:
        rows = (await listed(here))[:2]
        here.page.set_marks(row.ref for row in rows)
        await line(here)
        await enter(here, "sleep 1000")
        screen = await running(here)
        await here.until(lambda: screen.rounds.counts.running == 2)
        await here.press("ctrl+c")
        await over(here)
        (failure,) = screen.report.failures
        assert failure.text.startswith("cancelled")
        assert sorted(names(failure.machines)) == sorted(row.name for row in rows)
        await here.press("r")
        dialog = await here.dialog()
        assert dialog.question.title == "Run again on 2 machines?"
        await here.press("y")
        await here.until(lambda: screen.rounds.counts.running == 2)
        await here.press("escape")
        await here.dialog()
        await here.press("y")
        await over(here)
        assert here.app.screen is screen
        await here.press("escape")
        await here.until(lambda: here.app.screen is here.app.console_screen)


async def test_while_some_still_run_those_that_failed_are_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, DATENFAB) as here:
        rows = (await listed(here))[:2]
        here.page.set_marks(row.ref for row in rows)
        await line(here)
        await enter(here, "sleep 1000")
        screen = await running(here)
        await here.until(lambda: screen.rounds.counts.running == 2)
        with monkeypatch.context() as failing:
            failing.setattr(BatchRun, "failed", property(lambda rounds: rounds.pending[:1]))
            await here.press("r")
            await here.pilot.pause(0.1)
            assert here.app.screen is screen
        await here.press("ctrl+c")
        await over(here)
        await here.press("r")
        await here.dialog()


async def test_its_bars_fit_into_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(tmp_path, Wish(only=("datenfab",), size=(80, 24))) as here:
        rows = await listed(here)
        here.page.set_marks([rows[0].ref])
        await line(here)
        await enter(here, "true; # " + "long " * 20)
        screen = await over(here)
        monkeypatch.setattr(BatchRun, "counts", Counts(72, 64, 100, 10, 64))
        screen._draw_bars()
        title, counts = screen.query_one("#run-title", Bar).text, screen.query_one("#run-counts", Bar).text
        assert cell_len(title) == 80 and title.endswith("…")
        assert cell_len(counts) <= 80 and " 72 waiting " in counts and "█" in counts


async def test_a_machine_that_has_gone_meanwhile_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, DATENFAB) as here:
        first, second = (await listed(here))[:2]
        here.page.set_marks([first.ref, second.ref])
        await line(here)
        machine, find = here.app.ssh.machine, here.store.find

        def without_first(ref: Ref) -> Machine:
            if ref == first.ref:
                raise Failed(Problem(Cause.INPUT, "that row is gone"))
            return machine(ref)

        monkeypatch.setattr(here.app.ssh, "machine", without_first)
        monkeypatch.setattr(here.store, "find", lambda ref: None if ref == first.ref else find(ref))
        await enter(here, "true")
        dialog = await here.dialog()
        assert f"gone since: {first.name}: that row is gone" in dialog.question.told
        await here.press("y")
        answers = await over(here)
        assert names([answer.machine for answer in answers.rounds.answers]) == [second.name]


async def test_so_is_one_that_goes_while_it_is_asked_whether_to_run_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, DATENFAB) as here:
        first, second = (await listed(here))[:2]
        here.page.set_marks([first.ref, second.ref])
        await line(here)
        await enter(here, "false")
        answers = await over(here)
        await here.press("r")
        dialog = await here.dialog()
        assert dialog.question.title == "Run again on 2 machines?"
        machine, find = here.app.ssh.machine, here.store.find

        def without_first(ref: Ref) -> Machine:
            if ref == first.ref:
                raise Failed(Problem(Cause.INPUT, "that row is gone"))
            return machine(ref)

        monkeypatch.setattr(here.app.ssh, "machine", without_first)
        monkeypatch.setattr(here.store, "find", lambda ref: None if ref == first.ref else find(ref))
        await here.until(lambda: f"gone since: {first.name}: that row is gone" in dialog.question.told)
        await here.dialog()
        ran: list[list[str]] = []
        monkeypatch.setattr(answers, "_run", lambda machines: ran.append(names(machines)))
        await here.press("y")
        await here.until(lambda: ran)
        assert ran == [[second.name]]


async def test_leaving_the_console_leaves_no_command_behind(tmp_path: Path) -> None:
    async with console(tmp_path, DATENFAB) as here:
        row = (await listed(here))[0]
        here.page.set_marks([row.ref])
        await line(here)
        await enter(here, "sleep 1000")
        screen = await running(here)
        await here.until(lambda: screen.rounds.counts.running)
        here.app.quit_now()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "fan-out"]
