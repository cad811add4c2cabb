"""What a request carried is taken out of whatever is said of it: by name, from a length on, and where it was cut."""

from __future__ import annotations

import pytest

from gputui.core.problem import Cause, Problem
from gputui.net.redact import Redaction

NAMES = frozenset({"key", "list"})


def redaction(body: object = None, form: dict[str, str] | None = None) -> Redaction:
    return Redaction({}, body, form, NAMES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"key": "abcd"}, "***"),
        ({"key": "abc"}, "abc"),
        ({"other": "abcd"}, "abcd"),
        ({"key": {"key": "abcd"}}, "***"),
        ({"list": ["abcd"]}, "abcd"),
        ([{"deep": [{"key": "abcd"}]}], "***"),
    ],
)
def test_a_field_of_a_body_is_secret_by_its_name_from_four_letters_on(given: object, left: str) -> None:
    said = "abcd" if left != "abc" else "abc"
    assert redaction(given).text(said) == left


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("key", "abcd", "***"),
        ("API_Token", "abcd", "***"),
        ("client_secret", "abcd", "***"),
        ("password", "abcd", "***"),
        ("password", "abc", "abc"),
        ("user", "abcd", "abcd"),
    ],
)
def test_a_field_of_a_form_is_secret_by_its_name_or_a_word_in_it(name: str, value: str, left: str) -> None:
    assert redaction(form={name: value}).text(value) == left


def test_of_two_secrets_one_in_the_other_the_longer_is_taken_out_whole() -> None:
    nested = redaction([{"key": "abcdefghijkl"[:length]} for length in range(4, 13)])
    assert nested.text("<abcdefghijkl>") == "<***>"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("x abcdefg…", "x ***…"),
        ("x abcd…", "x ***…"),
        ("x abc…", "x abc…"),
        ("x abcdefg", "x abcdefg"),
    ],
)
def test_of_a_secret_that_was_cut_four_letters_are_enough(said: str, left: str) -> None:
    assert redaction({"key": "abcdefgh"}).text(said) == left


def test_both_texts_of_a_problem_are_cleaned() -> None:
    shown = redaction({"key": "abcdefgh"}).problem(Problem(Cause.SERVER, "no abcdefgh", "ask abcdefgh"))
    assert (shown.text, shown.remedy) == ("no ***", "ask ***")
