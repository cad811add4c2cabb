"""Reads the GPUs from the name of a server type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_SERVER_TYPE = re.compile(r"(g\d+)c\d+([a-z]+)(\d+)(?:_\w+)?", re.IGNORECASE)
_MODELS: Mapping[tuple[str, str], str] = MappingProxyType({("g2", "h"): "H100", ("g3", "b"): "B300"})
"""The model by generation and letter: `g2c96h8_metal` is 8×H100. The same letter may mean another one later."""


def gpus_of(server_type: str | None) -> tuple[int, str] | None:
    """Count and model of the GPUs of a server type; the bare letter for an unknown model, None for other names."""
    found = _SERVER_TYPE.fullmatch(server_type or "")
    if found is None:
        return None
    generation, letter, count = (part.lower() for part in found.groups())
    return int(count), _MODELS.get((generation, letter), letter.upper())
