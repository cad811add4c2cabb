"""Which machine is meant by a name: one rule for `gputui ssh NAME` and `:ssh NAME`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from gputui.core.health import Health
from gputui.core.provider import SshTarget, View
from gputui.core.rows import Ref, Row
from gputui.core.ssh_options import SshOptions
from gputui.ssh.candidates import Candidate, NotOne, named
from gputui.ssh.machine import distinct
from gputui.ui.ssh.session_names import named as ref_named
from tests.toy import NODES


def leads(item: Any) -> SshTarget | str:
    if item == "bug":
        raise KeyError("host")
    return SshTarget(item, 22, "root") if item != "stopped" else "it is stopped"


VIEW: View[Any, Any] = replace(NODES, ssh=leads)


def one(profile: str, id: str, name: str, host: str = "", options: SshOptions | None = None) -> Candidate:
    row = Row(Ref(profile, "nodes", id), name, "RUNNING", Health.OK, (), item=host or f"10.0.0.{id}")
    return Candidate(row, VIEW, options or SshOptions())


def place(candidate: Candidate) -> object:
    return candidate.place


THREE = one("a", "3", "web", "10.0.0.3")
AMONG = (
    one("a", "1", "gpu-1"),
    one("a", "2", "gpu-2"),
    one("b", "7", "gpu-2", "10.9.9.9"),
    THREE,
    one("a", "p3", "web", "10.0.0.3"),
    one("a", "x", "broken", "bug"),
    one("a", "y", "asleep", "stopped"),
)


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("gpu-1", "1"),
        ("1", "1"),
        ("a/gpu-2", "2"),
        ("b/7", "7"),
        ("b/gpu-2", "7"),
        ("web", "3"),
        ("broken", "x"),
        ("asleep", "y"),
    ],
)
def test_one_machine_is_meant(words: str, id: str) -> None:
    found = named(AMONG, words, whole=True)
    assert isinstance(found, Candidate)
    assert found.row.ref.id == id


def test_two_of_one_name_are_said_with_what_tells_them_apart() -> None:
    found = named(AMONG, "gpu-2", whole=True)
    assert isinstance(found, NotOne)
    assert found.reason == "2 machines are called gpu-2; say which, as profile/id"
    assert [one.full_name for one in found.several] == ["a/2", "b/7"]


@pytest.mark.parametrize("words", ["gpu-3", "pool-1", "GPU-1"])
@pytest.mark.parametrize(("whole", "among"), [(True, ""), (False, " among those that could be read")])
def test_what_is_not_there_is_said(words: str, whole: bool, among: str) -> None:
    found = named(AMONG, words, whole=whole)
    assert isinstance(found, NotOne)
    assert found.reason.startswith(f"no machine{among} is called {words}")


def test_two_rows_are_one_machine_where_the_login_is_the_same_in_the_end() -> None:
    """The port and the user that the profile sets count, not what the API says."""
    plain, other = one("a", "1", "x", "10.0.0.1"), one("a", "2", "y", "10.0.0.1")
    assert distinct([plain, other], place) == [plain]
    assert distinct([plain, one("a", "2", "y", "10.0.0.1", SshOptions(port=2222))], place)[1:]
    assert distinct([plain, one("b", "2", "y", "10.0.0.1")], place)[1:]


def test_rows_that_lead_nowhere_are_each_their_own() -> None:
    several = [one("a", "1", "x", "stopped"), one("a", "2", "y", "stopped"), one("a", "3", "z", "bug")]
    assert distinct(several, place) == several


class Named:
    """As much of the SSH service as is asked."""

    def named(self, name: str) -> Candidate | NotOne:
        return named((*AMONG, *(one(f"c{n}", "9", "gpu-2") for n in range(4))), name, whole=True)


def test_the_console_says_the_same_in_one_line() -> None:
    service = cast(Any, Named())
    assert ref_named(service, "web") == THREE.row.ref
    words = str(ref_named(service, "gpu-2"))
    assert words == "6 machines are called gpu-2; say which, as profile/id: a/2, b/7, c0/9, c1/9 and 2 more"
    assert ref_named(service, "gpu-4") == "no machine is called gpu-4; did you mean gpu-2?"
