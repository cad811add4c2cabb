"""Promise 2, the dialog: only a deliberate yes is one. Each guard is tried with all others out of its way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from textual import events
from textual.app import App
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widgets import Button, Input

import gputui.ui.widgets.dialogs
import gputui.ui.widgets.timed_dialog
from gputui.config.colours import Depth
from gputui.core.actions import Risk
from gputui.ui.terminal.themed_app import ThemedApp
from gputui.ui.widgets.dialog_layout import hint
from gputui.ui.widgets.dialogs import BURST, Answer, Dialog, Stakes, TypedInput
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.timed_dialog import DEAD_SECONDS
from tests.clocks import until
from tests.pilot.table_app import screen_lines, shipped_theme

PLAIN = Question("Poke toy-0?", ("toy-0",), Risk.DISRUPTS, "poke")
TYPED = replace(PLAIN, risk=Risk.DESTROYS, type_this="Toy-0")
NEVER = 3600.0


@dataclass
class Time:
    """What the dialogs' clock says."""

    now: float = 100.0


@dataclass
class Opened:
    """A dialog on the screen, and what came of it."""

    app: App[None]
    pilot: Pilot[None]
    dialog: Dialog
    time: Time
    answers: list[Answer | None]

    @property
    def typed(self) -> TypedInput:
        return self.dialog.query_one(TypedInput)

    def key(self, name: str, at: float) -> events.Key:
        """A key that came from the terminal so long after the dialog could be seen."""
        key = events.Key(name, name if len(name) == 1 else None)
        key.time = self.dialog.seen_at + at
        return key

    async def settle(self) -> None:
        await self.pilot.pause()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "monotonic", lambda: made.now)
    monkeypatch.setattr(gputui.ui.widgets.dialogs, "RENEW_SECONDS", NEVER)
    return made


@asynccontextmanager
async def dialog(time: Time, question: Question, renew: Callable[[], Question] | None = None) -> AsyncIterator[Opened]:
    """A dialog that was seen at the present moment of `time`."""
    app: App[None] = ThemedApp(shipped_theme(), Depth.DIRECT)
    answers: list[Answer | None] = []
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        made = Dialog(question, renew)
        app.push_screen(made, answers.append)
        await until(lambda: made.seen_at == time.now)
        await pilot.pause()
        yield Opened(app, pilot, made, time, answers)


def later(opened: Opened, seconds: float) -> None:
    opened.time.now = opened.dialog.seen_at + seconds


def test_the_numbers_are_the_contracts() -> None:
    assert (DEAD_SECONDS, BURST) == (0.3, 3)


# ---------------------------------------------------------------------- the first 300 ms


@pytest.mark.parametrize(("after", "answers"), [(0.25, []), (0.35, [Answer.YES])])
async def test_y_counts_after_300_ms(time: Time, after: float, answers: list[Answer]) -> None:
    """Asked of the dialog itself: what keeps keys away is not in between."""
    async with dialog(time, PLAIN) as here:
        later(here, after)
        here.dialog.action_agree()
        await here.settle()
        assert here.answers == answers


@pytest.mark.parametrize(("after", "answers"), [(0.25, []), (0.35, [Answer.YES])])
async def test_the_typed_name_counts_after_300_ms(time: Time, after: float, answers: list[Answer]) -> None:
    async with dialog(time, TYPED) as here:
        later(here, after)
        here.dialog.post_message(Input.Submitted(here.typed, "Toy-0"))
        await here.settle()
        assert here.answers == answers


@pytest.mark.parametrize(("after", "taken"), [(0.25, False), (0.35, True)])
async def test_a_key_is_taken_by_when_it_came_not_by_when_it_is_handled(time: Time, after: float, taken: bool) -> None:
    async with dialog(time, PLAIN) as here:
        later(here, 60.0)
        assert here.dialog.takes(here.key("y", after)) is taken


async def test_before_it_can_be_seen_nothing_is_ripe(time: Time) -> None:
    made = Dialog(PLAIN)
    time.now = 1e9
    assert not made.ripe
    assert made.seen_at == float("inf")


@pytest.mark.parametrize("key", ["n", "q", "escape", "down"])
async def test_what_cancels_or_moves_is_never_too_soon(time: Time, key: str) -> None:
    async with dialog(time, PLAIN) as here:
        assert here.dialog.takes(here.key(key, 0.0))


@pytest.mark.parametrize("key", ["n", "q"])
async def test_where_a_name_is_typed_the_cancelling_letters_are_letters(time: Time, key: str) -> None:
    async with dialog(time, TYPED) as here:
        assert not here.dialog.takes(here.key(key, 0.0))


async def test_an_early_enter_in_the_typed_name_is_too_soon(time: Time) -> None:
    async with dialog(time, TYPED) as here:
        here.typed.focus()
        await here.settle()
        assert not here.dialog.takes(here.key("enter", 0.0))


async def test_three_early_letters_end_it_and_two_do_not(time: Time) -> None:
    async with dialog(time, PLAIN) as here:
        for _ in range(2):
            here.dialog.takes(here.key("y", 0.0))
        await here.settle()
        assert here.answers == []
        here.dialog.takes(here.key("y", 0.0))
        await here.settle()
        assert here.answers == [Answer.NO]


# ---------------------------------------------------------------------- cancel


async def test_cancel_has_the_focus_and_enter_cancels(time: Time) -> None:
    async with dialog(time, TYPED) as here:
        assert here.dialog.focused is here.dialog.query_one("#cancel", Button)
        later(here, 10.0)
        await here.pilot.press("enter")
        assert here.answers == [Answer.NO]


@pytest.mark.parametrize("key", ["escape", "n", "q"])
async def test_the_cancelling_keys(time: Time, key: str) -> None:
    async with dialog(time, PLAIN) as here:
        later(here, 10.0)
        await here.pilot.press(key)
        assert here.answers == [Answer.NO]


async def test_a_click_on_cancel_cancels(time: Time) -> None:
    async with dialog(time, PLAIN) as here:
        await here.pilot.click("#cancel")
        assert here.answers == [Answer.NO]


# ---------------------------------------------------------------------- what must be typed


@pytest.mark.parametrize("text", ["toy-0", "TOY-0", "Toy-0 ", " Toy-0", "Toy-", "Toy-00", "", "y"])
async def test_only_the_very_name_counts(time: Time, text: str) -> None:
    async with dialog(time, TYPED) as here:
        later(here, 10.0)
        here.typed.value = text
        here.typed.focus()
        await here.pilot.press("enter")
        assert here.answers == []
        here.typed.value = "Toy-0"
        await here.pilot.press("enter")
        assert here.answers == [Answer.YES]


async def test_y_is_a_letter_where_a_name_is_typed(time: Time) -> None:
    async with dialog(time, TYPED) as here:
        later(here, 10.0)
        await here.pilot.press("y", "e")
        assert here.answers == []
        assert here.typed.value == "ye"


@pytest.mark.parametrize(("question", "answers"), [(PLAIN, [Answer.YES]), (TYPED, [])], ids=["y", "typed"])
async def test_no_key_says_yes_in_place_of_the_name(time: Time, question: Question, answers: list[Answer]) -> None:
    """Asked for the action that stands behind `y`: what takes letters for the name is not in between."""
    async with dialog(time, question) as here:
        later(here, 10.0)
        await here.dialog.run_action("agree")
        await here.settle()
        assert here.answers == answers


async def test_a_paste_types_nothing(time: Time) -> None:
    async with dialog(time, TYPED) as here:
        here.typed.focus()
        here.typed.post_message(events.Paste("Toy-0"))
        await here.settle()
        assert here.typed.value == ""


async def test_what_was_typed_where_nothing_is_asked_for_is_no_answer(time: Time) -> None:
    """An empty text equals an empty name."""
    async with dialog(time, PLAIN) as here:
        later(here, 10.0)
        here.dialog.post_message(Input.Submitted(here.typed, ""))
        await here.settle()
        assert here.answers == []


# ---------------------------------------------------------------------- what changes meanwhile

CHANGED = replace(PLAIN, lines=("toy-0 is called other now",))


@pytest.mark.parametrize("question", [PLAIN, TYPED], ids=["y", "typed"])
async def test_at_yes_it_is_looked_once_more(time: Time, question: Question) -> None:
    """Nobody has looked since it was opened: what changed meanwhile is seen with the key."""
    newest = [question]
    async with dialog(time, question, lambda: newest[0]) as here:
        later(here, 10.0)
        newest[0] = replace(question, lines=CHANGED.lines)
        if question is TYPED:
            here.dialog.post_message(Input.Submitted(here.typed, "Toy-0"))
        else:
            await here.pilot.press("y")
        await here.settle()
        assert here.answers == []
        assert here.dialog.question.lines == CHANGED.lines
        assert here.dialog.changed


async def test_what_has_changed_must_be_read_for_300_ms_anew(time: Time) -> None:
    newest = [PLAIN]
    async with dialog(time, PLAIN, lambda: newest[0]) as here:
        later(here, 10.0)
        newest[0] = CHANGED
        here.dialog._look_again()
        await here.settle()  # it counts from when that is drawn
        for after, answers in ((0.25, []), (0.35, [Answer.YES])):
            later(here, after)
            here.dialog.action_agree()
            await here.settle()
            assert here.answers == answers


async def test_what_has_changed_must_be_typed_anew_and_cancel_has_the_focus(time: Time) -> None:
    newest = [TYPED]
    async with dialog(time, TYPED, lambda: newest[0]) as here:
        later(here, 10.0)
        await here.pilot.press(*"Toy-0")
        assert here.typed.value == "Toy-0"
        newest[0] = replace(TYPED, lines=CHANGED.lines)
        here.dialog._look_again()
        await here.settle()
        assert here.typed.value == ""
        assert here.dialog.focused is here.dialog.query_one("#cancel", Button)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (replace(TYPED, type_this="5"), "read again, then type 5"),
        (PLAIN, "read again, then answer"),
        (replace(TYPED, blocked="toy-0 is gone"), "nothing to do: toy-0 is gone"),
    ],
    ids=["other count", "no count", "blocked"],
)
async def test_the_enter_of_what_was_thrown_away_does_not_close_it_without_a_word(
    time: Time, changed: Question, words: str
) -> None:
    """It was meant for the typed name, and meets Cancel: nothing is done, and the dialog stays to be read again."""
    newest = [TYPED]
    async with dialog(time, TYPED, lambda: newest[0]) as here:
        later(here, 10.0)
        await here.pilot.press(*"Toy-0")
        newest[0] = changed
        here.dialog._look_again()
        await here.pilot.press("enter")
        assert here.answers == []
        assert any(f"a target has changed, nothing was done: {words}" in n.message for n in here.app._notifications)
        later(here, 20.0)
        await here.pilot.press("enter")
        assert here.answers == [Answer.NO]


async def test_who_types_it_anew_after_a_change_is_asked_nothing_more(time: Time) -> None:
    newest = [TYPED]
    async with dialog(time, TYPED, lambda: newest[0]) as here:
        later(here, 10.0)
        await here.pilot.press("T")
        newest[0] = replace(TYPED, lines=CHANGED.lines)
        here.dialog._look_again()
        later(here, 20.0)
        await here.pilot.press(*"Toy-0", "enter")
        assert here.answers == [Answer.YES]


@pytest.mark.parametrize("part", ["names", "aside", "each"])
async def test_what_changes_nothing_of_what_is_done_is_shown_and_leaves_what_was_typed(time: Time, part: str) -> None:
    newest = [TYPED]
    async with dialog(time, TYPED, lambda: newest[0]) as here:
        later(here, 10.0)
        await here.pilot.press(*"Toy-")
        newest[0] = replace(TYPED, **{part: ("toy-7 is STOPPING now",)})
        here.dialog._look_again()
        await here.settle()
        assert here.typed.value == "Toy-"
        assert not here.dialog.changed
        assert "toy-7 is STOPPING now" in "\n".join(screen_lines(here.app))
        await here.pilot.press("0", "enter")
        assert here.answers == [Answer.YES]


async def test_a_change_is_seen_by_itself(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gputui.ui.widgets.dialogs, "RENEW_SECONDS", 0.01)
    newest = [PLAIN]
    async with dialog(time, PLAIN, lambda: newest[0]) as here:
        newest[0] = CHANGED
        for _ in range(500):
            await here.pilot.pause(0.01)
            if here.dialog.question is CHANGED:
                break
        assert here.dialog.question is CHANGED


async def test_y_does_nothing_where_nothing_is_left_to_confirm(time: Time) -> None:
    async with dialog(time, replace(PLAIN, blocked="toy-0 is gone")) as here:
        later(here, 10.0)
        await here.pilot.press("y")
        assert here.answers == []


async def test_nor_where_the_last_look_finds_nothing_left(time: Time) -> None:
    """The clock is past the 300 ms again: only that nothing is left keeps the yes away."""
    blocked = replace(PLAIN, blocked="toy-0 is gone")
    async with dialog(time, PLAIN, lambda: blocked) as here:
        later(here, 10.0)
        here.dialog.seen_anew = lambda: None  # type: ignore[method-assign]
        await here.pilot.press("y")
        assert here.answers == []


async def test_the_typed_name_does_nothing_where_nothing_is_left_to_confirm(time: Time) -> None:
    async with dialog(time, replace(TYPED, blocked="toy-0 is gone")) as here:
        later(here, 10.0)
        here.dialog.post_message(Input.Submitted(here.typed, "Toy-0"))
        await here.settle()
        assert here.answers == []


async def test_where_nothing_is_left_no_name_is_asked_for_and_the_letters_cancel(time: Time) -> None:
    async with dialog(time, replace(TYPED, blocked="toy-0 is gone")) as here:
        assert not here.typed.display
        later(here, 10.0)
        await here.pilot.press("n")
        assert here.answers == [Answer.NO]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (PLAIN, "y  poke     n esc  cancel"),
        (TYPED, "Type  Toy-0  and press Enter to poke."),
        (replace(TYPED, blocked="toy-0 is gone"), "Nothing to do: toy-0 is gone.     esc  back"),
        (replace(PLAIN, blocked="toy-0 is gone"), "Nothing to do: toy-0 is gone.     esc  back"),
        (replace(PLAIN, form=True), "y  poke     n esc  cancel     e  change the inputs"),
        (replace(TYPED, form=True), "Type  Toy-0  and press Enter to poke.     ctrl+o  change the inputs"),
        (
            replace(TYPED, document=True),
            "Type  Toy-0  and press Enter to poke.     ctrl+e  edit as a file",
        ),
    ],
    ids=["y", "typed", "blocked", "blocked y", "form", "typed form", "document"],
)
def test_the_way_to_say_yes_is_told_and_only_the_ways_that_there_are(question: Question, words: str) -> None:
    assert hint(question) == [words]


# ---------------------------------------------------------------------- the ways elsewhere


@pytest.mark.parametrize(("there", "answers"), [(True, [Answer.FORM]), (False, [])])
async def test_e_leads_back_to_the_inputs_where_there_are_any(time: Time, there: bool, answers: list[Answer]) -> None:
    async with dialog(time, replace(PLAIN, form=there)) as here:
        later(here, 10.0)
        await here.pilot.press("e")
        assert here.answers == answers


@pytest.mark.parametrize(("there", "answers"), [(True, [Answer.FORM]), (False, [])])
async def test_where_a_name_is_typed_ctrl_o_leads_back(time: Time, there: bool, answers: list[Answer]) -> None:
    async with dialog(time, replace(TYPED, form=there)) as here:
        later(here, 10.0)
        await here.pilot.press("e", "ctrl+o")
        assert here.answers == answers


@pytest.mark.parametrize(("there", "answers"), [(True, [Answer.DOCUMENT]), (False, [])])
async def test_ctrl_e_leads_to_the_file_where_there_is_one(time: Time, there: bool, answers: list[Answer]) -> None:
    async with dialog(time, replace(TYPED, document=there)) as here:
        later(here, 10.0)
        await here.pilot.press("ctrl+e")
        assert here.answers == answers


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 50)])
@pytest.mark.parametrize(
    "question", [PLAIN, TYPED, replace(PLAIN, form=True, verb="stop/power off")], ids=["y", "typed", "long"]
)
async def test_all_requests_can_be_read_and_cancel_stays_in_sight(
    time: Time, question: Question, size: tuple[int, int]
) -> None:
    requests = tuple(f"POST /poke/m{n}" for n in range(60))
    async with dialog(time, replace(question, request=requests)) as here:
        await here.pilot.resize_terminal(*size)
        await here.settle()
        cancel, scroll = here.dialog.query_one("#cancel"), here.dialog.query_one(Stakes)
        assert here.dialog.region.contains_region(cancel.region) and cancel.region.height == 1
        assert "read on" in str(here.dialog.query_one(Vertical).border_subtitle)
        for _ in range(200):
            await here.pilot.press("pagedown")
            if scroll.scroll_y == scroll.max_scroll_y:
                break
        assert scroll.scroll_y == scroll.max_scroll_y > 0


async def test_thousands_of_requests_hold_nobody(time: Time) -> None:
    """All of them are there, and only those that are seen are drawn."""
    lines = tuple(f"POST /poke/m{n}" for n in range(10_000))
    async with dialog(time, replace(PLAIN, request=lines)) as here:
        stakes = here.dialog.query_one(Stakes)
        assert len(stakes.lines) == 2 + len(lines)
        drawn: list[int] = []
        render = stakes.render_line
        stakes.render_line = lambda y: (drawn.append(y), render(y))[1]  # type: ignore[func-returns-value,method-assign]
        await here.pilot.press("down")
        assert 0 < len(drawn) < 200
