"""The form for the inputs of a verb: all fields on one screen, checked while typing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Input, TextArea

from gputui.core.actions import Action, Field, Inputs
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Row
from gputui.ui.form.choice import ChoiceBox
from gputui.ui.form.fields import FieldBox
from gputui.ui.form.messages import Again, Edited, Step
from gputui.ui.form.state import ChoiceState, Filled, FormModel, Verb
from gputui.ui.host import host_of
from gputui.ui.widgets.bars import Bar, Part
from gputui.ui.widgets.timed_dialog import TimedDialog

PAUSE = 0.25
"""Seconds after the last key before choices that depend on the text are read again."""
_log = logging.getLogger(__name__)


class Fields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The scrolling fields; the arrow keys go to them."""

    DEFAULT_CSS = "Fields { padding: 1 0 0 0; scrollbar-size-vertical: 1; background: $surface; }"
    BINDINGS = [
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
    ]


class Form(TimedDialog[Filled | None]):
    """Returns the inputs to review, or None; then `draft` holds what was entered."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-broad")]
    DEFAULT_CSS = """
    Form { background: $surface; color: $foreground; }
    Form.-narrow Fields { padding: 0; }
    Form.-narrow FieldBox { layout: vertical; }
    Form.-narrow FieldBox > .label { width: 1fr; }
    Form.-narrow FieldBox > Vertical { padding: 0 1 0 2; }
    """
    BINDINGS = [
        Binding("ctrl+s", "go_on", "Go on", show=False, priority=True),
        Binding("ctrl+e", "as_file", "Edit as a file", show=False, priority=True),
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
    ]

    def __init__(
        self,
        verb: Verb,
        client: Any,
        rows: tuple[Row, ...],
        title: str,
        draft: Mapping[str, str] | None = None,
        given: Inputs | None = None,
    ) -> None:
        super().__init__()
        self._verb = verb
        self._client = client
        self._rows = rows
        self._title = title
        self._drafted = bool(draft)
        self.sheet = FormModel(verb, rows[0].item if rows else None, draft or {}, given or {})
        self.boxes: dict[str, FieldBox] = {}

    @property
    def draft(self) -> Mapping[str, str]:
        """The values that differ from the initial ones, without secrets."""
        return self.sheet.draft

    def must_be_meant(self, _key: events.Key) -> bool:
        """No key needs a deliberate press: the form sends nothing, and keys typed ahead belong in its fields."""
        return False

    def compose(self) -> ComposeResult:
        """Title, fields, keys."""
        self.boxes = {field.name: FieldBox(field, self.sheet.text(field.name)) for field in self.sheet.fields}
        yield Bar(id="form-title")
        with Fields():
            yield from self.boxes.values()
        yield Bar(id="form-keys")

    def on_mount(self) -> None:
        """Show the first field, and have the choices read."""
        self.query_one("#form-title", Bar).show(
            [(f" {self._title}", "strong")], [("as you left it ", "dim")] if self._drafted else []
        )
        self._settle()
        self._step_from(-1, 1)

    # ------------------------------------------------------------------ what changes

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Edited)
    def _edited(self, event: Message) -> None:
        """A value has changed: other fields may depend on it."""
        event.stop()
        self._settle()

    def on_descendant_blur(self) -> None:
        """After the focus leaves a field, a missing value may be reported."""
        for name, box in self.boxes.items():
            if box.visited:
                self.sheet.touch(name)
        self._settle()

    def on_again(self, message: Again) -> None:
        """Read choices again."""
        for name, box in self.boxes.items():
            if box.editor is message.editor:
                self.sheet.read_again(name)
        self._settle()

    def _settle(self) -> None:
        """Take the inputs' values, update the visible fields and complaints, and read the choices that are due."""
        for name, box in self.boxes.items():
            self.sheet.put(name, box.editor.text)
        for field in self.sheet.due():
            self.start(self._read(field), group=field.name, exclusive=True)
        asked = {field.name for field in self.sheet.asked}
        shown = self.sheet.shown_complaints
        for name, box in self.boxes.items():
            if box.display != (name in asked):
                box.display = name in asked
            box.say(shown.get(name, ""), self.sheet.news(name))
            if isinstance(box.editor, ChoiceBox):
                box.editor.show_offer(self.sheet.offer(name))
        self._show_keys(len(self.sheet.complaints))

    def _show_keys(self, complaints: int) -> None:
        word = "Review" if isinstance(self._verb, Action) else "Read"
        keys: list[Part] = [(" ctrl+s", "key"), (f" {word} ", ""), (" esc", "key"), (" Leave ", "")]
        if self._documented:
            keys += [(" ctrl+e", "key"), (" As a file ", "")]
        keys += [(" tab ↑ ↓", "key"), (" Move ", ""), (" enter", "key"), (" Choose, next ", "")]
        self.query_one("#form-keys", Bar).show(keys, [(f" {complaints} to do ", "dim")] if complaints else [])

    async def _read(self, field: Field) -> None:
        """Read the choices of a field; a newer reading cancels this one."""
        kinds = {need.kind for need in self.sheet.fields if need.name in field.needs}
        if kinds - {"choice", "choices", "flag"}:
            await asyncio.sleep(PAUSE)
        offer = await self._offer(field)
        self.sheet.put(field.name, self.boxes[field.name].editor.text)
        self.sheet.take(field.name, offer)
        self.boxes[field.name].editor.show(self.sheet.text(field.name))
        self._settle()

    async def _offer(self, field: Field) -> ChoiceState:
        assert field.choices is not None, "only fields with choices are due"
        try:
            return ChoiceState(tuple(await field.choices(self._client, self.sheet.item, self.sheet.inputs)))
        except Failed as failed:
            return ChoiceState(problem=failed.problem)
        except Exception as error:  # noqa: BLE001 - logged in full; a bug of a third-party provider ends at its field
            _log.exception("reading the choices of %s", field.name)
            return ChoiceState(problem=Problem(Cause.BUG, f"{type(error).__name__} while reading the choices"))

    # ------------------------------------------------------------------ moving

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_step(1)

    def on_step(self, message: Step) -> None:
        """A field is complete: move on."""
        self.action_step(message.by)

    def action_step(self, by: int) -> None:
        """Move to the next visible field, without wrapping around."""
        editors = [box.editor for box in self.boxes.values()]
        self._step_from(next((at for at, editor in enumerate(editors) if editor is self.focused), -1), by)

    def _step_from(self, here: int, by: int) -> None:
        boxes = list(self.boxes.values())
        at = here + by
        while 0 <= at < len(boxes):
            if boxes[at].display:
                boxes[at].editor.focus()
                return
            at += by

    # ------------------------------------------------------------------ ends

    def action_leave(self) -> None:
        """Leave; the entered values are kept, which is announced the first time."""
        self._settle()
        if self.draft and not self._drafted:
            self.notify("what you filled in is kept until gputui ends (secrets are not)", markup=False)
        self.dismiss(None)

    def action_go_on(self) -> None:
        """Go to the review, or to the first error."""
        if self._complete():
            self.dismiss(self.sheet.filled())

    def _complete(self) -> bool:
        """Whether the form can be reviewed; if not, show the errors and focus the first."""
        if not self.ripe:
            return False
        self.sheet.insist()
        self._settle()
        wrong = next((name for name in self.boxes if name in self.sheet.complaints), None)
        if wrong is not None:
            self.boxes[wrong].editor.focus()
        return wrong is None

    @property
    def _documented(self) -> bool:
        """Whether the request can be edited as a file: it has one body for all targets."""
        verb = self._verb
        return isinstance(verb, Action) and verb.document is not None and (verb.many or len(self._rows) <= 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `ctrl+e` to the inputs (end of line) if there is no file to edit."""
        return self._documented if action == "as_file" else super().check_action(action, parameters)

    def action_as_file(self) -> None:
        """Build the request, and have its body edited as a file."""
        if self._complete():
            self.start(self._as_file(), group="as a file", exclusive=True)

    async def _as_file(self) -> None:
        from gputui.ui.form.editor import edited_body

        app, verb = host_of(self), self._verb
        assert isinstance(verb, Action), "only an action has a document"
        try:
            request = verb.request([row.item for row in self._rows], self.sheet.inputs)
        except Failed as failed:
            self.notify(str(failed.problem), severity="warning", markup=False)
            return
        body = await edited_body(app, verb, request.body, request.secrets)
        if body is not None:
            self.dismiss(self.sheet.filled(body))
