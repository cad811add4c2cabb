"""The targets of a change, folded: in the order of the screen, by state, and with owners that have a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.act.target_words import folded, in_full, owner, state_of_one
from tests.toy import NODES

HEX = "0123456789abcdef0123456789abcdef"
VIEW = replace(NODES, owner=lambda item: item)  # type: ignore[arg-type,return-value]


def row(name: str, state: str = "RUNNING", who: str = "", id: str = "") -> Row:
    return Row(Ref("p", "nodes", id or name), name, state, Health.OK, (), item=who)


def test_one_is_told_in_full() -> None:
    assert folded([row("gpu-1", who="kim", id="m1")], VIEW) == "gpu-1   RUNNING   id m1   of kim"
    assert in_full(row("gpu-1", id="m1"), VIEW, "IP: 1.2.3.4") == "gpu-1   RUNNING   id m1   IP: 1.2.3.4"


def test_names_are_folded_in_the_order_of_the_rows() -> None:
    names = ["gpu-node-012", "login", *(f"gpu-node-{number:03}" for number in range(1, 6))]
    assert folded([row(name) for name in names], VIEW) == "gpu-node-[001-005,012], login   RUNNING"


def test_of_two_with_one_name_each_has_its_id() -> None:
    rows = [row("gpu", id="a"), row("gpu", id="b"), row("other", id="c")]
    assert folded(rows, VIEW) == "gpu (a), gpu (b), other   RUNNING"


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (["RUNNING", "RUNNING"], "RUNNING"),
        (["RUNNING", "ERROR", "RUNNING"], "2 RUNNING, 1 ERROR"),
        (["A", "B", "C", "D", "D"], "2 D, 3 in 3 other states"),
    ],
)
def test_states_are_counted(states: list[str], words: str) -> None:
    rows = [row(f"gpu-{at}", state) for at, state in enumerate(states)]
    assert folded(rows, VIEW).partition("   ")[2] == words


@pytest.mark.parametrize(
    ("owners", "words"),
    [(["kim", "lee", "kim"], "of kim, lee"), (list("abcd"), "of 4 owners"), (["kim", HEX], "of kim")],
)
def test_owners_are_told_once(owners: list[str], words: str) -> None:
    rows = [row(f"gpu-{at}", who=who) for at, who in enumerate(owners)]
    assert folded(rows, VIEW).rpartition("   ")[2] == words


@pytest.mark.parametrize("text", [HEX, HEX.upper(), "0b9f2f3e-6f0c-4b1e-9d6e-2d6f5f6a7b8c", "4711"])
def test_an_owner_without_a_name_is_not_told(text: str) -> None:
    assert owner(row("gpu", who=text), VIEW) == ""


@pytest.mark.parametrize("text", ["kim", "kim@example.com", "deadbeef", "사용자"])
def test_a_name_is(text: str) -> None:
    assert owner(row("gpu", who=text), VIEW) == text


def test_a_list_without_states_has_none_to_tell() -> None:
    assert state_of_one([row("gpu-1")]) == "RUNNING"
    assert state_of_one([row("H100", state="")]) == state_of_one([row("a"), row("b")]) == state_of_one([]) == ""
