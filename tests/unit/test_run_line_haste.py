"""The line for a command on many machines: which Enter counts, by the moment at which each key came."""

from __future__ import annotations

from typing import Any, cast

import pytest
from textual import events
from textual.app import ComposeResult

from gputui.config.colours import Depth
from gputui.ui.fan_out.command import CommandLine, CommandScreen
from gputui.ui.fan_out.targets import RunTargets
from gputui.ui.terminal.themed_app import ThemedApp
from tests.pilot.table_app import shipped_theme

OPENED = 0.0
LATE = 8.0


class Line(CommandScreen):
    """The line as it can be seen since a moment; what it says is kept."""

    def __init__(self) -> None:
        super().__init__(cast(RunTargets, None), [])
        self.said: list[str] = []
        self.seen_at = OPENED

    def notify(self, message: str, **_: Any) -> None:
        self.said.append(message)


def key(name: str, at: float) -> events.Key:
    event = events.Key(name, name if len(name) == 1 else None)
    event.time = at
    return event


@pytest.mark.parametrize(("after", "taken"), [(0.299, False), (0.3, True), (0.301, True)])
def test_an_enter_counts_once_the_line_can_have_been_read(after: float, taken: bool) -> None:
    line = Line()
    assert line.takes(key("enter", OPENED + after)) is taken
    assert bool(line.said) is not taken


@pytest.mark.parametrize(("gap", "taken"), [(0.0, False), (0.049, False), (0.051, True)])
def test_an_enter_right_behind_another_key_came_with_pasted_text(gap: float, taken: bool) -> None:
    line = Line()
    assert line.takes(key("a", LATE))
    assert line.takes(key("enter", LATE + gap)) is taken
    assert bool(line.said) is not taken


def test_letters_in_haste_are_only_text() -> None:
    line = Line()
    assert all(line.takes(key(letter, OPENED + 0.001)) for letter in "uname")
    assert line.said == []


def test_what_came_in_one_piece_behind_such_an_enter_is_a_second_line_and_dropped() -> None:
    line = Line()
    assert line.takes(key("a", LATE))
    assert not line.takes(key("enter", LATE))
    assert not line.takes(key("r", LATE + 0.001))
    assert not line.takes(key("enter", LATE + 0.002))
    assert len(line.said) == 1


def test_after_a_pause_keys_are_keys_again_and_the_enter_counts() -> None:
    line = Line()
    line.takes(key("a", LATE))
    line.takes(key("enter", LATE))
    assert line.takes(key("b", LATE + 0.051))
    assert line.takes(key("enter", LATE + 1.0))
    assert len(line.said) == 1


class Recall(ThemedApp[None]):
    """Nothing but the line."""

    def __init__(self, text: str, past: list[str]) -> None:
        super().__init__(shipped_theme(), Depth.DIRECT)
        self._given = (text, past)

    @property
    def line(self) -> CommandLine:
        return self.query_one(CommandLine)

    def compose(self) -> ComposeResult:
        yield CommandLine(*self._given)


async def test_commands_of_before_are_under_the_arrows_and_what_was_being_typed_below_them() -> None:
    app = Recall("own", ["first", "second"])
    async with app.run_test() as pilot:
        seen = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            seen.append(app.line.value)
        assert seen == ["second", "first", "first", "second", "own", "own"]


async def test_what_stood_in_the_line_comes_back_as_it_was_left() -> None:
    app = Recall("", ["first"])
    async with app.run_test() as pilot:
        await pilot.press(*"half")
        await pilot.press("up", "down")
        assert app.line.value == "half"
        assert app.line.cursor_position == len("half")
