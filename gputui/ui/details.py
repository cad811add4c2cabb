"""What the details and the raw JSON of a row show, as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gputui.core.actions import Risk
from gputui.core.cells import Column, shown_text
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.core.text import Json, clean, shorten
from gputui.ui.reader import Line

MASK = "***"
_LONGEST_VALUE = 2000


def masked(value: Json, secrets: frozenset[str]) -> Json:
    """A JSON value with the entries that hold secrets starred out."""
    if isinstance(value, dict):
        return {key: MASK if key in secrets else masked(entry, secrets) for key, entry in value.items()}
    if isinstance(value, list):
        return [masked(entry, secrets) for entry in value]
    return value


def json_lines(value: Json, secrets: frozenset[str]) -> list[Line]:
    """The JSON as lines. Line breaks inside strings stay escaped."""
    text = json.dumps(masked(value, secrets), indent=2, ensure_ascii=False)
    return [((clean(line), ""),) for line in text.split("\n")]


def detail_lines(
    row: Row,
    columns: Sequence[Column[Any]],
    view: AnyView,
    raw: Json,
    now: float,
    facts: Sequence[tuple[str, str]],
    keys: Mapping[str, str],
) -> list[Line]:
    """The row's columns, what the console knows besides (`facts`), its verbs, and every field of the object."""
    lines: list[Line] = [_pair("identity", str(row.ref))]
    for column, cell in zip(columns, row.cells, strict=True):
        lines.append(_pair(column.title.lower(), shown_text(cell, now)))
    lines += [_pair(name, text) for name, text in facts]
    if row.item is not None:
        lines += [(("", ""),), (("what can be done", "head"),), *verb_lines(view, row, keys)]
    lines += [(("", ""),), (("the provider's fields", "head"),)]
    lines += [_pair(name, text) for name, text in flat(masked(raw, view.secrets), "")]
    return lines


def verb_lines(view: AnyView, row: Row | None, keys: Mapping[str, str]) -> list[Line]:
    """Every verb of a view: its key (`keys`, by name), its risk or why it is off for `row`; then what the API lacks."""
    lines: list[Line] = []
    for action in view.actions:
        reason = action.can(row.item) if row is not None and row.item is not None else None
        note = f"off: {reason}" if reason else RISK_WORDS[action.risk]
        lines.append(
            (
                (f"  {keys.get(action.name, action.key):<10}", "key"),
                (f"{action.label:<22}", ""),
                (note, "dim" if reason else ""),
            )
        )
    for verb, reason in view.absent.items():
        lines.append(((f"  {'–':<10}", "dim"), (f"{verb:<22}", "dim"), (reason, "dim")))
    return lines or [(("  nothing: this list is for looking", "dim"),)]


RISK_WORDS = {
    Risk.LOOKS: "only looks",
    Risk.REVERSIBLE: "reversible: asks for y",
    Risk.DISRUPTS: "disrupts: asks for y",
    Risk.DESTROYS: "destroys: asks for the name",
}


def _pair(name: str, text: str) -> Line:
    return ((f"  {name:<26} ", "dim"), (shorten(text, _LONGEST_VALUE), ""))


def flat(value: Json, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            yield from flat(entry, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list) and value:
        for at, entry in enumerate(value):
            yield from flat(entry, f"{prefix}[{at}]")
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)
