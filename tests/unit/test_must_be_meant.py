"""Which keys must be meant: those that do something on what lies over the list; none where one types."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.command import CommandPalette
from textual.events import Key
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Input

from gputui.core.actions import Risk
from gputui.ui.act.menu import Menu
from gputui.ui.list.action_items import ActionItem
from gputui.ui.terminal.type_ahead import TypeAhead
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.question import Question
from tests.clocks import until
from tests.pilot.plain_app import PlainApp
from tests.toy import STOP


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


@pytest.mark.parametrize(
    ("type_this", "key", "meant"),
    [
        ("", "y", True),
        ("", "e", True),
        ("", "n", False),
        ("", "q", False),
        ("", "enter", False),  # it presses what has the focus: Cancel
        ("toy-0", "enter", True),
        ("toy-0", "y", False),
        ("toy-0", "n", False),
    ],
)
def test_in_a_dialog_what_says_yes_or_leads_elsewhere(type_this: str, key: str, meant: bool) -> None:
    dialog = Dialog(Question("Poke toy-0?", (), Risk.DISRUPTS, "poke", type_this))
    dialog.seen_at = 100.0
    for after, counts in ((0.35, meant), (0.25, False)):  # what comes too soon is looked at elsewhere
        pressed = Key(key, key if len(key) == 1 else None)
        pressed.time = 100.0 + after
        assert dialog.must_be_meant(pressed) is counts


@pytest.mark.parametrize(
    ("patient", "seen", "counts"), [(True, False, False), (True, True, True), (False, False, True)]
)
def test_a_list_that_is_patient_takes_no_choice_before_it_can_have_been_read(
    patient: bool, seen: bool, counts: bool
) -> None:
    menu = Menu("What can be done?", [ActionItem("toy.poke", "Poke", "K", None)])
    menu.patient = patient
    menu.seen_at = 0.0 if seen else float("inf")
    assert menu.may_choose(0) is counts


async def test_the_first_line_that_can_be_chosen_is_at_hand() -> None:
    items = [ActionItem("toy.a", "A", "A", STOP, "it is off"), ActionItem("toy.b", "B", "B", STOP)]
    app = PlainApp()
    async with app.run_test():
        for shown in (items, items[::-1], items[:1]):
            menu = Menu("What can be done?", shown)
            await app.push_screen(menu)
            assert menu.list.highlighted == 0
            assert menu.offers[0].label == ("B" if len(shown) > 1 else "A")


@pytest.mark.parametrize(("key", "chosen"), [("x", None), ("B", "B"), ("A", None)])
async def test_in_the_menu_a_verbs_own_key_chooses_it_unless_it_is_off(key: str, chosen: str | None) -> None:
    items = [ActionItem("toy.a", "A", "A", STOP, "it is off"), ActionItem("toy.b", "B", "B", STOP)]
    got: list[str] = []
    app = PlainApp()
    async with app.run_test() as pilot:
        menu = Menu("What can be done?", items)
        menu.patient = False
        await app.push_screen(menu, lambda item: got.append(item.label if item is not None else ""))
        await pilot.press(key)
        await pilot.press("escape")
        await until(lambda: bool(got))
    assert got == [chosen or ""]


async def test_j_and_k_move_in_a_menu() -> None:
    app = PlainApp()
    async with app.run_test() as pilot:
        menu = Menu("What can be done?", [ActionItem(f"toy.{n}", f"Verb {n}", "", STOP) for n in range(3)])
        await app.push_screen(menu)
        for key, at in (("j", 1), ("j", 2), ("k", 1)):
            await pilot.press(key)
            assert menu.list.highlighted == at
