"""What a provider's functions may give: each kind with what just passes and what just does not."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gputui.core import fitting, fitting_answers
from gputui.core.actions import Choice, LogEntry, Watched
from gputui.core.cells import Cell
from gputui.core.fitting import LONGEST_ID, LONGEST_TEXT, Fit, Nonsense
from gputui.core.gaps import Gap
from gputui.core.links import Link, Port
from gputui.core.metrics import Limit, Measurements, Series
from gputui.core.problem import Cause, Problem
from gputui.core.provider import SshTarget
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.secret import Secret

REQUEST = Request("POST", "/a")
DONE = Outcome(SendStatus.ACCEPTED, 200)
HIDDEN = "a\x1b[2J"
ITEM = Item(1, {})


def changed(whole: Any, /, **fields: Any) -> Any:
    """A value with fields that its own class would not allow, or would mend."""
    made = replace(whole)
    for name, field in fields.items():
        object.__setattr__(made, name, field)
    return made


PASSES: list[tuple[Fit, Any]] = [
    (fitting.port, Port("web", 1)),
    (fitting.port, Port("web", 65535)),
    (fitting.flag, True),
    (fitting.reason, None),
    (fitting.outcome, DONE),
    (fitting.outcome, Outcome(SendStatus.UNKNOWN)),
    (fitting.problem, Problem(Cause.SERVER, "x", status=500, retry_after=0.0)),
    (fitting.problem, Problem(Cause.SERVER, "x")),
    (fitting.ssh, SshTarget("h", 22, "u", Secret("s"))),
    (fitting.ssh, SshTarget("h", user="u")),
    (fitting.listing, Listing((ITEM,), (Unreadable("a", "b", {}),), (Gap("x", None, 1, 2),))),
    (fitting_answers.watched, Watched({"a": 1}, over=False)),
    (
        fitting_answers.answer,
        Measurements((Series("a", "%", ((0.0, None), (1, 2.5)), 3, "b", (Limit("c", 4.0),)),), 0.0, 1, "d", 1.0),
    ),
    (fitting_answers.answer, (LogEntry(None, "info", "x" * 2 * LONGEST_TEXT),)),
    (fitting_answers.answer, [1, None, {"a": True}]),
    (fitting.names, frozenset({"a"})),
    (fitting.keyed_complaint, None),
    (fitting.keyed_complaint, ("size", "too big")),
    *((fitting.request, Request(method, "/a")) for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")),
    (fitting.request, Request("POST", "/a", {"q": "a b"}, {"x": [1, None]}, "vm", frozenset({"x"}))),
]
FAILS: list[tuple[Fit, Any]] = [
    *((fitting.port, Port("web", number)) for number in (0, 65536, -1, True)),
    (fitting.port, changed(Port("web", 1), number="80")),
    *((fitting.flag, value) for value in (1, 0, "", None, "yes")),
    (fitting.reason, 1),
    *((fitting.outcome, changed(DONE, status=status)) for status in (True, "200", 2.0)),
    (fitting.outcome, changed(DONE, send_status="accepted")),
    (fitting.outcome, changed(DONE, problem="no")),
    (fitting.outcome, changed(DONE, body={1, 2})),
    *(
        (fitting.problem, changed(Problem(Cause.SERVER, "x"), retry_after=wait))
        for wait in (-0.1, math.inf, math.nan, "1", True)
    ),
    (fitting.problem, changed(Problem(Cause.SERVER, "x"), status=True)),
    (fitting.ssh, changed(SshTarget("h", user="u"), host=None)),
    (fitting.ssh, changed(SshTarget("h", user="u"), user=7)),
    (fitting.ssh, changed(SshTarget("h", user="u"), port="22")),
    (fitting.ssh, changed(SshTarget("h", user="u"), port=True)),
    (fitting.ssh, changed(SshTarget("h", user="u"), password="plain")),
    (fitting.ssh, None),
    (fitting.listing, [ITEM]),
    (fitting.listing, Listing((1,))),  # type: ignore[arg-type]
    (fitting.listing, Listing((ITEM,), ("a",))),  # type: ignore[arg-type]
    (fitting.listing, Listing((ITEM,), (), ("a",))),  # type: ignore[arg-type]
    (fitting.listing, Listing((ITEM,), (), (changed(Gap("x"), total="many"),))),
    (fitting.listing, Listing((ITEM,), (), (changed(Gap("x"), listed=True),))),
    (fitting.listing, Listing((ITEM,), (), (changed(Gap("x"), problem="no"),))),
    (fitting_answers.watched, Watched({}, over=1)),  # type: ignore[arg-type]
    (fitting_answers.answer, Measurements((Series("a", "%", ((1e11, 1.0),)),))),
    (fitting_answers.answer, Measurements((Series("a", "%", ((None, 1.0),)),))),  # type: ignore[arg-type]
    (fitting_answers.answer, Measurements((Series("a", "%", ((1.0, True),)),))),
    (fitting_answers.answer, Measurements((Series("a", "%", (), limits=(Limit("b", None),)),))),  # type: ignore[arg-type]
    (fitting_answers.answer, Measurements((), 1e11)),
    (fitting_answers.answer, Measurements((LogEntry(None, "info", "x"),))),  # type: ignore[arg-type]
    (fitting_answers.answer, (Series("a", "%", ()),)),
    (fitting_answers.answer, (LogEntry(True, "info", "x"),)),
    (fitting_answers.answer, ("a line",)),
    (fitting.names, ["a"]),
    (fitting.names, frozenset({1})),
    (fitting.choice, Choice(HIDDEN, "a")),
    (fitting.choice, Choice(1, "a")),  # type: ignore[arg-type]
    *((fitting.request, Request(method, "/a")) for method in ("post", "TRACE", "CONNECT", "")),
    *((fitting.request, Request("GET", path)) for path in ("a", "", "/ä", "/a b", "/a\x1b", "//\x7f", "/a\n")),
    (fitting.request, Request("GET", "/a", {HIDDEN: "x"})),
    (fitting.request, Request("GET", "/a", {"x": HIDDEN})),
    (fitting.request, Request("GET", "/a", service=HIDDEN)),
    (fitting.request, Request("GET", "/a", body={1: "x"})),  # type: ignore[dict-item]
    (fitting.request, changed(REQUEST, secrets=["token"])),
    (fitting.client, object()),
]


@pytest.mark.parametrize(("fit", "value"), PASSES)
def test_what_is_as_declared_stays_as_it_is(fit: Fit, value: object) -> None:
    assert fit(value) == value


@pytest.mark.parametrize(("fit", "value"), FAILS)
def test_what_is_not_is_refused(fit: Fit, value: object) -> None:
    with pytest.raises(Nonsense):
        fit(value)


@pytest.mark.parametrize(("length", "same"), [(LONGEST_TEXT, True), (LONGEST_TEXT + 1, False)])
@pytest.mark.parametrize("letter", ["x", "ü"])
def test_a_text_that_is_shown_is_cut_where_it_is_too_long(length: int, same: bool, letter: str) -> None:
    assert (fitting.text(letter * length) == letter * length) is same
    assert len(fitting.text(letter * length)) <= LONGEST_TEXT


@pytest.mark.parametrize(("length", "same"), [(LONGEST_ID, True), (LONGEST_ID + 1, False)])
def test_an_id_that_is_too_long_is_another_short_one(length: int, same: bool) -> None:
    one, other = "x" * length, "x" * length + "y"
    assert (fitting.identity(one) == one) is same
    assert fitting.identity(one) != fitting.identity(other)


def test_what_is_shown_is_cleaned_and_lines_of_text_stay_lines() -> None:
    assert fitting.lines(f"one\n{HIDDEN}") == "one\na␛[2J"
    for fit, value in [
        (fitting.link, Link("a", "https://x", HIDDEN)),
        (fitting.port, Port(HIDDEN, 80)),
        (fitting.choice, Choice("v", HIDDEN, HIDDEN)),
        (fitting.outcome, changed(DONE, request_id=HIDDEN, body={HIDDEN: [HIDDEN]})),
        (fitting_answers.answer, {HIDDEN: HIDDEN}),
        (fitting.complaints, {"a": HIDDEN}),
        (fitting.ssh, HIDDEN),
        (fitting.cell, Cell(HIDDEN, HIDDEN)),
    ]:
        assert "\x1b" not in repr(fit(value)).replace("\\x1b", "\x1b")


def test_what_is_sent_is_never_altered() -> None:
    body = {"script": HIDDEN}
    assert fitting.request(changed(REQUEST, body=body)).body is body
    assert fitting.link(Link("a", HIDDEN, HIDDEN)).url == HIDDEN


def test_moments_without_a_zone_are_utc_and_ones_that_no_calendar_has_are_no_cells() -> None:
    naive = datetime(2026, 1, 1)
    assert fitting.cell(Cell("a", naive)).value == naive.replace(tzinfo=UTC)
    with pytest.raises(Nonsense):
        fitting.cell(changed(Cell("a"), value=[1]))
    with pytest.raises(Nonsense):
        fitting.cell(changed(Cell("a"), tone="pink"))


def test_a_reason_without_a_word_is_none() -> None:
    assert (fitting.reason(""), fitting.reason("x")) == (None, "x")


def test_of_a_link_only_what_is_shown_is_cleaned() -> None:
    hidden = Link("a", f"http://h/{HIDDEN}", f"h/{HIDDEN}")
    made = fitting.link(hidden)
    assert (made.url, made.shown) == (hidden.url, fitting.text(hidden.shown))
    same = Link("a", f"http://h/{HIDDEN}", f"http://h/{HIDDEN}")
    assert fitting.link(same) == same


def test_what_is_wrong_is_told_by_field_and_nothing_by_none() -> None:
    assert fitting.complaints(None) == {}
    assert fitting.complaints({"size": HIDDEN}) == {"size": fitting.text(HIDDEN)}
    for odd in ([], "x", {1: "x"}, {"size": 1}):
        with pytest.raises(Nonsense):
            fitting.complaints(odd)


@pytest.mark.parametrize("fields", [{"listed": "1"}, {"total": 1.5}, {"problem": "down"}])
def test_a_gap_counts_in_whole_numbers_and_has_a_problem(fields: dict[str, Any]) -> None:
    gap = changed(Gap("x", None, 1, 2), **fields)
    with pytest.raises(Nonsense):
        fitting.listing(Listing((ITEM,), (), (gap,)))


def test_an_answer_is_of_one_kind() -> None:
    with pytest.raises(Nonsense):
        fitting_answers.answer((Series("a", "%", (), 3), LogEntry(None, "info", "x")))
