"""The screen of `:`, on which Enter and Tab apply to exactly what is typed, however long the search for hits takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any

from textual import on
from textual.binding import Binding
from textual.command import Command, CommandList, CommandPalette
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from gputui.ui.host import host_of
from gputui.ui.widgets.typed_before import TypedBefore, remember_typed
from gputui.ui.widgets.worker_errors import WorkerErrors

HISTORY = "command"


class WaitingPalette(WorkerErrors, CommandPalette):
    """Textual's palette, in which Enter would act on the hits of the previous text.

    It searches for hits asynchronously: an early Enter or Tab waits for them, then acts once.
    """

    BINDINGS = [
        Binding("tab", "complete", show=False, priority=True),
        Binding("up", "typed_before(-1)", show=False, priority=True),
        Binding("down", "typed_before(1)", show=False, priority=True),
    ]
    _hits: Worker[Any] | None = None
    """The search for the current text."""
    _waits: Callable[[], object] | None = None
    """What a key does that was pressed before the search had finished."""

    @cached_property
    def _before(self) -> TypedBefore:
        return TypedBefore(lambda: host_of(self).preferences.now.typed.get(HISTORY, ()))

    def action_typed_before(self, by: int) -> None:
        """Move in the list; up from its first line show what was typed before, and down after that."""
        line, at = self.query_one(Input), self.query_one(CommandList).highlighted
        if at or not (by < 0 or self._before.walking):
            self._action_command_list("cursor_up") if by < 0 else self._action_cursor_down()
            return
        line.value = self._before.step(line.value, by)
        line.action_end()

    def _gather_commands(self, search_value: str) -> Worker[Any]:
        """Textual: the text has changed. A waiting key was meant for the previous text."""
        self._waits = None
        self._hits = super()._gather_commands(search_value)
        return self._hits

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        remember_typed(host_of(self).preferences.change, HISTORY, event.value)
        if self._hits is not None and not self._hits.is_finished:
            event.stop()
            event.prevent_default()
            self._waits = self._select_or_command

    def action_complete(self) -> None:
        """Complete what is typed: as far as the hits that begin with it agree, then to the first of them."""
        if self._hits is not None and not self._hits.is_finished:
            self._waits = self._complete
        else:
            self._complete()

    def _complete(self) -> None:
        line, options = self.query_one(Input), self.query_one(CommandList).options
        texts = [option.hit.text or "" for option in options if isinstance(option, Command)]
        completed = completion(line.value, texts)
        if completed:
            line.value = completed
            line.action_end()

    @on(Worker.StateChanged)
    def _gathered(self, event: Worker.StateChanged) -> None:
        if event.worker is self._hits and event.state is WorkerState.SUCCESS and self._waits is not None:
            act, self._waits = self._waits, None
            if self.is_current:
                act()


def completion(typed: str, texts: Sequence[str]) -> str:
    """Return what a typed text is completed to; without any text that begins with it, the first one."""
    typed = typed.lstrip(": ").casefold()
    begun = [text for text in texts if text.casefold().startswith(typed)] or list(texts[:1])
    columns = zip(*(text.casefold() for text in begun), strict=False)
    common = sum(1 for _ in takewhile(lambda chars: len(set(chars)) == 1, columns))
    return begun[0][:common] if common > len(typed) else next(iter(begun), "")
