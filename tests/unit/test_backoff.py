"""How long a failing list is left alone: each number of it has a test on either side."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.problem import LONGEST_RETRY_AFTER, Cause, Problem
from gputui.engine.backoff import CREDENTIALS_TRIES, CREDENTIALS_WAIT, LONGEST_BACKOFF, TLS_WAIT, backoff


def wait(cause: Cause, failures: int, retry_after: float | None = None, *, proven: bool = False) -> float:
    return backoff(Problem(cause, "", retry_after=retry_after), failures, 5.0, 1.0, proven=proven, refusals=failures)


def test_each_failure_in_a_row_doubles_the_pause_up_to_a_minute() -> None:
    assert [wait(Cause.NETWORK, failures) for failures in (1, 2, 3, 4, 5, 99)] == [10, 20, 40, 60, 60, 60]
    assert LONGEST_BACKOFF == 60


def test_the_jitter_shortens_the_pause() -> None:
    assert backoff(Problem(Cause.SERVER, ""), 1, 5.0, 0.5, proven=False, refusals=0) == 5.0


@pytest.mark.parametrize("cause", [Cause.THROTTLED, Cause.SERVER])
def test_a_short_retry_after_never_switches_the_back_off_off(cause: Cause) -> None:
    assert wait(cause, 1, 1.0) == 10
    assert wait(cause, 3, 1.0) == 40
    assert wait(cause, 3, 0.0) == 40


def test_a_retry_after_longer_than_the_back_off_is_obeyed() -> None:
    assert wait(Cause.THROTTLED, 1, 11.0) == 11
    assert wait(Cause.THROTTLED, 1, 300.0) == 300


def test_no_retry_after_silences_a_list_for_more_than_five_minutes() -> None:
    assert LONGEST_RETRY_AFTER == 300
    assert wait(Cause.THROTTLED, 1, 1e9) == 300
    assert wait(Cause.THROTTLED, 1, 299.0) == 299


@pytest.mark.parametrize("senseless", [math.nan, math.inf, -math.inf, -5.0, -1e9])
def test_a_senseless_retry_after_counts_as_none(senseless: float) -> None:
    assert wait(Cause.THROTTLED, 2, senseless) == 20
    assert Problem(Cause.THROTTLED, "", retry_after=senseless).retry_after is None


def test_keys_that_never_worked_are_tried_again_after_ten_minutes() -> None:
    assert wait(Cause.CREDENTIALS, 1) == CREDENTIALS_WAIT == 600


def test_an_outage_before_the_first_refusal_says_nothing_against_the_keys() -> None:
    refused = Problem(Cause.CREDENTIALS, "")
    pauses = [backoff(refused, 40, 5.0, 1.0, proven=True, refusals=count) for count in (1, 5, 6)]
    assert pauses == [60, 60, 600]


def test_keys_that_have_worked_get_the_normal_back_off_first() -> None:
    pauses = [wait(Cause.CREDENTIALS, failures, proven=True) for failures in range(1, CREDENTIALS_TRIES + 2)]
    assert pauses == [10, 20, 40, 60, 60, 600]


def test_a_refused_certificate_waits_a_minute() -> None:
    assert wait(Cause.TLS, 1) == TLS_WAIT == 60
    assert wait(Cause.TLS, 1, 90.0) == 90


@given(
    st.sampled_from(list(Cause)),
    st.integers(1, 10**6),
    st.floats(allow_nan=True) | st.none() | st.integers(),
    st.booleans(),
)
def test_every_pause_is_longer_than_nothing_and_ends(cause: Cause, n: int, after: float | None, proven: bool) -> None:
    pause = wait(cause, n, after, proven=proven)
    assert 10 <= pause <= 600
    assert pause <= 300 or cause is Cause.CREDENTIALS
