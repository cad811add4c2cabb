"""Messages from a form's inputs, each handled in one step: a chain of messages would arrive after keys typed ahead."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Edited(Message):
    """The chosen values have changed."""


class Step(Message):
    """Move to the next field (1) or the previous one (-1)."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by


class Again(Message):
    """The choices could not be read: read them again."""

    def __init__(self, editor: Widget) -> None:
        super().__init__()
        self.editor = editor
