"""The journal's records put together: `gputui audit` and what goes on being followed read the same of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gputui.core.request import SendStatus
from gputui.core.rows import Ref
from gputui.engine.audit import entries
from gputui.engine.journal_changes import recorded_changes
from gputui.engine.unfinished import unfinished
from tests.toy import STOP

AT = "2026-11-30T12:00:00.000+00:00"


def record(phase: str, id: str = "1", **more: Any) -> dict[str, Any]:
    return {"at": AT, "id": id, "phase": phase, **more}


def intent(id: str = "1", **more: Any) -> dict[str, Any]:
    told = {"who": "me", "profile": "p", "view": "nodes", "verb": "stop", "targets": [{"id": "m1", "name": "toy-1"}]}
    return record("intent", id, **{**told, **more})


TARGET = {"id": "m1", "name": "toy-1"}
ODD = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just([]), st.just({}), st.just(TARGET))
PHASES = st.sampled_from(["intent", "outcome", "settled", "seen", "other", "", None, 3])
ANY = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(st.sampled_from(["1", "2"]), ODD),
        "phase": PHASES,
        "at": st.one_of(st.just(AT), ODD),
        "outcome": st.one_of(st.sampled_from([send_status.value for send_status in SendStatus]), ODD),
        "target": ODD,
        "end": ODD,
        "bad": st.one_of(st.booleans(), ODD),
    },
)


@given(st.lists(st.one_of(ANY, st.builds(intent, st.sampled_from(["1", "2"]))), max_size=8))
def test_whatever_stands_in_it_both_readers_say_the_same_of_its_outcome(records: list[dict[str, Any]]) -> None:
    listed = {entry.id: entry for entry in entries(records)}
    for one in unfinished(records):
        known = listed[one.entry].outcome
        assert one.send_status is (SendStatus.ACCEPTED if known == SendStatus.ACCEPTED.value else SendStatus.UNKNOWN)


def test_what_makes_no_sense_is_counted_and_costs_nothing_else() -> None:
    wrong = (
        record("settled", target=TARGET, end=3),
        record("settled", target={"id": "m1"}, end="gone"),
        record("seen", target="m1"),
        record("outcome"),
        {"phase": "intent"},
        intent(id=7),  # type: ignore[arg-type]
    )
    counted: list[int] = []
    (change,) = recorded_changes([intent(), *wrong], lambda: counted.append(1))
    assert (len(counted), change.outcome, change.settled, change.seen) == (len(wrong), {}, {}, set())


def test_an_end_that_was_seen_keeps_its_words() -> None:
    ended = record("settled", target=TARGET, end="contradicted", bad=True)
    told = [intent(), record("outcome", outcome="accepted"), ended]
    assert unfinished(told)[0].unseen
    told.append(record("seen", target=TARGET))
    assert unfinished(told) == []
    assert entries(told)[0].ends == {"toy-1": "contradicted"}


def test_a_record_of_a_change_that_began_earlier_is_none_of_those() -> None:
    counted: list[int] = []
    later = [record("outcome", outcome="accepted"), record("settled", target=TARGET, end="done"), record("news")]
    assert recorded_changes(later, lambda: counted.append(1)) == []
    assert counted == []


ACCEPTED = record("outcome", outcome="accepted")


def test_what_is_followed_after_a_restart_is_what_was_sent() -> None:
    sent = intent(inputs={"names": ["a", ["b"]], "n": 3}, before=["x"], request={"method": "POST"})
    (one,) = unfinished([sent, ACCEPTED])
    (operation,) = one.operations(STOP)
    assert (operation.ref, operation.name, operation.adopted) == (Ref("p", "nodes", "m1"), "toy-1", True)
    assert operation.inputs == {"names": ("a", ("b",)), "n": 3}
    assert (operation.before, operation.request) == (frozenset({"x"}), {"method": "POST"})
    assert operation.sent_at == datetime.fromisoformat(AT).timestamp()
    assert unfinished([intent(targets=[]), ACCEPTED])[0].targets == (("", ""),)


def test_an_end_settles_the_target_of_its_id_and_of_no_name_that_is_alike() -> None:
    two = [{"id": "a", "name": "b"}, {"id": "b", "name": "a"}]
    ended = record("settled", target=two[0], end="confirmed")
    assert unfinished([intent(targets=two), ACCEPTED, ended])[0].targets == (("b", "a"),)
    assert unfinished([intent(makes=["b", "a"]), ACCEPTED, ended])[0].targets == (("", "a"),)
    alike = [{"id": "a", "name": "x"}, {"id": "b", "name": "x"}]
    ended = record("settled", target=alike[0], end="confirmed")
    assert unfinished([intent(targets=alike), ACCEPTED, ended])[0].targets == (("b", "x"),)


def test_a_bad_end_warns_with_its_words_and_its_moment() -> None:
    ended = record("settled", target=TARGET, end="failed: ERROR", bad=True)
    (warning,) = unfinished([intent(), ACCEPTED, ended])[0].warnings(STOP)
    assert warning.failed
    assert (warning.end, warning.settled_at) == ("failed: ERROR", datetime.fromisoformat(AT).timestamp())
    assert unfinished([intent(), ACCEPTED, {**ended, "bad": 1}]) == []


def test_a_phase_that_nobody_knows_says_nothing() -> None:
    told = [intent(), record("outcome", outcome="accepted"), record("settled", target=TARGET, end="failed", bad=True)]
    (change,) = recorded_changes([*told, record("looked at", target=TARGET)])
    assert change.seen == set()
    (change,) = recorded_changes([*told, record("seen", target=TARGET)])
    assert change.seen == {("m1", "toy-1")}


def test_a_target_without_a_state_was_found_in_none() -> None:
    targets = [{"id": "m1", "name": "one", "state": "UP"}, {"id": "m2", "name": "two", "state": None}]
    (one,) = unfinished([intent(targets=[*targets, {"id": "m3", "name": "three"}])])
    assert one.found == {"m1": "UP", "m2": "", "m3": ""}
