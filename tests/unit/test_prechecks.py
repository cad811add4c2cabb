"""Whether a verb may be done to a row: one rule, with one text, at every station from the menu to the sending."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gputui.core.guards import MANY, Guards, must_confirm, read_only, unchecked_command
from gputui.core.health import Health
from gputui.core.prechecks import (
    GONE,
    NO_ROW,
    ONE_AT_A_TIME,
    UNREADABLE,
    blocked,
    precheck,
    said_of,
    warning,
    without_doubtful,
)
from gputui.core.rows import Ref, Row
from gputui.engine.fleet import LOST
from tests.toy import CREATE, STOP, Machine

ROW = Row(Ref("p", "nodes", "m1"), "toy-1", "RUNNING", Health.OK, (), item=Machine("m1", "toy-1"))
STOPPED = replace(ROW, state="STOPPED", item=Machine("m1", "toy-1", "STOPPED"))


@pytest.mark.parametrize(
    ("newest", "reason", "said"),
    [
        (ROW, "", ""),
        (None, GONE, "toy-1 is gone"),
        (replace(ROW, withheld=LOST), LOST, f"toy-1 ({LOST})"),
        (replace(ROW, item=None, name="!m1"), UNREADABLE, "toy-1 is unreadable now"),
        (replace(ROW, name="other"), "it is called other now", "toy-1 is called other now"),
        (STOPPED, "state is STOPPED", "toy-1 (state is STOPPED)"),
    ],
)
def test_a_row_that_may_not_be_changed(newest: Row | None, reason: str, said: str) -> None:
    assert precheck(STOP, ROW, newest) == reason
    if (newest is not None and newest.name == ROW.name) or (newest is not None and newest.item is None):
        assert blocked(STOP, [newest]) == reason, "the menu says the same"
    assert not reason or said_of("toy-1", reason) == said


def test_what_was_confirmed_in_one_state_is_not_sent_in_another() -> None:
    moved = replace(ROW, state="ERROR")
    assert precheck(STOP, ROW, moved) == ""
    reason = precheck(STOP, ROW, moved, same_state=True)
    assert said_of("toy-1", reason) == "toy-1 was RUNNING, is ERROR now"


def test_of_several_rows_one_that_allows_it_is_enough() -> None:
    assert blocked(STOP, [STOPPED, ROW]) == ""
    assert blocked(STOP, [STOPPED, replace(ROW, item=None)]) == "state is STOPPED"
    assert (blocked(STOP, []), blocked(CREATE, [])) == (NO_ROW, "")
    alone = replace(STOP, many=False, makes=lambda inputs: ("x",))
    assert (blocked(alone, [ROW, ROW]), blocked(alone, [ROW])) == (ONE_AT_A_TIME, "")


DOUBTFUL = replace(
    STOP,
    blocked_reason=lambda machine: None,
    warning=lambda machine: None if machine.state == "RUNNING" else f"state is {machine.state}",
)


def test_what_cannot_be_read_has_no_warning() -> None:
    assert [warning(DOUBTFUL, row) for row in (ROW, STOPPED, replace(STOPPED, item=None))] == [
        "",
        "state is STOPPED",
        "",
    ]


def test_a_doubtful_row_spoils_no_request_of_others_and_is_taken_where_all_are_doubtful() -> None:
    other = replace(STOPPED, ref=Ref("p", "nodes", "m2"))
    assert without_doubtful(DOUBTFUL, (ROW, other)) == ((ROW,), ((other, "state is STOPPED"),))
    assert without_doubtful(DOUBTFUL, (STOPPED, other)) == ((STOPPED, other), ())
    assert without_doubtful(DOUBTFUL, (ROW,)) == ((ROW,), ())
    assert without_doubtful(DOUBTFUL, ()) == ((), ())


def test_what_has_become_doubtful_since_the_key_was_pressed_is_not_done() -> None:
    assert precheck(DOUBTFUL, ROW, STOPPED) == "state is STOPPED"
    assert precheck(DOUBTFUL, STOPPED, STOPPED) == ""
    assert precheck(DOUBTFUL, STOPPED, ROW) == ""


def test_a_clouds_own_words_are_kept_whole() -> None:
    assert said_of("toy-1", "it is locked") == "toy-1 (it is locked)"


@pytest.mark.parametrize(
    ("count", "chosen", "guarded", "asked"),
    [(1, True, False, False), (1, True, True, True), (2, False, False, True), (MANY, True, False, True)],
)
def test_when_a_command_needs_a_yes(count: int, chosen: bool, guarded: bool, asked: bool) -> None:
    assert must_confirm(count, chosen=chosen, guarded=guarded) is asked


def test_what_guards_a_profile_in_words() -> None:
    assert str(Guards()) == ""
    assert str(Guards(protected=True, read_only=True)) == " (protected, read-only)"
    assert (read_only("a"), read_only("a", "b")) == ("a is read-only", "a, b are read-only")
    assert unchecked_command("a").startswith(read_only("a"))


def test_what_takes_one_row_is_off_for_two_and_not_for_one() -> None:
    single = replace(STOP, makes=lambda item, inputs: "new")
    assert blocked(single, [ROW]) == ""
    assert blocked(single, [ROW, ROW]) == ONE_AT_A_TIME
    assert blocked(STOP, [ROW, ROW]) == ""
