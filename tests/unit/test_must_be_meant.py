"""Which keys must be meant: those that do something on what lies over the list; none where one types."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.command import CommandPalette
from textual.events import Key
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Input

from gputui.ui.terminal.type_ahead import TypeAhead


class OnlyX(ModalScreen[None]):
    """A screen with a rule of its own."""

    def must_be_meant(self, key: Key) -> bool:
        return key.key == "x"


async def _nowhere(_: Key) -> None:
    raise AssertionError("no key is handed on")


def must_be_meant(screen: type[Any], key: str, focused: type[Any] | None = None) -> bool:
    app = SimpleNamespace(screen=screen(), focused=focused() if focused else None)
    return TypeAhead(cast(Any, app), _nowhere)._must_be_meant(Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize(("key", "meant"), [("x", True), ("y", True), ("enter", True), ("j", False), ("q", False)])
def test_over_the_list_all_but_what_moves_or_leaves(key: str, meant: bool) -> None:
    assert must_be_meant(ModalScreen, key) is meant
    assert must_be_meant(ModalScreen, key, Button) is meant


@pytest.mark.parametrize("key", ["x", "enter", "j"])
def test_where_one_types_letters_are_letters(key: str) -> None:
    assert not must_be_meant(ModalScreen, key, Input)


@pytest.mark.parametrize("key", ["x", "enter", "j"])
def test_on_the_list_itself_its_own_rules_count(key: str) -> None:
    assert not must_be_meant(Screen, key)


@pytest.mark.parametrize(("key", "meant"), [("x", True), ("y", False), ("j", False)])
def test_a_screen_with_a_rule_of_its_own_says_it(key: str, meant: bool) -> None:
    assert must_be_meant(OnlyX, key) is meant
    assert must_be_meant(OnlyX, key, Input) is meant


@pytest.mark.parametrize(("key", "meant"), [("enter", True), ("x", False)])
def test_in_the_palette_only_enter_does_something(key: str, meant: bool) -> None:
    assert must_be_meant(CommandPalette, key) is meant
