"""Out of the review and back: `e` to the inputs, `ctrl+e` to the request as a file; what is then shown is then sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import gputui.ui.form.editor
from gputui.ui.form.editor import Mistakes
from gputui.ui.form.screen import Form
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.dialogs import Dialog
from tests.pilot.consoles import Wish, console
from tests.pilot.every_hand import Hand, sent_is_what_was_shown

RUNAI = Wish(only=("runai",), size=(100, 40))
INPUTS = {"name": "mine", "projectId": "", "clusterId": "", "image": "registry.example/serve:1"}


def edits(monkeypatch: pytest.MonkeyPatch, *how: Callable[[str], str | None]) -> list[str]:
    """Let the person's editor do these things, one after the other; returns what it is given."""
    given: list[str] = []

    async def edited(app: object, text: str, suffix: str) -> str | None:
        given.append(text)
        return how[len(given) - 1](text)

    monkeypatch.setattr(gputui.ui.form.editor, "edit_as_file", edited)
    return given


async def reviewed(hand: Hand) -> Dialog:
    """A new inference, filled in and on review."""
    await hand.here.go("1", view="inferences")
    await hand.press("N")
    form = await hand.screen(Form)
    await hand.fill(form, INPUTS)
    return await hand.here.dialog()


def body(dialog: Dialog) -> dict[str, object]:
    shown = json.loads("\n".join(dialog.question.request[1:]))
    assert isinstance(shown, dict)
    return shown


def renamed(text: str) -> str:
    return text.replace("mine", "theirs")


async def sent(hand: Hand) -> None:
    """Say yes; exactly what was shown goes out, once."""
    question = await hand.agree()
    await hand.here.until(lambda: hand.here.changes("runai"))
    (request,) = hand.here.changes("runai")
    sent_is_what_was_shown(question, request)


async def test_e_leads_back_to_the_inputs_as_they_were_and_the_new_ones_are_sent(tmp_path: Path) -> None:
    async with console(tmp_path, RUNAI) as here:
        hand = Hand(here, "runai")
        first = await reviewed(hand)
        assert "mine" in str(body(first))
        await hand.press("e")
        form = await hand.screen(Form)
        assert form.sheet.text("name") == "mine"
        await hand.fill(form, {"name": "other"})
        second = await here.dialog()
        assert "other" in str(body(second)) and "mine" not in str(body(second))
        assert not here.changes("runai")
        await sent(hand)


async def test_who_leaves_the_inputs_on_the_way_back_sends_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, RUNAI) as here:
        hand = Hand(here, "runai")
        await reviewed(hand)
        await hand.press("e")
        await hand.screen(Form)
        await hand.press("escape")
        await here.until(lambda: here.app.screen is here.app.console_screen and not here.page.asking)
        assert not here.changes("runai")


async def test_ctrl_e_shows_the_request_as_it_was_edited_and_that_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = edits(monkeypatch, renamed)
    async with console(tmp_path, RUNAI) as here:
        hand = Hand(here, "runai")
        before = body(await reviewed(hand))
        await hand.press("ctrl+e")
        await here.until(lambda: given and here.shows(Dialog))
        after = body(await here.dialog())
        assert json.loads(given[0]) == before
        assert after == json.loads(renamed(given[0])) != before
        assert not here.changes("runai")
        await sent(hand)


async def test_a_mistake_in_the_file_is_said_by_line_and_edited_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = edits(monkeypatch, lambda text: text + "}", lambda text: renamed(text[:-1]))
    async with console(tmp_path, RUNAI) as here:
        hand = Hand(here, "runai")
        await reviewed(hand)
        await hand.press("ctrl+e")
        mistakes = await hand.screen(Mistakes)
        assert "a mistake in the file" in mistakes.query_one("#mistakes-title", Bar).text
        await hand.press("e")
        await here.until(lambda: here.shows(Dialog))
        assert given[1] == given[0] + "}"
        assert "theirs" in str(body(await here.dialog()))
        await sent(hand)


@pytest.mark.parametrize("how", ["unchanged", "nothing came back"])
async def test_an_editor_that_changed_nothing_leaves_the_review_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    given = edits(monkeypatch, lambda text: text if how == "unchanged" else None)
    async with console(tmp_path, RUNAI) as here:
        hand = Hand(here, "runai")
        before = body(await reviewed(hand))
        await hand.press("ctrl+e")
        await here.until(lambda: given and here.shows(Dialog))
        assert body(await here.dialog()) == before
        await hand.press("escape")
        await here.until(lambda: here.app.screen is here.app.console_screen)
        assert not here.changes("runai")


async def test_where_there_is_no_file_or_no_input_the_keys_do_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        await here.choose(next(row.name for row in here.page.rows.values() if row.state == "RUNNING"))
        await hand.press("X")
        dialog = await here.dialog()
        await hand.press("e", "ctrl+e")
        assert here.app.screen is dialog
        await hand.press("escape")
        assert not here.changes("scp")
