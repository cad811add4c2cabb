"""Promise 4: which readings may say how a change has gone. Each guard decides alone here: all others let it pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gputui.core.actions import Action, Progress
from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.request import Outcome, SendStatus
from gputui.core.rows import Ref, Row, Snapshot
from gputui.engine.operations import STANDS_SECONDS, Operation, Operations
from tests.toy import CREATE, DELETE, PING, STOP, Machine

A, B = Ref("p", "nodes", "a"), Ref("p", "nodes", "b")
SENT = 1000.0


class Following:
    """Changes, and readings that are held against them when the test says so."""

    def __init__(self, action: Action[Any] = STOP, **given: Any) -> None:
        self.now = SENT
        self.told: list[Operation] = []
        self.all = Operations(lambda: self.now, lambda before, after: self.told.append(after))
        self.begin("1", action, **given)

    def begin(self, entry: str, action: Action[Any] = STOP, **given: Any) -> None:
        fields = {"ref": A, "name": "toy-a", "send_status": SendStatus.ACCEPTED, "sent_at": self.now, **given}
        self.all.begin(Operation(entry, action=action, **fields))

    def read(self, state: str | None, *, at: float | None = None, **given: Any) -> None:
        """A reading in which `a` has that state, or is not; one second after the one before."""
        self.now = self.now + STANDS_SECONDS if at is None else at
        rows = [] if state is None else [row(A, state)]
        view, profile = given.pop("view", "nodes"), given.pop("profile", "p")
        self.all.observe(profile, view, Snapshot(listed(rows), self.now, **given))

    def __getitem__(self, entry: str) -> Operation:
        return next(one for one in self.all.everything() if one.entry == entry)

    def roll_back(self) -> None:
        for state in ("STOPPING", "RUNNING", "RUNNING"):
            self.read(state)
        assert self["1"].failed


def row(ref: Ref, state: str) -> Row:
    return Row(ref, f"toy-{ref.id}", state, Health.OK, (), item=Machine(ref.id, f"toy-{ref.id}", state))


def listed(rows: Sequence[Row]) -> dict[Ref, Row]:
    return {one.ref: one for one in rows}


@pytest.mark.parametrize(
    ("ref", "name", "open_"),
    [(A, "toy-a", True), (A, "", True), (Ref("p", "nodes", ""), "new-1", True), (Ref("p", "nodes", ""), "", False)],
)
def test_what_has_neither_an_id_nor_a_name_is_not_waited_for(ref: Ref, name: str, open_: bool) -> None:
    """Nothing that is listed could ever be known to be it."""
    change = Following(ref=ref, name=name)["1"]
    assert (change.open, change.observable) == (open_, open_)
    assert open_ or change.outcome == "accepted; this cloud shows no sign of its end"


@pytest.mark.parametrize(
    "told",
    [
        {"profile": "q"},
        {"view": "pools"},
        {"problem": Problem(Cause.SERVER, "down")},
        {"at": SENT},
    ],
)
def test_a_reading_of_something_else_that_failed_or_began_before_says_nothing(told: dict[str, Any]) -> None:
    here = Following()
    here.read("STOPPED", **told)
    assert here["1"].open


@pytest.mark.parametrize(
    ("told", "open_"),
    [({}, False), ({"missing": (Gap("region x"),)}, True), ({"ghosts": {A: object()}}, True)],
)
def test_what_a_list_lacks_is_gone_only_where_the_list_is_whole(told: dict[str, Any], open_: bool) -> None:
    here = Following(DELETE)
    here.read(None, **told)
    assert here["1"].open is open_


def test_what_an_unreadable_entry_may_be_is_not_gone() -> None:
    here = Following(DELETE)
    here.now += 1
    here.all.observe("p", "nodes", Snapshot(listed([replace(row(B, "?"), item=None)]), here.now))
    assert here["1"].open


@pytest.mark.parametrize(("late", "end"), [(0.0, Progress.DONE), (0.1, Progress.CONTRADICTED)])
def test_a_bad_end_may_be_taken_back_for_a_minute(late: float, end: Progress) -> None:
    here = Following()
    here.roll_back()
    here.read("STOPPED", at=here.now + 60.0 + late)
    assert here["1"].progress is end


@pytest.mark.parametrize(("found", "failed"), [("ERROR", False), ("RUNNING", True), ("", True)])
def test_the_state_in_which_a_change_found_its_target_is_no_sign_that_it_failed(found: str, failed: bool) -> None:
    here = Following(found=found)
    for _ in range(3):
        here.read("ERROR")
    assert here["1"].failed is failed
    assert here["1"].open is not failed


def test_back_in_the_state_it_was_found_in_after_it_began_it_has_failed() -> None:
    here = Following(found="ERROR")
    for state in ("ERROR", "STOPPING", "ERROR", "ERROR"):
        here.read(state)
    assert (here["1"].failed, here["1"].end) == (True, "failed: ERROR")


def test_a_reading_that_shows_nothing_new_tells_nobody() -> None:
    change = Following()
    for state in ("RUNNING", "STOPPING", "STOPPED"):
        change.read(state)
        told = len(change.told)
        for _ in range(3):
            change.read(state)
        assert len(change.told) == told


def test_a_good_end_is_never_taken_back() -> None:
    here = Following()
    for state in ("STOPPED", "STOPPING", "RUNNING", "RUNNING"):
        here.read(state)
    assert here["1"].progress is Progress.DONE


def test_a_bad_end_stands_where_the_target_waits_as_if_nothing_had_been_sent() -> None:
    here = Following()
    here.roll_back()
    told = len(here.told)
    for state in ("RUNNING", "UNKNOWN", "RUNNING"):
        here.read(state)
    assert here["1"].outcome == "accepted, then rolled back by the cloud"
    assert len(here.told) == told


@pytest.mark.parametrize(("ref", "left"), [(A, {B}), (B, {A}), (Ref("p", "nodes", "c"), {A, B}), (None, set())])
def test_who_has_looked_at_one_bad_end_has_not_looked_at_another(ref: Ref | None, left: set[Ref]) -> None:
    change = Following()
    change.roll_back()
    change.begin("2", ref=B, name="toy-b", send_status=SendStatus.ACCEPTED)
    for state in ("ERROR", "ERROR"):
        change.now += STANDS_SECONDS
        rows = listed([row(A, "RUNNING"), row(B, state)])
        change.all.observe("p", "nodes", Snapshot(rows, change.now))
    assert change.all.warned == {A, B}
    change.all.saw(ref)
    assert change.all.warned == left


def test_a_bad_end_stands_where_nothing_was_seen_of_a_beginning() -> None:
    here = Following()
    here.read("ERROR")
    here.read("ERROR")
    assert here["1"].outcome == "failed: ERROR"
    here.read("RUNNING")
    assert here["1"].outcome == "failed: ERROR"


def test_a_bad_end_that_goes_on_after_all_is_open_again_and_warns_anew() -> None:
    here = Following()
    here.roll_back()
    here.all.saw(A)
    assert not here.all.warnings
    here.read("STOPPING")
    assert here["1"].open
    here.read("ERROR")
    here.read("ERROR")
    assert here.all.warnings == [here["1"]]


def test_a_later_change_of_the_same_target_explains_what_became_of_the_first() -> None:
    here = Following()
    here.read("STOPPING")
    here.now += 1
    here.begin("2", replace(STOP, name="start"))
    here.read("RUNNING")
    here.read("RUNNING")
    assert (here["1"].progress, here["1"].end) == (Progress.DONE, "overtaken by a later change")


@pytest.mark.parametrize("send_status", [SendStatus.REFUSED, SendStatus.NOT_SENT])
def test_one_that_was_refused_explains_nothing(send_status: SendStatus) -> None:
    here = Following()
    here.read("STOPPING")
    here.now += 1
    here.begin("2", replace(STOP, name="start"), send_status=send_status)
    here.read("RUNNING")
    here.read("RUNNING")
    assert here["1"].outcome == "accepted, then rolled back by the cloud"


def test_a_bad_end_is_not_taken_back_by_what_a_later_change_did() -> None:
    here = Following()
    here.roll_back()
    here.now += 1
    here.begin("2")
    here.read("STOPPED")
    assert here["1"].failed
    assert here["2"].progress is Progress.DONE


def test_the_newest_change_of_a_target_is_the_one_sent_last() -> None:
    here = Following()
    here.begin("0", sent_at=SENT - 1, adopted=True)
    assert here.all.of(A) is here["1"]


def test_two_different_bad_ends_do_not_confirm_each_other() -> None:
    here = Following()
    here.read("STOPPING")
    here.read("RUNNING")
    here.read("ERROR")
    assert here["1"].open
    here.read("ERROR")
    assert here["1"].outcome == "failed: ERROR"


def test_a_reboot_that_goes_on_is_never_given_up_and_one_without_a_sign_after_its_patience() -> None:
    reboot = replace(STOP, name="reboot", returns=True)
    here, other = Following(reboot), Following(reboot)
    here.read("STOPPING")
    here.read("STOPPING", at=SENT + reboot.patience + 1)
    assert here["1"].open
    other.read("RUNNING", at=SENT + reboot.patience)
    assert other["1"].open
    other.read("RUNNING", at=SENT + reboot.patience + 1)
    assert other["1"].outcome == "accepted; this cloud shows no sign of its end"


def test_a_lost_answer_of_which_nothing_can_be_read_is_never_called_accepted() -> None:
    end = "unknown whether it arrived, and this cloud shows no sign of it: look before you repeat it"
    assert Following(PING, send_status=SendStatus.UNKNOWN)["1"].outcome == end


@pytest.mark.parametrize(("state", "after", "open_"), [("RUNNING", 86_400, True), ("RUNNING", 86_401, False)])
def test_what_has_shown_no_sign_for_a_day_is_given_up_and_said_to_be(state: str, after: float, open_: bool) -> None:
    here = Following()
    here.read(state, at=SENT + after)
    assert (here["1"].open, len(here.all.warnings)) == (open_, not open_)
    assert open_ or here["1"].outcome == "no sign of it in 24 h, followed no longer: look before you repeat it"


def test_what_goes_on_for_more_than_a_day_is_not_given_up() -> None:
    here = Following()
    here.read("STOPPING", at=SENT + 90_000)
    assert here["1"].open


@pytest.mark.parametrize(
    ("send_status", "after", "undecided"),
    [
        (SendStatus.UNKNOWN, PING.patience, True),
        (SendStatus.UNKNOWN, PING.patience + 1, False),
        (SendStatus.ACCEPTED, 0.0, False),
    ],
)
def test_where_nothing_can_be_read_only_time_decides_a_lost_answer(
    send_status: SendStatus, after: float, undecided: bool
) -> None:
    assert Following(PING, send_status=send_status)["1"].undecided(SENT + after) is undecided


@pytest.mark.parametrize(
    ("send_status", "end"),
    [
        (SendStatus.ACCEPTED, "accepted, then rolled back by the cloud"),
        (SendStatus.UNKNOWN, "begun, then rolled back by the cloud"),
    ],
)
def test_what_is_not_known_to_have_been_accepted_is_not_called_so(send_status: SendStatus, end: str) -> None:
    here = Following(send_status=send_status)
    here.roll_back()
    assert here["1"].end == end


def test_what_is_made_is_the_one_of_its_very_name_else_one_with_an_ending_behind_it() -> None:
    def found(*names: str) -> str:
        here = Following(CREATE, ref=Ref("p", "nodes", ""), name="toy")
        here.now += 1
        rows = [replace(row(Ref("p", "nodes", f"id-{name}"), "STARTING"), name=name) for name in names]
        here.all.observe("p", "nodes", Snapshot(listed(rows), here.now))
        return here["1"].ref.id

    assert found("toy-x1", "toy") == "id-toy"
    assert found("toys", "toy-x1") == "id-toy-x1"
    assert found("toys", "other") == ""


def test_an_entry_that_cannot_be_read_is_not_what_was_made() -> None:
    here = Following(CREATE, ref=Ref("p", "nodes", ""), name="toy-a")
    here.now += 1
    here.all.observe("p", "nodes", Snapshot(listed([replace(row(A, "RUNNING"), item=None)]), here.now))
    assert here["1"].ref.id == ""


def test_only_what_others_began_is_taken_from_the_journal() -> None:
    here = Following()
    here.begin("2", adopted=True, ref=B, send_status=SendStatus.UNKNOWN)
    here.all.reconcile({"2": SendStatus.ACCEPTED})
    assert here["1"].open
    assert here["2"].send_status is SendStatus.ACCEPTED
    told = len(here.told)
    here.all.reconcile({"2": SendStatus.ACCEPTED})
    assert len(here.told) == told
    here.all.reconcile({})
    assert [one.entry for one in here.all.everything()] == ["1"]
    assert here.all.of(B) is None


def test_a_bad_end_of_what_others_began_stays_although_it_is_over() -> None:
    here = Following(adopted=True)
    here.roll_back()
    here.all.reconcile({})
    assert here.all.warnings == [here["1"]]


@pytest.mark.parametrize("send_status", [SendStatus.ACCEPTED, SendStatus.UNKNOWN])
def test_what_was_taken_back_before_its_answer_came_is_rolled_back(send_status: SendStatus) -> None:
    here = Following(send_status=None)
    for state in ("STOPPING", "RUNNING", "RUNNING"):
        here.read(state)
    assert here["1"].outcome == "sending"
    here.all.answered(replace(here["1"], began=False), Outcome(send_status))
    here.read("RUNNING")
    here.read("RUNNING")
    assert here["1"].failed
    assert here["1"].end.endswith("then rolled back by the cloud")


def test_what_has_come_to_its_end_before_its_answer_is_confirmed_after_it() -> None:
    here = Following(send_status=None)
    here.read("STOPPED")
    assert here["1"].sending and here["1"].undecided(here.now)
    here.all.answered(here["1"], Outcome(SendStatus.ACCEPTED))
    here.read("STOPPED")
    assert here["1"].outcome == "confirmed"


def test_what_was_refused_although_its_target_changes_is_refused() -> None:
    here = Following(send_status=None)
    here.read("STOPPING")
    here.all.answered(here["1"], Outcome(SendStatus.REFUSED))
    for state in ("STOPPING", "RUNNING", "RUNNING"):
        here.read(state)
    assert here["1"].outcome == "refused"
    assert not here.all.warnings


def test_what_is_being_made_is_not_found_before_its_answer() -> None:
    """Whoever sent it knows it by its name until then."""
    here = Following(CREATE, send_status=None, ref=Ref("p", "nodes", ""), name="toy-a")
    here.read("STARTING")
    assert here["1"].ref.id == ""
    here.all.answered(here["1"], Outcome(SendStatus.ACCEPTED))
    here.read("STARTING")
    assert [(one.ref, one.progress) for one in here.all.everything()] == [(A, Progress.GOING)]


def test_what_others_began_and_saw_end_is_told_of_and_hides_no_newer_change() -> None:
    here = Following(adopted=True, sent_at=SENT - 1)
    here.begin("2", replace(STOP, name="start"))
    here.told.clear()
    here.all.reconcile({})
    assert [one.entry for one in here.told] == ["1"]
    assert here.all.of(A) is here["2"]


def test_what_was_given_up_and_is_found_after_all_warns_no_longer() -> None:
    here = Following(CREATE, ref=Ref("p", "nodes", ""), name="toy-a")
    here.read(None, at=SENT + 90_000)
    assert [one.entry for one in here.all.warnings] == ["1"]
    here.read("STARTING")
    assert (here["1"].ref, here.all.warnings) == (A, [])


def test_what_went_on_in_between_makes_a_bad_end_a_new_one() -> None:
    here = Following()
    for state in ("ERROR", "STOPPING", "ERROR"):
        here.read(state)
    assert here["1"].open
    here.read("ERROR")
    assert here["1"].failed


def test_a_reboot_that_ends_in_an_error_has_failed() -> None:
    here = Following(replace(STOP, name="reboot", returns=True))
    for state in ("STOPPING", "ERROR", "ERROR"):
        here.read(state)
    assert here["1"].outcome == "failed: ERROR"


def test_a_failure_without_a_word_of_the_cloud_says_so() -> None:
    here = Following(replace(STOP, progress=lambda machine, inputs: Progress.CONTRADICTED))
    for _ in range(2):
        here.read("")
    assert here["1"].outcome == "failed: the cloud does not say why"
    here.begin("2", here["1"].action, ref=B, name="toy-b")
    for _ in range(2):
        here.read(None)
    assert here["2"].outcome == "failed: it is gone"


def test_a_lost_answer_is_no_longer_unknown_once_its_change_is_seen_going_on() -> None:
    here = Following(send_status=SendStatus.UNKNOWN)
    here.read("RUNNING")
    assert here["1"].outcome == "unknown whether it arrived, looking"
    here.read("STOPPING")
    assert here["1"].outcome == "in progress"


@pytest.mark.parametrize(
    ("problem", "said"), [(Problem(Cause.REFUSED, "quota exceeded"), "quota exceeded"), (None, "refused")]
)
def test_a_refusal_says_why(problem: Problem | None, said: str) -> None:
    here = Following(send_status=None)
    here.all.answered(here["1"], Outcome(SendStatus.REFUSED, problem=problem))
    assert said in here["1"].outcome


def test_a_bad_end_is_believed_a_second_after_it_was_first_read_however_often_it_is_read() -> None:
    here = Following()
    for at, open_ in ((1.0, True), (1.6, True), (1.9, True), (2.0, False)):
        here.read("ERROR", at=SENT + at)
        assert here["1"].open is open_
