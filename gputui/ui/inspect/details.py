"""The details and the raw JSON of a row as lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gputui.core.cells import Column, shown_text
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.core.secret import masked
from gputui.core.text import Json
from gputui.ui.list.action_items import ActionItem
from gputui.ui.widgets.keys import shown
from gputui.ui.widgets.reader import Line


def json_lines(value: Json, secrets: frozenset[str]) -> list[Line]:
    """Return the JSON as lines. Line breaks inside strings stay escaped."""
    text = json.dumps(masked(value, secrets), indent=2, ensure_ascii=False)
    return [((line, ""),) for line in text.split("\n")]


def json_document(value: Json, secrets: frozenset[str]) -> tuple[str, str]:
    """Return the JSON for a file: ASCII, so that no text of a cloud can control a reader's terminal."""
    return ".json", json.dumps(masked(value, secrets), indent=2) + "\n"


def detail_lines(
    row: Row,
    columns: Sequence[Column[Any]],
    view: AnyView,
    raw: Json,
    now: float,
    facts: Sequence[tuple[str, str]],
    found: Sequence[ActionItem],
) -> list[Line]:
    """Return the row's columns, what the console knows besides (`facts`), its verbs, and every field of the object."""
    lines: list[Line] = [_pair("identity", str(row.ref))]
    for column, cell in zip(columns, row.cells, strict=True):
        lines.append(_pair(column.title.lower(), shown_text(cell, now)))
    lines += [_pair(name, text) for name, text in facts]
    if row.item is not None:
        lines += [(("", ""),), (("what can be done", "head"),), *offer_lines(found)]
    lines += [(("", ""),), (("the provider's fields", "head"),)]
    lines += [_pair(name, text) for name, text in flat(masked(raw, view.secrets), "")]
    return lines


def offer_lines(found: Iterable[ActionItem]) -> list[Line]:
    """Return every verb with its key, and its risk or why it is not available."""
    lines: list[Line] = [
        (
            (f"  {shown(offer.key) if offer.key else '–' if offer.verb is None else 'a':<10}", "key"),
            (f"{offer.label:<22} ", "dim" if offer.verb is None else ""),
            (f"off: {offer.off}" if offer.off and offer.verb else offer.note, "dim" if offer.off else ""),
        )
        for offer in found
    ]
    return lines or [(("  nothing: this list is for looking", "dim"),)]


def _pair(name: str, text: str) -> Line:
    return ((f"  {name:<26} ", "dim"), (text, ""))


def flat(value: Json, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            yield from flat(entry, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list) and value:
        for at, entry in enumerate(value):
            yield from flat(entry, f"{prefix}[{at}]")
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)
