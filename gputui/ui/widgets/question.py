"""The content of a confirmation, and which text a person can be asked to type."""

from __future__ import annotations

from dataclasses import dataclass, field

from gputui.core.actions import Risk
from gputui.core.rows import Ref

LONGEST_TYPED = 60


@dataclass(frozen=True, slots=True)
class Question:
    """The content of a dialog. `type_this` must be typed to confirm; if empty, `y` is enough.

    `names` (the targets, folded) and `effect` (what the change interrupts) are always visible. `aside` (who is left
    out), `lines`, `request` (everything that will be sent, secrets masked) and `each` (every target by itself) scroll.
    `blocked` says why there is nothing left to confirm. `form` and `document` tell whether the inputs, or the request's
    body as a file, can be edited.

    Two questions are equal if a yes to them does the same: `deed` are the targets, and whether each is off, as to stop
    what runs is something else. `names`, `aside` and `each` may change meanwhile, as lists are read on.
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
    effect: tuple[str, ...] = ()
    deed: tuple[tuple[Ref, bool], ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)
    aside: tuple[str, ...] = field(default=(), compare=False)
    each: tuple[str, ...] = field(default=(), compare=False)

    @property
    def told(self) -> tuple[str, ...]:
        """Everything it says about the targets and the effect, from top to bottom."""
        return (*self.names, *self.effect, *self.aside, *self.lines, *self.each)


def typable(text: str) -> bool:
    """Whether a person can be asked to type this: not if it is empty, very long or not on every keyboard."""
    return text.isascii() and text.isprintable() and text == text.strip() and 0 < len(text) <= LONGEST_TYPED
