"""Keys that arrive in one piece are taken one after the other, and nothing holds the keyboard for long."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from gputui.ui.terminal.type_ahead import BURST_GAP, LONGEST_WAIT, Runs, TypeAhead
from tests.clocks import until


class Form(App[None]):
    """`i` goes to the input, `x` takes the widget away that has just got a key."""

    BINDINGS = [Binding("i", "write", show=False), Binding("x", "vanish", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self._typed = TypeAhead(self, super().on_event)
        self.pressed: list[str] = []

    def compose(self) -> ComposeResult:
        yield Button("start", id="start")
        yield Input(id="text")

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        self.pressed.append(event.key)

    def action_write(self) -> None:
        self.query_one(Input).focus()

    def action_vanish(self) -> None:
        self.query_one(Button).remove()

    def burst(self, keys: str) -> None:
        """All of them in the queue before the first is looked at."""
        for key in keys:
            self.post_message(events.Key(key, key))


async def test_keys_behind_one_that_moves_the_focus_go_where_it_moved() -> None:
    app = Form()
    async with app.run_test():
        await until(lambda: app.focused is app.query_one(Button))
        app.burst("iissex")
        await until(lambda: app.query_one(Input).value == "issex")
        assert app.pressed == ["i"]


async def test_a_key_whose_target_goes_away_does_not_hold_the_keyboard() -> None:
    app = Form()
    async with app.run_test():
        await until(lambda: app.focused is app.query_one(Button))
        app.burst("xab")  # Textual gives the focus to the next widget
        await until(lambda: app.query_one(Input).value == "ab")


async def test_a_follower_that_is_lost_does_not_hold_the_keyboard(monkeypatch: Any) -> None:
    app = Form()
    async with app.run_test():
        await until(lambda: app.focused is app.query_one(Button))
        monkeypatch.setattr(app.query_one(Button), "call_later", lambda *_, **__: False)
        app.burst("iab")
        await until(lambda: app.query_one(Input).value == "ab", LONGEST_WAIT + 5)


def pressed(key: str, at: float) -> events.Key:
    event = events.Key(key, key if len(key) == 1 else None)
    event.time = at
    return event


def test_keys_are_one_run_only_where_hardly_any_time_lies_between_them() -> None:
    runs = Runs()
    first = runs.of(pressed("l", 10.0))
    second = runs.of(pressed("s", 10.0 + BURST_GAP * 0.99))
    third = runs.of(pressed("l", 10.0 + BURST_GAP * 2.01))
    assert first is second and first is not third
    assert first is not None and third is not None and (first.different, third.different) == (2, 1)


def test_a_key_that_is_held_down_is_no_burst_and_arrows_are_not_text() -> None:
    runs = Runs()
    held = [runs.of(pressed("tab", 10.0)) for _ in range(3)][-1]
    assert held is not None and held.different == 1
    assert runs.of(pressed("up", 10.0)) is None
    assert runs.of(pressed("ctrl+c", 10.0)) is None


class Over(ModalScreen[None]):
    """A screen over the app that notes what gets through; one that is `deaf` takes no `x`."""

    def __init__(self, *, deaf: bool = False) -> None:
        super().__init__()
        self.got: list[str] = []
        self._deaf = deaf

    def takes(self, key: events.Key) -> bool:
        return not (self._deaf and key.key == "x")

    def on_key(self, event: events.Key) -> None:
        self.got.append(event.key)


async def opened(app: Form, over: Over) -> list[bool]:
    """Open a screen over an app; where a run of keys is refused, that is noted here."""
    refused: list[bool] = []
    app._typed = TypeAhead(app, super(Form, app).on_event, lambda _: refused.append(True))
    await app.push_screen(over)
    await until(lambda: app.screen is over)
    return refused


async def test_what_a_screen_does_not_take_does_not_reach_it() -> None:
    app, over = Form(), Over(deaf=True)
    async with app.run_test():
        await opened(app, over)
        for key in ("x", "j", "x", "up"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(lambda: over.got[-1:] == ["up"])
        assert over.got == ["j", "up"]


@pytest.mark.parametrize(
    ("keys", "got", "said"),
    [
        ("abc", ["a", "up"], 1),  # the first one came alone, as far as anybody could know
        ("jkx", ["j", "k", "up"], 1),
        ("jkj", ["j", "k", "j", "up"], 0),
        ("aaa", ["a", "a", "a", "up"], 0),
    ],
)
async def test_of_a_burst_nothing_that_must_be_meant_gets_through_and_that_is_said_once(
    keys: str, got: list[str], said: int
) -> None:
    app, over = Form(), Over()
    async with app.run_test():
        refused = await opened(app, over)
        app.burst(keys)
        app.post_message(events.Key("up", None))
        await until(lambda: over.got[-1:] == ["up"])
        assert (over.got, len(refused)) == (got, said)
