"""The basic filter: words, without, regex; a bad expression never hides everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.cells import verdict, words
from gputui.core.filter import parse
from gputui.core.health import Health
from gputui.core.rows import Ref, Row

ROW = Row(
    Ref("samsung", "nodes", "id-77"),
    "gpu-node-007",
    "ERROR",
    Health.BAD,
    (words("gpu-node-007"), verdict(Health.BAD), words("ERROR")),
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True),
        ("NODE-007", True),
        ("node error", True),
        ("node running", False),
        ("!running", True),
        ("!error", False),
        (r"/gpu-node-00\d/", True),
        ("/^nothing$/", False),
        ("samsung", True),
        ("id-77", True),
    ],
)
def test_keeps(text: str, kept: bool) -> None:
    assert parse(text).keeps(ROW, 0.0) is kept


def test_a_bad_regex_is_said_and_taken_literally() -> None:
    wanted = parse("/gpu(/")
    assert wanted.complaint
    assert not wanted.keeps(ROW, 0.0)


@given(st.text())
def test_no_expression_fails(text: str) -> None:
    parse(text).keeps(ROW, 0.0)
