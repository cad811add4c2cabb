"""What many machines answered, put together: groups, failures, differences."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gputui.core.differing import LONGEST_COMPARED, LONGEST_DIFFERENCE, difference
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.failure import problem_of
from gputui.ssh.machine import Machine
from gputui.ssh.prompter import HostKeyQuestion
from gputui.ssh.running.fan_out import CommandResult
from gputui.ssh.running.gathering import LONGEST_TEXT, ResultGroup, failures, gather

MORE = "… more came than is kept"


def machine(name: str, profile: str = "p") -> Machine:
    number = sum(name.encode()) % 250
    return Machine(Ref(profile, "nodes", name), name, Address(f"10.0.0.{number}", 22, "root"), SshOptions())


def answer(name: str, out: bytes = b"", err: bytes = b"", status: int | None = 0, **more: Any) -> CommandResult:
    return CommandResult(machine(name), status, out, err, 0.1, more.pop("problem", None), **more)


def names(group: ResultGroup) -> list[str]:
    return [machine.name for machine in group.machines]


def test_equal_answers_are_one_group_and_the_odd_ones_come_first() -> None:
    groups = gather(
        [answer(f"gpu-{at}", b"same\n") for at in (10, 2, 1)]
        + [answer("odd", b"other\n"), answer("a", b"same\n", status=1), answer("b", b"same\n", b"and more")]
    )
    assert [(names(group), group.status, group.text) for group in groups] == [
        (["a"], 1, ("same",)),
        (["b"], 0, ("same", "and more")),
        (["odd"], 0, ("other",)),
        (["gpu-1", "gpu-2", "gpu-10"], 0, ("same",)),
    ]


def test_what_shows_the_same_is_the_same() -> None:
    groups = gather([answer("a", b"x\n"), answer("b", b"x"), answer("c", b"x\r\n"), answer("d", b"", b"x\n")])
    assert [(names(group), group.text) for group in groups] == [(["a", "b", "c", "d"], ("x",))]
    assert [group.text for group in gather([answer("a", b"x\n\n"), answer("b", b"")])] == [("x", ""), ()]


def test_hostile_text_is_text() -> None:
    (group,) = gather([answer("a", b"\x1b]0;evil\x07[/bold]\n\xe2\x80\xaegnp\ttab\n" + "ok µ 한".encode())])
    assert group.text == ("␛]0;evil␇[/bold]", "�gnp    tab", "ok µ 한")


def test_text_in_another_encoding_is_shown_and_told_apart() -> None:
    """Of two Korean names as long as each other nothing but the replacement characters could be seen."""
    one, other = ("이름: 김\n".encode("euc-kr"), "이름: 박\n".encode("euc-kr"))
    groups = gather([answer("a", one), answer("b", other), answer("c", one)])
    assert [names(group) for group in groups] == [["b"], ["a", "c"]]
    for group in groups:
        assert group.text[0].startswith("\N{REPLACEMENT CHARACTER}") and ": " in group.text[0]
        assert group.text[1].startswith("(not UTF-8, SHA256 ")
    [group] = gather([answer("a", "caf\N{REPLACEMENT CHARACTER}".encode())])
    assert len(group.text) == 1, "a replacement character that the machine itself sent"


def test_what_is_no_text_is_told_by_its_length_and_hash() -> None:
    groups = gather(
        [answer("a", bytes(range(256)) * 99), answer("b", bytes(range(256)) * 98), answer("c", b"\xff" * 9)]
    )
    texts = [line for group in groups for line in group.text]
    assert [text.split(",")[0] for text in texts] == [
        "25344 bytes that are no text",
        "25088 bytes that are no text",
        "9 bytes that are no text",
    ]
    assert len(set(texts)) == 3


def test_long_texts_that_differ_behind_what_is_shown_are_not_the_same() -> None:
    start = b"line\n" * (LONGEST_TEXT // 5)
    groups = gather([answer("a", start + b"1\n" * 9), answer("b", start + b"2\n" * 9), answer("c", start, cut=True)])
    assert len(groups) == 3
    assert [group.text[-1].split(",")[0] for group in groups] == ["… 14 bytes more", "… 14 bytes more", MORE]


def test_who_did_not_come_to_its_end_is_grouped_by_what_it_said_until_then() -> None:
    late = Problem(Cause.TIMEOUT, "too long")
    groups = gather(
        [answer("a", b"so far\n", status=None, problem=late), answer("b", status=None, problem=late), answer("c", b"x")]
    )
    assert [(names(group), group.status) for group in groups] == [(["a"], None), (["c"], 0)]


def test_failures_are_told_by_cause_and_not_by_address() -> None:
    def failed(name: str, error: Exception) -> CommandResult:
        return answer(name, status=None, problem=problem_of(error, str(machine(name).address)))

    question = HostKeyQuestion("10.0.0.9", 22, "ssh-ed25519", "SHA256:x")
    unmet = Problem(Cause.REFUSED, "the host key of 10.0.0.9 port 22 was not accepted: ssh-ed25519 SHA256:x", "again")
    found = failures(
        [
            answer("fine"),
            failed("gpu-10", TimeoutError()),
            answer("new", status=None, problem=unmet, unmet=question),
            failed("gpu-2", TimeoutError()),
            failed("down", ConnectionRefusedError()),
        ]
    )
    assert [(failure.text, [each.name for each in failure.machines]) for failure in found] == [
        ("timed out: the machine does not answer", ["gpu-2", "gpu-10"]),
        ("refused: the host key is unknown, and nobody has accepted it", ["new"]),
        ("unreachable: nothing listens at the machine", ["down"]),
    ]
    assert found[0].remedy
    assert 'host_keys = "accept-new"' in found[1].remedy
    bold = replace(machine("bold"), options=SshOptions(host_keys="accept-new"))
    [one] = failures([replace(answer("bold", status=None, problem=unmet, unmet=question), machine=bold)])
    assert "keeps it from being accepted unseen" in one.remedy, "it is set already"


def test_a_text_that_is_too_long_ends_with_a_whole_line_unless_it_is_one() -> None:
    numbers = "".join(f"{number}\n" for number in range(100_000)).encode()
    (group,) = gather([answer("a", numbers)])
    kept, more = group.text[:-1], group.text[-1]
    assert kept == tuple(str(number) for number in range(len(kept))) and len(kept) > 40_000
    assert more.startswith(f"… {len(numbers) - sum(len(line) + 1 for line in kept)} bytes more, SHA256 ")
    (group,) = gather([answer("a", numbers)], len(numbers))
    assert len(group.text) == 100_000
    (group,) = gather([answer("a", b"x" * (LONGEST_TEXT + 5))])
    assert (len(group.text[0]), group.text[1].split(",")[0]) == (LONGEST_TEXT, "… 5 bytes more")


lines = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12)


@settings(max_examples=150, deadline=None)
@given(lines, lines, lines)
def test_a_difference_leads_from_the_majority_to_the_odd_one(
    start: list[str], one: list[str], other: list[str]
) -> None:
    before, after = start * 3 + one, start * 3 + other
    assert applied(before, difference(after, before)) == after


def applied(before: list[str], diff: list[str]) -> list[str]:
    """What `patch` would make of it: every hunk where its header says."""
    made, at = [], 0
    for line in diff:
        if line.startswith("@@"):
            place, _, count = line.split()[1][1:].partition(",")
            start = int(place) - (count != "0")
            made += before[at:start]
            at = start
        elif line[0] == "+":
            made.append(line[1:])
        else:
            assert before[at] == line[1:]
            made += [line[1:]] * (line[0] == " ")
            at += 1
    return made + before[at:]


def test_without_a_common_start_it_is_the_unified_diff() -> None:
    one, other = ["x", "b", "c"], ["a", "b", "d"]
    assert difference(one, other) == list(difflib.unified_diff(other, one, lineterm=""))[2:]
    assert difference(one, one) == []


@pytest.mark.parametrize("length", [LONGEST_DIFFERENCE, LONGEST_COMPARED, 20000])
def test_differences_of_long_texts_are_bounded(length: int) -> None:
    found = difference([f"one {at}" for at in range(length)], [f"other {at}" for at in range(length)])
    assert len(found) == LONGEST_DIFFERENCE + 1 and found[-1].startswith("… more")
