"""CSV for spreadsheets: no text of a cloud is a formula there, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.csv_text import write_csv
from gputui.core.text import clean, defused


def field(value: Any) -> str:
    out = io.StringIO()
    write_csv([{"x": value}, {"x": "last"}], ["x"], out, headers=False)
    return next(csv.reader(io.StringIO(out.getvalue()), lineterminator="\n"), [""])[0]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "-5",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '=HYPERLINK("http://x","y")',
        "  =1",
        "＝1",
        "－1",
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert field(text) == "'" + clean(text)


@pytest.mark.parametrize(
    ("value", "written"),
    [(-5, "-5"), (-1.5, "-1.5"), (0, "0"), (7, "7"), (True, "true"), (None, ""), ("–", "–"), ("gpu-1", "gpu-1")],
)
def test_numbers_stay_numbers_and_names_names(value: Any, written: str) -> None:
    assert field(value) == written


def test_a_title_is_defused_too() -> None:
    out = io.StringIO()
    write_csv([], ["name", "=evil"], out)
    assert out.getvalue() == "name,'=evil\n"


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    assert defused(clean(text)).lstrip(" ")[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")
