"""Keys: their declaration, bindings and display, and the keys of every scrolling text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal

from textual.binding import Binding, BindingsMap, BindingType
from textual.dom import DOMNode
from textual.events import Key as KeyPress
from textual.keys import _character_to_key

Group = Literal["places", "looks", "rows", "console"]


class Needs(Enum):
    """The rows that a key is about, taken when it is pressed."""

    NOTHING = "nothing"
    ROW = "the row under the cursor"
    ROWS = "the marked rows, else the one under the cursor"
    SHOWN = "the marked rows, else all that are shown"


@dataclass(frozen=True, slots=True)
class Key:
    """One binding: its id (for `[keys]` in the config), its keys, label, help text and help group.

    `action` is the action of the widget or screen; if empty, the command with that id is run.
    `meant`: a row must have been under the cursor long enough. `asks`: other keys are ignored until it is answered.
    `of_profiles`: it also says something about the row of a profile that cannot be read.
    `hint` is its position in the key line: 1–9 before the verbs, 10–19 after them, from 20 at the end; 0: not shown.
    """

    id: str
    keys: str
    label: str
    help: str
    group: Group
    action: str = ""
    needs: Needs = Needs.NOTHING
    meant: bool = False
    asks: bool = False
    of_profiles: bool = False
    hint: int = 0
    priority: bool = False

    @property
    def bindable(self) -> bool:
        """Whether it has a key, or may be given one: a command by name that is about rows takes these from its line."""
        return bool(self.keys) or self.needs is Needs.NOTHING


_NO_KEY = "none:"
"""Begins what no terminal sends."""


def bindings(keys: Iterable[Key], run: str = "invoke") -> list[BindingType]:
    """Return Textual bindings for `keys`, with their ids: those without a usual key wait for one of `[keys]`.

    `run` is the action that runs the command of an id.
    """
    return [
        Binding(
            key.keys or f"{_NO_KEY}{key.id}",
            key.action or f"{run}('{key.id}')",
            key.label,
            id=key.id,
            show=False,
            priority=key.priority,
        )
        for key in keys
        if key.bindable
    ]


def bind(node: DOMNode, keys: Iterable[Key]) -> None:
    """Give one widget or screen its own keys, before those of its class."""
    own = BindingsMap(bindings(keys)).key_to_bindings
    node._bindings = BindingsMap.from_keys({**node._bindings.key_to_bindings, **own})


SCROLLING: list[BindingType] = [
    Binding("j", "scroll_down", show=False),
    Binding("k", "scroll_up", show=False),
    Binding("g", "scroll_home", show=False),
    Binding("G", "scroll_end", show=False),
    Binding("ctrl+f", "page_down", show=False),
    Binding("ctrl+b", "page_up", show=False),
]
"""For every scrolling text, besides the arrow keys."""

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "question_mark": "?",
        "exclamation_mark": "!",
        "slash": "/",
        "colon": ":",
        "minus": "-",
        "equals_sign": "=",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "escape": "esc",
        "asterisk": "*",
        "up": "↑",
        "down": "↓",
        "left": "←",
        "right": "→",
    }
)


def shown(keys: str) -> str:
    """Format keys for display: `esc q`, `ctrl+d`."""
    return " ".join(_NAMES.get(key, key) for key in keys.split(","))


def pressing(word: str) -> KeyPress:
    """Return the press of a key that stands in a line of keys."""
    name = next((key for key, word_of in _NAMES.items() if word_of == word), word)
    if len(word) == 1 and word == name:
        name = _character_to_key(word)
    return KeyPress(name, word if len(word) == 1 else None)
