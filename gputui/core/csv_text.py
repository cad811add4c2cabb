"""Records as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from typing import TextIO

from gputui.core.records import Record
from gputui.core.text import Json, clean, defused


def write_csv(records: Iterable[Record], keys: Sequence[str], out: TextIO, *, headers: bool = True) -> None:
    """Write RFC 4180 with LF; null is an empty field, true and false are words, a nested value is JSON.

    A text that a spreadsheet would run as a formula (`=…`, `-…`) gets a leading apostrophe; numbers stay numbers.
    """
    writer = csv.writer(out, lineterminator="\n")
    if headers:
        writer.writerow([defused(clean(key)) for key in keys])
    for record in records:
        writer.writerow([_field(record.get(key)) for key in keys])


def _field(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return defused(clean(value))
    return json.dumps(value, ensure_ascii=True)
