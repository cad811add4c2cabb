"""How a cell looks, and the shortest sequence from one look to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from rich.color import Color
from rich.style import Style
from textual.strip import SGR_STYLES

_BOLD = "1"
_OFF = {_BOLD: "22", "3": "23", "4": "24", "7": "27", "9": "29"}
_BRIGHT = "9"
"""How the codes of the bright colours of 16 begin. The Linux console makes text bold for them, until a reset."""
_REVERSE = "7"
_GROUNDS = 10
"""How much greater the codes of grounds are than those of texts."""
_INK = frozenset({_BOLD, "2", "3", "5", "6"})
"""Attributes that cannot be seen where there is no character."""


@dataclass(frozen=True, slots=True)
class Look:
    """A style as the parts of a sequence; colours are empty where they are the terminal's own."""

    attributes: tuple[str, ...] = ()
    text: str = ""
    ground: str = ""
    paper: str = field(init=False, compare=False)
    """What is seen of it where there is no character: equal papers look the same."""
    blank_ground: str | None = field(init=False, compare=False)
    """The ground of a blank, with what is reversed; None where more than a ground is seen of it."""
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        lines = [code for code in self.attributes if code not in _INK]
        ground = self.ground if not lines else _as_ground(self.text) if lines == [_REVERSE] and self.text else None
        whole = ";".join((*lines, self.text, self.ground))
        for name, value in {
            "paper": self.ground if not lines else whole,
            "blank_ground": ground,
            "_hash": hash((self.attributes, self.text, self.ground)),
        }.items():
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        return self._hash

    @property
    def plain_paper(self) -> bool:
        """Whether a blank drawn with it shows its ground only."""
        return self.paper == self.ground


def _as_ground(text: str) -> str:
    """Return the codes of a text's colour as those of a ground."""
    first, _, rest = text.partition(";")
    return ";".join(filter(None, (str(int(first) + _GROUNDS), rest)))


PLAIN = Look()


@lru_cache(4096)
def look_of(style: Style) -> Look:
    """Return the look of a style."""
    set_ = style._attributes & style._set_attributes
    attributes = tuple(code for bit, code in enumerate(SGR_STYLES) if set_ & (1 << bit))
    return Look(attributes, _codes(style.color), _codes(style.bgcolor, ground=True))


def _codes(colour: Color | None, *, ground: bool = False) -> str:
    return "" if colour is None or colour.is_default else ";".join(colour.get_ansi_codes(foreground=not ground))


@lru_cache(4096)
def change(before: Look, after: Look) -> str:
    """Return the sequence from one look to another: the differences, or a reset where that is shorter or needed."""
    if before == after:
        return ""
    whole = ["0", *after.attributes, *filter(None, (after.text, after.ground))]
    if after == PLAIN:
        return "\x1b[m"
    lost = [code for code in before.attributes if code not in after.attributes]
    needed = (
        any(code not in _OFF for code in lost)
        or (before.text and not after.text)
        or (before.ground and not after.ground)
        or (before.text.startswith(_BRIGHT) and (before.text != after.text or _BOLD in lost))
    )
    parts = [_OFF.get(code, "") for code in lost]
    parts += [code for code in after.attributes if code not in before.attributes]
    parts += [now for was, now in ((before.text, after.text), (before.ground, after.ground)) if now != was]
    shorter = min(whole, parts, key=lambda codes: len(";".join(codes))) if not needed else whole
    return f"\x1b[{';'.join(shorter)}m"
