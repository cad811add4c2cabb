"""The fields of a provider's object in groups: its own ones first, then those of each larger part."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gputui.core.text import Json
from gputui.ui.widgets.field_layout import DetailField, DetailGroup

LARGE = 4
"""From so many fields on a part of an object is a group of its own."""
OWN = "the provider's fields"


def provider_groups(value: Json) -> list[DetailGroup]:
    """Return the groups of an object; anything else is one field. Secrets must be masked already."""
    if not isinstance(value, dict) or not value:
        return [DetailGroup(OWN, tuple(_fields(value, "value")))]
    own: list[DetailField] = []
    parts: list[DetailGroup] = []
    for key, entry in value.items():
        fields = list(_fields(entry, ""))
        if isinstance(entry, dict | list) and len(fields) >= LARGE:
            parts.append(DetailGroup(key, tuple(fields)))
        else:
            own += _fields(entry, key)
    return [*([DetailGroup(OWN, tuple(own))] if own else []), *parts]


def _fields(value: Json, prefix: str) -> Iterator[DetailField]:
    return (DetailField(name, text) for name, text in flat(value, prefix))


def flat(value: Json, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield each value of an object with its path: `spec.env[0].name`."""
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            yield from flat(entry, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list) and value:
        for at, entry in enumerate(value):
            yield from flat(entry, f"{prefix}[{at}]")
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)
