"""What an edit changes: each value that differs from what is there now, and what stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gputui.core.actions import Choice, Field
from gputui.core.problem import Cause, Failed, Problem
from gputui.ui.form.edits import Edit, changes
from tests.unit.test_form_state import sheet


def edit(label: str, text: str, kind: Any = "text", labels: Mapping[str, str] | None = None, **more: Any) -> Edit:
    return Edit(Field(label.lower(), label, kind, default=lambda item: item[label.lower()], **more), text, labels or {})


def test_what_differs_is_told_with_before_and_after_and_the_rest_by_name() -> None:
    edits = edit("Name", "new"), edit("Port", "22", "int"), edit("User", "root")
    assert changes(edits, {"name": "old", "port": "22", "user": "root"}) == ["Name: old → new", "unchanged: Port, User"]


def test_it_is_held_against_what_is_there_now() -> None:
    """Somebody else has changed the port since the form was opened: it would be changed back, which is said."""
    assert changes([edit("Port", "22", "int")], {"port": "2222"}) == ["Port: 2222 → 22"]


def test_where_nothing_differs_that_is_said() -> None:
    assert changes([edit("Name", "old")], {"name": "old"}) == ["Nothing changes: what is there is sent again."]
    assert changes([], {"name": "old"}) == []


@pytest.mark.parametrize(
    ("kind", "before", "after", "words"),
    [
        ("flag", "", "yes", "X: no → yes"),
        ("flag", "yes", "", "X: yes → no"),
        ("text", "a", "", "X: a → –"),
        ("choice", "1", "2", "X: Seoul → Busan"),
        ("choices", "1\n2", "2", "X: Seoul, Busan → Busan"),
        ("pairs", "A=secret\nB=2", "A=other", "X: A, B → A"),
        ("lines", "a\n\nb", "a", "X: a, b → a"),
        ("secret", "old", "new", "X: changed"),
    ],
)
def test_each_kind_in_words(kind: str, before: str, after: str, words: str) -> None:
    told = edit("X", after, kind, {"1": "Seoul", "2": "Busan"})
    assert changes([told], {"x": before}) == [words]
    assert after not in ("new", "other") or after not in repr(told)


def test_a_unit_follows_the_value() -> None:
    assert changes([edit("Turn", "60", "int", unit="s")], {"turn": "30"}) == ["Turn: 30 s → 60 s"]


def test_a_bug_of_a_provider_costs_no_more_than_these_lines() -> None:
    def fails(item: Any) -> str:
        raise Failed(Problem(Cause.BUG, "KeyError"))

    assert changes([Edit(Field("x", "X", default=fails), "a", {})], {}) == []


def test_only_fields_that_begin_with_what_is_there_are_edits() -> None:
    async def zones(client: Any, item: Any, inputs: Any) -> tuple[Choice, ...]:
        return (Choice("1", "Seoul"),)

    fields = Field("name", "Name", default=lambda item: item["name"]), Field("zone", "Zone", default="1")
    form = sheet(*fields, item={"name": "old"})
    form.put("name", "new")
    assert [(one.about.name, one.text) for one in form.filled().edits] == [("name", "new")]
