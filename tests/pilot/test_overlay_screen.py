"""A screen over the list ends once, and takes no other one with it."""

from __future__ import annotations

from textual.widgets import Button

from gputui.core.actions import Risk
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.reader import Reader
from tests.pilot.plain_app import PlainApp

QUESTION = Question("Poke toy-0?", ("toy-0",), Risk.DISRUPTS, "poke")


async def test_a_button_pressed_twice_in_one_packet_ends_its_dialog_and_nothing_else() -> None:
    app = PlainApp()
    answers: list[Answer | None] = []
    async with app.run_test() as pilot:
        reader = Reader("below", [])
        await app.push_screen(reader)
        dialog = Dialog(QUESTION)
        await app.push_screen(dialog, answers.append)
        cancel = dialog.query_one("#cancel", Button)
        for _ in range(3):
            cancel.post_message(Button.Pressed(cancel))
        await pilot.pause()
        await pilot.pause()
        assert answers == [Answer.NO]
        assert app.screen is reader


async def test_one_that_ends_by_itself_takes_what_lies_over_it_with_it_and_nothing_below() -> None:
    app = PlainApp()
    answers: list[Answer | None] = []
    async with app.run_test() as pilot:
        below, dialog, over = Reader("below", []), Dialog(QUESTION), Reader("over", [])
        await app.push_screen(below)
        await app.push_screen(dialog, answers.append)
        await app.push_screen(over)
        dialog.dismiss(Answer.NO)
        await pilot.pause()
        assert answers == [Answer.NO]
        assert app.screen is below
