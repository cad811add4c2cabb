"""New host keys on the way of one run: which pass in which round, who is asked, and when nobody is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from gputui.core.unique_names import Names
from gputui.ssh.machine import Machine
from gputui.ssh.running.fan_out import CommandResult
from gputui.ssh.running.unknown_keys import UnknownHostKeys, run_with_trust
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.widgets.dialogs import Answer, Dialog
from tests.unit.test_fan_out_results import answer, machine, unmet

Run = tuple[list[str], dict[tuple[str, int], str]]


async def rounds(*told: Sequence[CommandResult], yes: Sequence[bool]) -> tuple[list[Run], list[list[str]]]:
    """The runs that are made (machines and keys that pass), and the keys that are asked about."""
    runs: list[Run] = []
    asked: list[list[str]] = []

    async def run(machines: Sequence[Machine], trusted: Mapping[tuple[str, int], str]) -> Sequence[CommandResult]:
        runs.append(([one.ref.id for one in machines], dict(trusted)))
        return told[len(runs) - 1]

    async def trusts(unknown: UnknownHostKeys) -> bool:
        asked.append([key.fingerprint for key in unknown.keys.values()])
        return yes[len(asked) - 1]

    await run_with_trust([machine(1), machine(2)], run, trusts)
    return runs, asked


JUMP, HOST = {("jump", 22): "SHA256:a"}, {("x", 22): "SHA256:b"}


async def test_what_was_trusted_in_one_round_passes_in_all_that_follow() -> None:
    runs, asked = await rounds(
        [unmet(1, "SHA256:a"), unmet(2, "SHA256:a")],
        [unmet(1, "SHA256:b", "x"), answer(2)],
        [answer(1), answer(2)],
        yes=[True, True],
    )
    assert runs == [(["id1", "id2"], {}), (["id1", "id2"], JUMP), (["id1"], {**JUMP, **HOST})]
    assert asked == [["SHA256:a"], ["SHA256:b"]]


async def test_a_no_ends_it_and_trusts_nothing() -> None:
    runs, _ = await rounds([unmet(1, "SHA256:a"), answer(2)], yes=[False])
    assert len(runs) == 1


async def test_where_every_key_is_known_nobody_is_asked() -> None:
    assert (await rounds([answer(1), answer(2)], yes=[]))[1] == []


async def test_another_key_than_the_one_just_trusted_is_not_asked_about() -> None:
    runs, asked = await rounds([unmet(1, "SHA256:a")], [unmet(1, "SHA256:c")], yes=[True, True])
    assert (len(runs), asked) == (2, [["SHA256:a"]])


def test_two_ports_of_one_host_are_two_hosts() -> None:
    first, second = unmet(1, "SHA256:a", "x"), unmet(2, "SHA256:b", "x")
    assert second.unmet is not None
    second = replace(second, unmet=replace(second.unmet, port=2222))
    found = UnknownHostKeys.of([first, second])
    assert (found.trusted, found.conflicting) == ({("x", 22): "SHA256:a", ("x", 2222): "SHA256:b"}, {})


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_run_that_was_stopped_asks_about_no_keys_and_runs_nothing_more(cancelled: bool) -> None:
    asked: list[Dialog] = []

    async def push_screen_wait(dialog: Dialog) -> Answer:
        asked.append(dialog)
        return Answer.YES

    screen = SimpleNamespace(
        rounds=SimpleNamespace(cancelled=cancelled),
        app=SimpleNamespace(push_screen_wait=push_screen_wait),
        _names=Names({}),
    )
    unknown = UnknownHostKeys.of([unmet(1, "SHA256:a")])
    assert await FanOutScreen._trusts(cast(FanOutScreen, screen), unknown) is not cancelled
    assert len(asked) == (0 if cancelled else 1)


@pytest.mark.parametrize(
    ("over", "busy", "ends", "asks"),
    [(True, False, 1, 0), (True, True, 1, 0), (False, False, 0, 1), (False, True, 0, 0)],
)
def test_leaving_asks_once_while_it_runs_and_not_at_all_when_it_is_over(
    over: bool, busy: bool, ends: int, asks: int
) -> None:
    """However often the key is pressed, and whatever else is being asked: two questions would lie over each other."""
    told: list[str] = []
    screen = SimpleNamespace(
        rounds=SimpleNamespace(over=over),
        _busy=busy,
        dismiss=lambda: told.append("ends"),
        start=lambda _: told.append("asks"),
        _ask_to_stop=lambda: None,
    )
    FanOutScreen.action_leave(cast(FanOutScreen, screen))
    assert (told.count("ends"), told.count("asks")) == (ends, asks)
    if not over:
        FanOutScreen.action_leave(cast(FanOutScreen, screen))
        assert told.count("asks") == asks


@pytest.mark.parametrize(
    ("over", "failed", "busy"), [(True, True, False), (False, True, False), (True, False, False), (True, True, True)]
)
def test_again_only_once_it_is_over_where_some_have_failed_and_nothing_else_is_asked(
    over: bool, failed: bool, busy: bool
) -> None:
    told: list[str] = []
    screen = SimpleNamespace(
        rounds=SimpleNamespace(over=over, failed=[machine(1)] if failed else []),
        _busy=busy,
        start=lambda _: told.append("asks"),
        _again=lambda: None,
    )
    for _ in range(2):
        FanOutScreen.action_again(cast(FanOutScreen, screen))
    assert told == (["asks"] if (over, failed, busy) == (True, True, False) else [])


@pytest.mark.parametrize(("over", "cancelled"), [(True, 0), (False, 1)])
def test_ctrl_c_ends_the_run_and_once_it_is_over_is_for_quitting(over: bool, cancelled: int) -> None:
    told: list[str] = []
    screen = SimpleNamespace(
        rounds=SimpleNamespace(over=over, cancel=lambda: told.append("cancelled")), notify=lambda *_, **__: None
    )
    assert FanOutScreen.stop_first(cast(FanOutScreen, screen)) is not over
    assert len(told) == cancelled
