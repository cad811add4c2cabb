"""Many names in few words, none lost."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gputui.core.ranges import compressed

SPAN = re.compile(r"([0-9]+)(?:-([0-9]+))?")


def spelled_out(text: str) -> list[str]:
    """The names again; written apart from the code, for names without brackets and commas."""
    names: list[str] = []
    for part in re.findall(r"[^\[\], ]*(?:\[[^\]]*\][^\[\], ]*)?", text):
        before, opened, rest = part.partition("[")
        if not opened:
            names += [part] if part else []
            continue
        inside, _, behind = rest.partition("]")
        for first, last in SPAN.findall(inside):
            numbers = range(int(first), int(last or first) + 1)
            names += [f"{before}{number:0{len(first)}}{behind}" for number in numbers]
    return names


def test_numbers_become_ranges_as_dshbak_writes_them() -> None:
    names = ["gpu-node-003", "gpu-node-001", "gpu-node-002", "login", "gpu-node-007", "r2-a", "r10-a", "r3-a"]
    assert compressed(names) == "gpu-node-[001-003,007], login, r[2-3,10]-a"


def test_zeros_in_front_tell_names_apart() -> None:
    assert compressed(["n-099", "n-100", "n-98"]) == "n-[099-100], n-98"
    assert compressed(["n-1", "n-01"]) == "n-1, n-01"


def test_one_name_is_itself_and_none_are_nothing() -> None:
    assert compressed(["gpu-node-007"]) == "gpu-node-007"
    assert compressed([]) == ""


@given(st.lists(st.from_regex(r"[a-c]{0,2}-?[0-9]{0,3}[a-c]?", fullmatch=True).filter(bool)))
def test_no_name_is_lost_or_made_up(names: list[str]) -> None:
    assert Counter(spelled_out(compressed(names))) == Counter(names)
