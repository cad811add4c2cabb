"""What many machines answered, as a person reads it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from rich.cells import cell_len
from textual import events

from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.core.unique_names import Names
from gputui.ssh.address import Address
from gputui.ssh.connecting.pool import Pool
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import HostKeyQuestion
from gputui.ssh.running.fan_out import CommandResult
from gputui.ssh.running.unknown_keys import UnknownHostKeys
from gputui.ui.fan_out.batch import BatchRun
from gputui.ui.fan_out.results import Report, key_of, sections
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.fan_out.trust import question as host_keys_question
from gputui.ui.widgets.outline import Section


def machine(number: int, profile: str = "p", name: str = "") -> Machine:
    ref = Ref(profile, "nodes", f"id{number}")
    return Machine(ref, name or f"gpu-node-{number:03}", Address(f"10.0.0.{number}"), SshOptions())


def answer(number: int, out: str = "", status: int | None = 0, problem: Problem | None = None) -> CommandResult:
    return CommandResult(machine(number), status, out.encode(), b"", 0.1, problem)


def silent(number: int) -> CommandResult:
    return answer(number, status=None, problem=Problem(Cause.TIMEOUT, "10.0.0.9 does not answer", "is it up?"))


def shown(answers: list[CommandResult], width: int = 80) -> list[Section]:
    names = Names({one.machine.ref: one.machine.name for one in answers})
    return sections(Report.of(answers), names, width, frozenset())


def head(section: Section) -> str:
    return "".join(part for part, _ in section.head) + section.peek


def test_the_odd_ones_come_first_then_who_gave_no_answer_then_the_majority() -> None:
    found = shown([*(answer(n, "ok\n") for n in range(1, 11)), answer(11, "bad\n", 2), silent(12), silent(13)])
    assert [head(section).split() for section in found] == [
        ["1", "exit", "2", "gpu-node-011", "bad"],
        ["2", "no", "answer", "gpu-node-[012-013]", "timed", "out:", "10.0.0.9", "does", "not", "answer"],
        ["10", "exit", "0", "gpu-node-[001-010]", "ok"],
    ]
    assert list(found[1].lines) == ["is it up?"]


def test_a_reason_that_stands_below_its_heading_is_told_while_that_is_folded() -> None:
    trouble = Problem(Cause.REFUSED, "the host key has CHANGED: " + "SHA256:" * 12)
    (narrow,), (wide,) = (shown([answer(1, status=None, problem=trouble)], width) for width in (80, 200))
    assert (narrow.peek, wide.peek) == (str(trouble), "")
    assert str(trouble) in head(wide)


def test_answers_stand_in_the_order_in_which_the_machines_were_chosen() -> None:
    rounds = BatchRun("false", Pool(SshPlaces(Path(), Path())))
    rounds.begin([machine(number) for number in (1, 2, 3)])
    assert rounds._current is not None
    rounds._current.done += [answer(number, status=1) for number in (3, 1)]
    assert [one.machine for one in rounds.answers] == list(rounds.failed) == [machine(1), machine(3)]


def test_what_is_hostile_stays_text() -> None:
    (section,) = shown([answer(1, "[red]a[/x]\x1b[2J\u202e\n\tb\n")])
    assert list(section.lines) == ["[red]a[/x]␛[2J\ufffd", "    b"]


def test_headings_fit_and_names_they_have_no_room_for_stand_below_in_full() -> None:
    for width in (40, 80, 200):
        found = shown([answer(n, f"text {n % 2}\n") for n in range(1, 100)], width)
        for section in found:
            assert cell_len("".join(part for part, _ in section.head)) <= width
        assert "".join(found[0].lines[:-1]) in ("", "gpu-node-[" + ",".join(f"{n:03}" for n in range(2, 99, 2)) + "]")
        assert (width == 200) <= bool(found[0].lines)
        assert not any("…" in part or "gpu-node" in part for section in found for part, _ in section.head)
        assert all(section.peek.startswith("gpu-node-[") and "…" in section.peek for section in found)


def test_names_that_stand_below_are_broken_behind_commas_only() -> None:
    (section,) = shown([answer(n, "a\nb\n") for n in range(1, 100, 2)], 60)
    *names, first, second = section.lines
    assert (first, second) == ("a", "b")
    assert len(names) > 2
    assert all(line.endswith(",") and cell_len(line) <= 54 for line in names[:-1])
    assert "".join(names) == "gpu-node-[" + ",".join(f"{n:03}" for n in range(1, 100, 2)) + "]"


def test_equal_failures_are_one_group_whatever_the_address() -> None:
    one, other = (
        CommandResult(
            Machine(Ref("p", "nodes", host), host, Address(host), SshOptions()),
            None,
            b"",
            b"",
            0.1,
            Problem(Cause.NETWORK, f"root@{host} takes connections and closes them at once"),
        )
        for host in ("10.0.0.1", "10.0.0.12")
    )
    (failure,) = Report.of([one, other]).failures
    assert failure.text == "unreachable: the machine takes connections and closes them at once"


def test_names_of_several_profiles_and_names_that_come_twice_are_told_apart() -> None:
    one, other, twin = machine(1), machine(1, "q"), machine(2, name="gpu-node-001")
    assert Names({one.ref: one.name}).all([one.ref]) == "gpu-node-001"
    assert Names({one.ref: one.name, other.ref: other.name}).all([one.ref, other.ref]) == (
        "p/gpu-node-001, q/gpu-node-001"
    )
    twins = Names({one.ref: one.name, twin.ref: twin.name})
    assert (twins.one(one.ref), twins.one(twin.ref)) == ("gpu-node-001 (id1)", "gpu-node-001 (id2)")


def test_a_group_compared_with_the_majority_shows_what_differs() -> None:
    answers = [answer(1, "a\nb\n"), answer(2, "a\nc\n"), answer(3, "a\nc\n")]
    report = Report.of(answers)
    names = Names({one.machine.ref: one.machine.name for one in answers})
    assert [section.peek for section in sections(report, names, 80, frozenset())] == ["2 lines: b", "2 lines: a"]
    odd, most = sections(report, names, 80, {key_of(group) for group in report.groups})
    assert list(odd.lines)[-3:] == [" a", "-c", "+b"]
    assert [odd.tone(line) for line in range(len(odd.lines))][-2:] == ["removed", "added"]
    assert list(most.lines) == ["a", "c"]
    assert odd.peek == "2 lines: b", "what is told of it while it is folded"


def unmet(number: int, fingerprint: str, host: str = "jump", why: tuple[str, ...] = ()) -> CommandResult:
    asked = HostKeyQuestion(host, 22, "ssh-ed25519", fingerprint, why, jump=host == "jump")
    problem = Problem(Cause.REFUSED, "was not accepted")
    return CommandResult(machine(number), None, b"", b"", 0.1, problem, unmet=asked)


def test_a_jump_hosts_key_is_asked_about_once_and_one_that_differs_in_one_run_not_at_all() -> None:
    found = UnknownHostKeys.of(
        [unmet(1, "SHA256:a"), unmet(2, "SHA256:a"), unmet(3, "SHA256:b", "x"), unmet(4, "SHA256:c", "x")]
    )
    assert found.trusted == {("jump", 22): "SHA256:a"}
    assert [one.name for one in found.waiting] == ["gpu-node-001", "gpu-node-002"]
    question = host_keys_question(found, Names({}))
    assert question.type_this == "1"
    assert "left out: x:22 showed several keys in one run" in question.lines


def test_what_is_known_of_a_key_all_the_same_is_said_and_whose_it_is() -> None:
    found = UnknownHostKeys.of(
        [unmet(2, "SHA256:a"), unmet(1, "SHA256:a", why=("had another key",)), unmet(3, "SHA256:b", "x")]
    )
    assert not found.conflicting
    assert [one.name for one in found.waiting] == ["gpu-node-001", "gpu-node-002", "gpu-node-003"]
    names = Names({answer.ref: answer.name for answer in found.waiting})
    assert host_keys_question(found, names).lines[1:] == (
        "jump host of gpu-node-[001-002] (jump port 22)",
        "  ssh-ed25519 SHA256:a",
        "  had another key",
        "gpu-node-003 (x port 22)",
        "  ssh-ed25519 SHA256:b",
    )


def test_there_is_a_majority_only_where_two_texts_can_be_compared() -> None:
    assert Report.of([answer(1, "a"), answer(2, "a")]).majority is None
    two = Report.of([answer(1, "a"), answer(2, "a"), answer(3, "b")])
    assert two.majority is not None and len(two.majority.machines) == 2


def test_a_section_stands_for_its_own_machines_and_no_others() -> None:
    report = Report.of([answer(1, "a"), answer(2, "b"), answer(3, "b"), silent(4)], pending=[machine(5)])
    assert [sorted(ref.id for ref in report.refs(key_of(one))) for one in report.all] == [
        ["id1"],
        ["id2", "id3"],
        ["id4"],
        ["id5"],
    ]
    assert report.refs("no such section") == ()


def test_the_same_text_with_another_status_is_another_section() -> None:
    report = Report.of([answer(1, "a", 0), answer(2, "a", 1)])
    assert len(report.groups) == 2
    assert len({key_of(one) for one in report.all}) == 2


def test_who_is_waited_for_is_a_section_only_where_there_is_somebody() -> None:
    assert Report.of([answer(1, "a")]).pending == ()
    assert [len(one.machines) for one in Report.of([answer(1, "a")], pending=[machine(2)]).pending] == [1]


def test_into_a_machine_again_and_marking_must_be_meant_and_reading_need_not() -> None:
    meant = {key for key in "srmde" if FanOutScreen.must_be_meant(cast(FanOutScreen, None), events.Key(key, key))}
    assert meant == {"s", "r", "m"}
