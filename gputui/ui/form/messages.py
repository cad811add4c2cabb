"""What the inputs of a form tell it, in one go: a message that makes another would come behind keys typed ahead."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Edited(Message):
    """What is chosen has changed."""


class Step(Message):
    """To the next field (1) or the one before (-1)."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by


class Again(Message):
    """The choices could not be read: try once more."""

    def __init__(self, editor: Widget) -> None:
        super().__init__()
        self.editor = editor
