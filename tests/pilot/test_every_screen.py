"""On every screen: `esc` leads one step back, so does `q` where nothing is typed, `:` is the command line, no key dies
in silence."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Input

import gputui.ui
from gputui.core.actions import Choice, Complaint, Query, Risk
from gputui.ssh.prompter import Prompt
from gputui.ssh.trust.changed import KeyChange
from gputui.ssh.trust.hosts import HostKey
from gputui.ui.act.menu import Menu
from gputui.ui.fan_out.batch import BatchRun
from gputui.ui.fan_out.command import CommandScreen
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.fan_out.targets import find_targets
from gputui.ui.form.choice import ChoiceBox
from gputui.ui.form.editor import Mistakes
from gputui.ui.form.screen import Form
from gputui.ui.gpus.machine import GpuScreen, open_gpus
from gputui.ui.gpus.many import GpuList, open_gpu_list
from gputui.ui.inspect.comparing import Comparison
from gputui.ui.inspect.details import RowDetails
from gputui.ui.inspect.explain import Explanation
from gputui.ui.inspect.field_reader import FieldReader
from gputui.ui.inspect.live_reader import LiveReader
from gputui.ui.inspect.metrics import MetricsScreen, RowReading
from gputui.ui.inspect.network import Network
from gputui.ui.inspect.profile import ProfileState
from gputui.ui.inspect.row import RawReader, RowReader
from gputui.ui.inspect.timeline import Timeline
from gputui.ui.list.column_menu import ColumnMenu
from gputui.ui.ssh.forward_list import ForwardList
from gputui.ui.ssh.host_key_changed import ChangedKey
from gputui.ui.ssh.prompts import Prompts
from gputui.ui.ssh.session_list import SessionList
from gputui.ui.widgets import timed_dialog
from gputui.ui.widgets.chooser import Chooser
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.list_dialog import ListDialog
from gputui.ui.widgets.live_list import LiveList
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.picker import Pick, PickAction, Picker
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.reader import Reader
from gputui.ui.widgets.timed_dialog import TimedDialog
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.frames_sent import FramesSent

ALONE = {OverlayScreen, TimedDialog, ListDialog, LiveList, RowReader, FieldReader}
"""What screens are made from; none of them is shown itself."""
Open = Callable[[Console], Awaitable[object]]


def pushed(made: Callable[[Console], Screen[Any]]) -> Open:
    async def push(here: Console) -> None:
        here.app.push_screen(made(here))

    return push


def key(*keys: str) -> Open:
    return lambda here: here.press(*keys)


async def _answer() -> Any:
    return (), True


async def _measured(chosen: Any) -> Any:
    return None


async def _ran(here: Console) -> None:
    targets = await find_targets(here.store, here.app.ssh, (), about="shown")
    here.app.push_screen(FanOutScreen(here.app, targets, "true", here.page, BatchRun("true", here.app.ssh.pool)))


async def _gpus(here: Console) -> None:
    assert here.page.cursor_ref is not None
    open_gpus(here.app, here.store, here.page.cursor_ref)


async def _gpu_list(here: Console) -> None:
    open_gpu_list(here.app, here.store, here.page.many())


METRICS = Query[Any]("metrics", "Metrics", _measured)
ASK = Question("Poke it?", ("toy",), Risk.DISRUPTS, "poke")
TYPED = Question("Poke it?", ("toy",), Risk.DESTROYS, "poke", type_this="toy-q")
OPENED: Mapping[type[Screen[Any]], Open] = {
    Reader: key("question_mark"),
    RowDetails: key("d"),
    RawReader: key("y"),
    Timeline: key("t"),
    Explanation: key("x"),
    Network: pushed(lambda here: Network(here.app)),
    ProfileState: pushed(lambda here: ProfileState(here.app, "samsung")),
    Comparison: pushed(lambda here: Comparison(*list(here.page.rows.values())[:2], [])),
    LiveReader: pushed(lambda here: LiveReader("Logs", _answer, every=None)),
    MetricsScreen: pushed(lambda here: MetricsScreen(here.app, "Metrics", [RowReading("x", _measured)], METRICS)),
    ChangedKey: pushed(lambda here: ChangedKey("x", "h", KeyChange("h", 22, HostKey(b""), ()), here.app.ssh.places)),
    Dialog: pushed(lambda here: Dialog(ASK)),
    Menu: key("a"),
    ColumnMenu: key("o"),
    Picker: pushed(lambda here: Picker("Links", [Pick("Save", "it", (PickAction("s", "save"),))])),
    Chooser: pushed(lambda here: Chooser("Which?", [Choice("a", "A")])),
    Form: key("N"),
    Mistakes: pushed(lambda here: Mistakes("{}", [Complaint(1, "", "no")])),
    Prompts: pushed(lambda here: Prompts("host", ["says"], [Prompt("Password: ", False)], "gives up")),
    CommandScreen: key("exclamation_mark"),
    FanOutScreen: _ran,
    GpuScreen: _gpus,
    GpuList: _gpu_list,
    SessionList: pushed(lambda here: SessionList(here.app.ssh.sessions, here.store.clock.now)),
    ForwardList: pushed(lambda here: ForwardList(here.app)),
}

TYPED_IN = {Form, Prompts, CommandScreen}
"""Where letters are text from the beginning."""


def kinds(base: type[Any]) -> Iterator[type[Any]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("gputui."):
            yield kind
        yield from kinds(kind)


def test_every_screen_is_in_the_table() -> None:
    for module in pkgutil.walk_packages(gputui.ui.__path__, "gputui.ui."):
        importlib.import_module(module.name)
    assert {*kinds(OverlayScreen), OverlayScreen} == {*OPENED, *ALONE}


async def test_esc_q_and_the_colon_are_the_same_on_every_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent to the terminal for it is held against what the console shows on each screen, and behind it."""
    monkeypatch.setattr(timed_dialog, "DEAD_SECONDS", 0.0)
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.choose("gpu-node-014")
        here.app.ssh._loaded = True
        frames = FramesSent(here.app, monkeypatch)
        for kind, show in OPENED.items():
            screen = await opened(here, kind, show)
            await here.until(frames.agree)
            keys = screen.active_bindings
            assert keys["escape"].binding.action == "leave", kind
            if kind in TYPED_IN:
                await here.press("q", "colon")
                assert here.app.screen is screen, kind
                if isinstance(here.app.focused, ChoiceBox) and here.app.focused.opened:
                    await here.press("escape")  # one step back leads out of its list
                await here.press("escape")
            else:
                assert keys["colon"].binding.action == "command_palette", kind
                await here.press("q")
            await at_the_list(here)
        await here.until(frames.agree)


async def opened(here: Console, kind: type[Screen[Any]], show: Open) -> Screen[Any]:
    await show(here)
    await here.until(lambda: here.shows(kind))
    screen = here.app.screen
    if isinstance(screen, TimedDialog):
        await here.until(lambda: screen.ripe)
    return screen


async def at_the_list(here: Console) -> None:
    await here.until(lambda: here.app.screen is here.app.console_screen)
    await here.until(lambda: not here.page.asking)


async def test_where_a_name_is_typed_the_letters_of_other_keys_belong_to_it(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        dialog = await opened(here, Dialog, pushed(lambda here: Dialog(TYPED)))
        await here.press("q", "n")
        assert here.app.screen is dialog
        assert dialog.query_one(Input).value == "qn"


async def test_a_command_chosen_over_another_screen_leaves_that_first(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.press("d")
        await here.until(lambda: here.shows(Reader))
        await here.press("colon")
        await here.until(lambda: here.shows(CommandPalette))
        await here.press(*"fleet", "enter")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "")
        await here.until(lambda: here.app.screen is here.app.console_screen)


async def test_while_a_command_runs_the_line_does_not_lead_away_from_it(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), notices=True)) as here:
        await here.go("1")
        here.app.ssh._loaded = True
        screen = await opened(here, FanOutScreen, _ran)
        assert isinstance(screen, FanOutScreen)
        screen.rounds._over = False
        await here.press("colon")
        await here.until(lambda: "ctrl+c ends it" in said(here))
        assert here.app.screen is screen


def said(here: Console) -> str:
    return "\n".join(notice.message for notice in here.app._notifications)


DEAD = (
    (("S",), "S is not here: Power on: this API has no start call in its published reference"),
    (("A",), "A is not here: it is Assign GPUs on hosted pools"),
    (("ctrl+k",), "ctrl+k does nothing here: nothing is killed at once: ctrl+d deletes, and asks first"),
    (("f7",), "f7 does nothing here: ? lists the keys"),
    (("question_mark", "X"), "X is not here: on the list it is Power off on"),
    (("question_mark", "f"), "f is not here: on the list it is faults only"),
    (("question_mark", "space"), "space is not here: on the list it is mark"),
    (("question_mark", "f7"), "f7 does nothing here"),
)


async def test_a_key_that_does_nothing_says_what_it_does_elsewhere(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml", "hostedai", "datenfab"))) as here:
        await here.until(lambda: len(here.store.clouds) == 3)
        await here.go("1")
        for keys, words in DEAD:
            for _ in range(2):
                await here.press(*keys)
                await here.pilot.pause()
                assert said(here).count(words) == 1, (keys, said(here))
                if len(keys) > 1:
                    await here.press("escape")
                    await at_the_list(here)
        await here.press("9")
        assert "there is no tab 9: the last one is 3" in said(here)


async def test_keys_that_work_and_keys_that_nobody_types_say_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.press("left_shift", "right_control", "caps_lock", "j", "k", "g", "w", "w", "space", "ctrl+backslash")
        await here.pilot.pause()
        assert "here" not in said(here)
