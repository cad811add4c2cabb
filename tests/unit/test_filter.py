"""The basic filter: words, without, regex; a bad expression never hides everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.cells import age, verdict, words
from gputui.core.filter import FIELDS, parse
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


@pytest.mark.parametrize("operator", [":", "~", "!~", "=", "==", "!=", ">", "<", ">=", "<="])
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("without", ["", "!"])
def test_a_field_is_said_and_taken_literally(without: str, field: str, operator: str) -> None:
    term = f"{without}{field}{operator}error"
    wanted = parse(f"node {term}")
    assert wanted.complaint.startswith(f"{term}: ")
    assert not wanted.keeps(ROW, 0.0), "least of all !state:error may mean all there are"


@pytest.mark.parametrize(
    "term",
    [
        *("sate:error", "helth:bad", "STATE:error", "price>2", "cost<=3", "image~^x", "/a b/"),
        *("status:error", "Phase:Failed", "!lock:yes"),
        *('"two words"', "'one'", '!"a b c"'),
    ],
)
def test_what_was_meant_as_more_than_text_is_said(term: str) -> None:
    assert parse(term).complaint


@pytest.mark.parametrize(
    "name",
    [
        "fe80::1",
        "[fe80::1]:22",
        "2001:db8::7",
        "dead:beef::1",
        "10.0.0.1:22",
        "nvcr.io/nvidia/pytorch:24.01",
        "aa:bb:cc:00:11:22",
        "node:7",
        "team=ml",
        "00000000:1B:00.0",
        "/data",
        "/",
        "12:30",
        "a::b",
        "it's",
        '15"',
        '"',
        ":",
        "~",
        ">",
    ],
)
def test_names_with_colons_and_addresses_are_found(name: str) -> None:
    named = replace(ROW, name=f"x-{name}-y")
    wanted = parse(name)
    assert not wanted.complaint
    assert wanted.keeps(named, 0.0)
    assert not wanted.keeps(ROW, 0.0) or name in ("/", ":", "~", ">")


def test_a_name_that_looks_like_a_field_is_found_by_a_regex() -> None:
    wanted = parse("/state:error/")
    assert not wanted.complaint
    assert wanted.keeps(replace(ROW, name="state:error"), 0.0)


@given(st.text())
def test_no_expression_fails(text: str) -> None:
    parse(text).keeps(ROW, 0.0)


@pytest.mark.parametrize("text", ["5m", "12s", "3h20m", "h20m", "h2", "41d", "m", "7", "!5m", "gpu /x/", "0M"])
def test_what_may_match_an_age_changes_by_the_clock_alone(text: str) -> None:
    assert parse(text).on_ages


@pytest.mark.parametrize("text", ["", "gpu-0", "h100", "a100", "node-001", "!running", "dm", "ms"])
def test_what_cannot_match_an_age_does_not(text: str) -> None:
    assert not parse(text).on_ages


@given(st.integers(0, 10**9), st.data())
def test_every_part_of_an_age_may_match_it(seconds: int, data: st.DataObject) -> None:
    shown = age(datetime.fromtimestamp(0, UTC), seconds)
    start = data.draw(st.integers(0, len(shown) - 1))
    end = data.draw(st.integers(start + 1, len(shown)))
    assert parse(shown[start:end]).on_ages
