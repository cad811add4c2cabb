"""The content of a confirmation, and which text a person can be asked to type."""

from __future__ import annotations

from dataclasses import dataclass

from gputui.core.actions import Risk

LONGEST_TYPED = 60


@dataclass(frozen=True, slots=True)
class Question:
    """The content of a dialog. `type_this` must be typed to confirm; if empty, `y` is enough.

    `blocked` says why there is nothing left to confirm. `request` is everything that will be sent, secrets masked.
    `form` and `document` tell whether the inputs, or the request's body as a file, can be edited.
    """

    title: str
    lines: tuple[str, ...]
    risk: Risk
    verb: str
    type_this: str = ""
    blocked: str = ""
    request: tuple[str, ...] = ()
    form: bool = False
    document: bool = False


def typable(text: str) -> bool:
    """Whether a person can be asked to type this: not if it is empty, very long or not on every keyboard."""
    return text.isascii() and text.isprintable() and text == text.strip() and 0 < len(text) <= LONGEST_TYPED
