"""Data from a cloud, kept as its original text, compressed, and parsed only when somebody asks for it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import TypeAlias

from gputui.core.text import Json, clean_tree

Hide = Callable[[Json], Json]
"""Replaces in a JSON value what nobody may see."""
_WINDOW, _MEMORY = -13, 4
"""zlib's window and memory settings: small, because a compressor is set up for each entry."""


def unhidden(value: Json) -> Json:
    """Hides nothing."""
    return value


class Packing:
    """Compresses the entries of one list, with the first as dictionary, as they are alike. `hide` removes secrets."""

    __slots__ = ("_like", "hide")

    def __init__(self, like: str, hide: Hide = unhidden) -> None:
        self._like = like.encode()
        self.hide = hide

    def pack(self, text: str) -> RawText:
        """Pack an entry, given as its JSON text, which was parsed before."""
        packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, self._like)
        return RawText(packer.compress(text.encode()) + packer.flush(), self)

    def unpack(self, packed: bytes) -> str:
        """Its JSON text."""
        return zlib.decompressobj(_WINDOW, self._like).decompress(packed).decode()


class RawText:
    """One entry of a list as its text, packed. Equal if the text is equal."""

    __slots__ = ("_packed", "_packing")

    def __init__(self, packed: bytes, packing: Packing) -> None:
        self._packed = packed
        self._packing = packing

    @property
    def text(self) -> str:
        """Its JSON text as received."""
        return self._packing.unpack(self._packed)

    def json(self) -> Json:
        """Its JSON value, cleaned, without what nobody may see."""
        return self._packing.hide(clean_tree(json.loads(self.text)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RawText) and (self is other or self.text == other.text)

    def __hash__(self) -> int:
        return hash(self.text)


Raw: TypeAlias = "Json | RawText"


def raw_json(raw: Raw) -> Json:
    """The JSON value of raw data, however it is kept."""
    return raw.json() if isinstance(raw, RawText) else raw
