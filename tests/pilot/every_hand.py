"""A person's hands at the console: lists, verbs, menus, forms and questions, all by keys, and what was agreed to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from textual import events
from textual.screen import Screen
from textual.widget import Widget

from gputui.core.actions import Progress
from gputui.core.request import SendStatus
from gputui.core.rows import Ref
from gputui.engine.operations import Operation
from gputui.sim.log import Seen
from gputui.ui.act.menu import Menu
from gputui.ui.form.choice import ChoiceBox
from gputui.ui.form.fields import FlagBox
from gputui.ui.form.screen import Form
from gputui.ui.form.values import YES
from gputui.ui.inspect.live_reader import LiveReader
from gputui.ui.inspect.metrics import MetricsScreen
from gputui.ui.list.page import Page
from gputui.ui.terminal.type_ahead import BURST_GAP
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console

BELIEVED_SECONDS = 10.0
"""An end that may be a slip of a replica is believed after a second of the real clock: that much and some more."""
STEP_SECONDS = 10.0
"""How far the clouds' clock moves between two readings of a change that is followed."""
MASK = "***"
S = TypeVar("S", bound=Screen[Any])


@dataclass
class Hand:
    """Presses keys as a terminal brings them, waits for what they open, and remembers every yes.

    What was sent is held against what the last question showed: see `sent_is_what_was_shown`.
    """

    here: Console
    cloud: str
    agreed: list[Question] = field(default_factory=list)
    pressed_at: float = 0.0

    # ---------------------------------------------------------------- keys

    async def press(self, *keys: str) -> None:
        """Keys by their names, each after the one before has had its effect."""
        for key in keys:
            self._post(events.Key(key, key if len(key) == 1 else None))
        await self._done()

    async def write(self, text: str) -> None:
        """Characters into whatever has the focus."""
        for char in text:
            self._post(events.Key("space" if char == " " else char, char))
        await self._done()

    def _post(self, key: events.Key) -> None:
        """Pressed one by one: what comes in one burst is not meant."""
        key.time = self.pressed_at = max(key.time, self.pressed_at + 2 * BURST_GAP)
        self.here.app.post_message(key)

    async def _done(self) -> None:
        await self.here.pilot.pause(0)
        typed = self.here.app._typed
        await self.here.until(lambda: not typed._under_way and not typed._waiting)

    async def screen(self, kind: type[S]) -> S:
        """The screen of that kind, once it is open."""
        await self.here.until(lambda: self.here.shows(kind))
        assert isinstance(self.here.app.screen, kind)
        return self.here.app.screen

    async def other(self, read: Callable[[], object], before: object) -> None:
        """Wait until something is not what it was."""
        await self.here.until(lambda: read() is not before)

    async def back(self) -> None:
        """Leave what lies over the list."""
        screen = self.here.app.screen
        await self.press("escape")
        await self.here.until(lambda: self.here.app.screen is not screen)

    # ---------------------------------------------------------------- lists

    async def view(self, name: str) -> None:
        """To a view of the tab, and wait for its rows."""
        trail = self.here.app.console_screen.trail
        await self.press("ctrl+u")
        while trail.here.view != name:
            await self.press("tab")
        await self.here.until(lambda: self.here.page.total_count and self.here.page.snapshot.taken_at)

    async def choose(self, name: str) -> None:
        """Put the cursor on the row of that name, by the filter."""
        page = self.here.page
        await self.here.until(lambda: name in self.here.rows())
        ref = self.here.rows()[name].ref
        await self.press("ctrl+u", "slash")
        await self.write(name)
        await self.press("enter")
        await self.here.until(lambda: ref in page.shown_refs and page.has_focus)
        await self.to(ref)

    async def to(self, ref: Ref) -> None:
        """Up or down the list to a row; what changes may be sorted elsewhere meanwhile."""
        page = self.here.page
        await self.press("g")
        for _ in range(500):
            here, order = page.cursor_ref, page.shown_refs
            if here == ref:
                return
            await self.press("k" if here in order and order.index(ref) < order.index(here) else "j")
        raise AssertionError(f"the cursor never comes to {ref}")

    async def details(self) -> None:
        """Read the details of the row, then leave them."""
        await self.press("d")
        await self.screen(Reader)
        await self.back()

    async def look(self, key: str) -> None:
        """What a verb that only reads tells of the row."""
        await self.press(key)
        await self._looked()

    async def _looked(self) -> None:
        await self.here.until(lambda: isinstance(self.here.app.screen, LiveReader | MetricsScreen))
        looking = self.here.app.screen
        assert isinstance(looking, LiveReader | MetricsScreen)
        await self.here.until(lambda: looking.has_read)
        await self.back()

    # ---------------------------------------------------------------- verbs

    async def verb(self, key: str, **inputs: Any) -> None:
        """A verb by its key, to its confirmed end."""
        await self.press(key)
        await self._carried(inputs)

    async def rare(self, label: str, *, watched: bool = False, **inputs: Any) -> None:
        """A verb out of the action menu, to its confirmed end."""
        await self._picked(label)
        await self._carried(inputs, watched=watched)

    async def rare_look(self, label: str) -> None:
        """What a verb of the action menu that only reads tells of the row."""
        await self._picked(label)
        await self._looked()

    async def _picked(self, label: str) -> None:
        await self.press("a")
        menu = await self.screen(Menu)
        (at,) = (at for at, offer in enumerate(menu.offers) if offer.label == label)
        assert not menu.offers[at].off, f"{label}: {menu.offers[at].off}"
        await self.press("home", *["down"] * at, "enter")
        await self.here.until(lambda: self.here.app.screen is not menu)

    async def _carried(self, inputs: Mapping[str, Any], *, watched: bool = False) -> None:
        before, known = len(self._changes()), len(self._operations())
        if inputs:
            await self.here.until(lambda: isinstance(self.here.app.screen, Form | Dialog))
            if isinstance(self.here.app.screen, Dialog):
                await self.here.dialog()
                await self.press("e")
            await self.fill(await self.screen(Form), inputs)
        question = await self.agree()
        await self.here.until(lambda: len(self._changes()) > before)
        (sent,) = self._changes()[before:]
        sent_is_what_was_shown(question, sent)
        if watched:
            await self._watched()
        await self.here.until(lambda: len(self._operations()) > known and not self.here.page.asking)
        await self._ended()

    def _operations(self) -> list[Operation]:
        return list(self.here.store.operations.everything())

    def _changes(self) -> list[Seen]:
        return self.here.changes(self.cloud)

    async def agree(self) -> Question:
        """Say yes in the way the dialog asks for."""
        dialog = await self.here.dialog()
        question = dialog.question
        assert not question.blocked, question.blocked
        self.agreed.append(question)
        if dialog.typing:
            await self.write(question.type_this)
            await self.press("enter")
        else:
            await self.press("y")
        await self.here.until(lambda: self.here.app.screen is not dialog)
        return question

    async def _watched(self) -> None:
        """See the change to its end on the screen that shows it."""
        looking = await self.screen(LiveReader)
        title = looking.query_one("#reader-title", Bar)
        await self.here.until(lambda: looking._answer is not None)
        for _ in range(20):
            if " over " in str(title.text):
                break
            self._pass()
            answer = looking._answer
            await self.press("r")
            await self.other(lambda: looking._answer, answer)
        assert " over " in str(title.text)
        await self.back()

    async def _ended(self) -> None:
        """Let time pass in the clouds until the newest change has ended; it must be as it was wanted."""
        await self.passing(self._all_over())
        newest = max(self._operations(), key=lambda one: one.sent_at)
        assert newest.send_status is SendStatus.ACCEPTED, newest.words
        unseen = newest.action.progress is None or (newest.action.returns and not newest.began)
        assert unseen or newest.progress is Progress.DONE, newest.words

    def _all_over(self) -> Callable[[], bool]:
        """Whether every change is over; one that ends where it began may come and go between two readings."""
        looks = 0

        def over() -> bool:
            nonlocal looks
            looks += 1
            missed = [one for one in self._operations() if one.action.returns and not one.began] if looks > 10 else []
            return not any(one.open and one not in missed for one in self._operations())

        return over

    async def passing(self, condition: Callable[[], bool]) -> None:
        """Let time pass in the clouds, and read them, until something holds."""
        passes, end = 0, time.monotonic() + BELIEVED_SECONDS
        while passes < 40 or time.monotonic() < end:
            if condition():
                return
            passes += 1
            self._pass()
            before = self.here.page.snapshot
            await self.press("r")
            await self.other(lambda: self.here.page.snapshot, before)
        raise AssertionError("that never comes to hold")

    def _pass(self) -> None:
        assert self.here.clock is not None
        self.here.clock.advance(STEP_SECONDS)

    # ---------------------------------------------------------------- forms

    async def fill(self, form: Form, inputs: Mapping[str, Any]) -> None:
        """Fill in the fields named, whichever come by on the way down, and go on to the question."""
        left, seen = dict(inputs), 0
        while left:
            name = next(name for name, box in form.boxes.items() if box.editor is form.focused)
            steps_on = isinstance(form.boxes[name].editor, ChoiceBox) and name in left
            if name in left:
                await self._put(form, name, left.pop(name))
                seen = 0
            if left:
                await self._next_field(form, form.boxes[name].editor, steps_on)
            seen += 1
            assert seen <= 2 * len(form.boxes), f"not asked for: {left}"
        await self.here.until(lambda: form.ripe and not self._unread(form))
        await self.press("ctrl+s")
        await self.here.until(lambda: self.here.app.screen is not form or form.sheet.complaints)
        assert self.here.app.screen is not form, dict(form.sheet.complaints)

    async def _next_field(self, form: Form, editor: Widget, steps_on: bool) -> None:
        """Until the focus has moved on: a key may take longer than the console waits for one."""
        if not steps_on:
            await self.press("tab")
        with suppress(TimeoutError):  # it stays where a field is the last one
            await self.here.until(lambda: form.focused is not editor, 5.0)

    @staticmethod
    def _unread(form: Form) -> list[str]:
        return [one.name for one in form.sheet.asked if one.choices and form.sheet.offer(one.name).choices is None]

    async def _put(self, form: Form, name: str, value: Any) -> None:
        """Texts are typed, flags switched, choices narrowed by typing; of several, the first `value` are marked."""
        editor = form.boxes[name].editor
        if isinstance(editor, FlagBox):
            if (editor.text == YES) is not bool(value):
                await self.press("space")
        elif isinstance(editor, ChoiceBox):
            await self.here.until(lambda: editor._offer.choices)  # read, and known to what is on the screen
            await self.press("enter")
            await self.here.until(lambda: editor.opened)
            if editor.many:
                await self.press(*["space", "down"] * value, "enter")
            else:
                await self.write(value)
                await self.press("enter")
            await self.here.until(lambda: form.sheet.text(name))
        else:
            if editor.text:
                await self.press("end", "ctrl+u")
                await self.here.until(lambda: not editor.text)
            await self.write(str(value))


def stands_on(page: Page, ref: Ref) -> bool:
    """Whether the cursor is on that row."""
    return page.cursor_ref == ref


def sent_is_what_was_shown(question: Question, sent: Seen) -> None:
    """Hold the one request that came to a server against the question that a person has answered with yes."""
    line, *body = question.request
    method, _, target = line.partition(" ")
    path, query = urlsplit(target).path, urlsplit(target).query
    there = urlsplit(sent.target)
    assert sent.method == method
    assert there.path.endswith(path)
    assert parse_qsl(there.query) == parse_qsl(query)
    assert masked(json.loads(sent.body or "null"), (shown := json.loads("\n".join(body) or "null"))) == shown


def masked(sent: Any, shown: Any) -> Any:
    """What was sent, with stars wherever stars were shown."""
    if sent and shown == MASK:
        return MASK
    if isinstance(sent, dict) and isinstance(shown, dict):
        return {key: masked(value, shown.get(key)) for key, value in sent.items()}
    if isinstance(sent, list) and isinstance(shown, list) and len(sent) == len(shown):
        return [masked(one, other) for one, other in zip(sent, shown, strict=True)]
    return sent
