"""From `s` to a session and back: which one is shown, what must be asked, and that no two share the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.ssh.shells.handover
import gputui.ssh.shells.terminal
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.machine import Machine
from gputui.ssh.places import SshPlaces
from gputui.ssh.session_result import NOT_CONNECTED, EndReason, SessionResult
from gputui.ui.ssh import sessions as module
from gputui.ui.ssh.session_list import may_end
from gputui.ui.ssh.sessions import enter_session, open_session, show_again
from gputui.ui.ssh_service import SessionAttempt
from gputui.ui.widgets.chooser import Chooser
from gputui.ui.widgets.dialogs import Answer, Dialog

REF = Ref("lab", "nodes", "1")
HERE = Machine(REF, "gpu-1", Address("127.0.0.1", 1), SshOptions())
REFUSED = Failed(Problem(Cause.REFUSED, "nobody there"))


def ending(how: EndReason = EndReason.EXITED, reason: str = "exit status 0") -> SessionResult:
    return SessionResult(None, reason, 1.0, how)


LOST = ending(EndReason.LOST, "the line broke")
DETACHED = ending(EndReason.DETACHED)


@dataclass
class World:
    """A console and its SSH service, which is not SSH: the sessions end as told, the person answers as told."""

    ends: list[SessionResult | Failed] = field(default_factory=lambda: [ending()])
    answers: list[Any] = field(default_factory=list)
    machine_now: Machine = HERE
    lent: bool = True
    live: tuple[Any, ...] = ()
    entries: tuple[Any, ...] = ()
    attempt: SessionAttempt | None = None
    opened: int = 0
    shown: list[Any] = field(default_factory=list)
    disconnected: list[Any] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    paused: bool = False
    term: str = "xterm"
    terminal_attributes: Any = None
    opening: Any = None

    def __post_init__(self) -> None:
        self.ssh = self.sessions = self
        self.places = SshPlaces(Path("/h"), Path("/p"))
        self.pool = SimpleNamespace(
            live=lambda ref: bool(self.live), memory=SimpleNamespace(take_notices=lambda: ["a notice"])
        )

    # as the app

    def notify(self, message: str, *, markup: bool, **_: Any) -> None:
        assert markup is False, "names come from outside"
        self.said.append(message)

    def clear_notifications(self) -> None:
        pass

    def push_screen(self, screen: Any) -> None:
        self.asked.append(screen)

    async def push_screen_wait(self, screen: Any) -> Any:
        self.asked.append(screen)
        return self.answers.pop(0)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        yield

    def resumed(self) -> None:
        pass

    # as its SSH service

    async def load(self) -> None:
        pass

    def machine(self, _: Ref) -> Machine:
        return self.machine_now

    async def open(self, machine: Machine, person: object, terminal: object) -> Any:
        self.opened += 1
        assert self.attempt is not None
        if self.opening is not None:
            await self.opening()
        return entry(machine=machine)

    async def show(self, one: Any, terminal: object) -> SessionResult:
        self.shown.append(one)
        found = self.ends.pop(0)
        if isinstance(found, Failed):
            raise found
        return found

    def disconnect(self, one: Any) -> None:
        self.disconnected.append(one)

    # as the store

    def find(self, _: Ref) -> None:
        return None


def entry(left_at: float | None = 1.0, machine: Machine = HERE, ended: SessionResult | None = None) -> Any:
    session = SimpleNamespace(last_line="$", connection=SimpleNamespace(banner=("welcome",)))
    return SimpleNamespace(machine=machine, left_at=left_at, ending=ended, session=session)


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_terminal", lambda host: SimpleNamespace(fd_in=-1))


def run(work: Any) -> None:
    asyncio.run(work)


def opened(world: World) -> World:
    run(open_session(cast(Any, world), cast(Any, world), REF))
    return world


def entered(world: World) -> World:
    world.away = lambda one: 9.0  # type: ignore[attr-defined]
    run(enter_session(cast(Any, world), cast(Any, world), REF))
    return world


# ---------------------------------------------------------------------- opening one


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (ending(), "1: exit status 0"),
        (DETACHED, "1: detached, it lives on (s leads back, :ssh opens another)"),
        (ending(EndReason.DISCONNECTED, "disconnected"), "1: disconnected"),
    ],
)
@pytest.mark.parametrize("live", [(), ("a connection",)])
def test_a_session_is_opened_once_and_its_end_is_said(end: SessionResult, said: str, live: tuple[Any, ...]) -> None:
    world = opened(World(ends=[end], live=live))
    assert (world.opened, len(world.shown), world.asked, world.attempt) == (1, 1, [], None)
    connecting = [] if live else ["connecting to 1… (esc gives it up)"]
    assert world.said == [*connecting, said]


def test_two_sessions_never_share_the_terminal() -> None:
    first = SessionAttempt("gpu-9")
    world = opened(World(attempt=first))
    assert (world.opened, world.shown, world.attempt) == (0, [], first)
    assert world.said == ["SSH: one session at a time, gpu-9 comes first (esc gives it up)"]


@pytest.mark.parametrize("answer", list(Answer))
def test_a_lost_one_is_opened_anew_only_after_a_yes(answer: Answer) -> None:
    world = opened(World(ends=[LOST, ending()], answers=[answer]))
    again = answer is Answer.YES
    assert (world.opened, len(world.shown)) == ((2, 2) if again else (1, 1))
    (dialog,) = world.asked
    assert dialog.question.title == "Reconnect to 1?"
    assert dialog.question.lines[0] == "the line broke."


def test_each_time_it_is_lost_it_is_asked_again() -> None:
    world = opened(World(ends=[LOST, LOST], answers=[Answer.YES, Answer.NO]))
    assert (world.opened, len(world.asked)) == (2, 2)


def test_one_that_is_given_up_while_it_connects_is_not_shown() -> None:
    world = World()

    async def give_up() -> None:
        assert world.attempt is not None
        assert world.attempt.under_way
        world.attempt.give_up()
        await asyncio.sleep(60)

    world.opening = give_up
    opened(world)
    assert (world.shown, world.attempt) == ([], None)
    assert world.said[-1] == "1: given up"


def test_one_that_cannot_be_shown_is_not_left_behind_and_says_why() -> None:
    world = opened(World(ends=[REFUSED]))
    assert world.disconnected == world.shown
    assert world.said[-1] == "1: nobody there"
    assert world.attempt is None


@pytest.mark.parametrize(("status", "waits"), [(NOT_CONNECTED, True), (0, False), (1, False)])
def test_the_user_s_own_ssh_is_run_where_the_profile_says_so_and_its_failure_stays_to_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int, waits: bool
) -> None:
    lines: list[list[str]] = []
    waited: list[int] = []

    async def hand_over(line: list[str], terminal: object) -> int:
        lines.append(line)
        return status

    async def read_line(fd: int) -> None:
        waited.append(fd)

    monkeypatch.setattr(gputui.ssh.shells.handover, "hand_over", hand_over)
    monkeypatch.setattr(gputui.ssh.shells.terminal, "read_line", read_line)
    world = opened(World(machine_now=Machine(REF, "gpu-1", HERE.address, SshOptions(command="ssh -4"))))
    assert (world.opened, [line[:2] for line in lines], waited) == (0, [["ssh", "-4"]], [-1] * waits)
    assert world.said == [f"1: exit status {status}"]
    assert ("enter goes back" in capsys.readouterr().err) is waits


# ---------------------------------------------------------------------- leading back


def test_s_leads_back_into_the_one_that_was_left_and_opens_one_only_where_none_was() -> None:
    left = entry()
    world = entered(World(entries=(left,)))
    assert (world.shown, world.opened, world.asked) == ([left], 0, [])
    world = entered(World())
    assert (world.opened, world.asked) == (1, [])


@pytest.mark.parametrize(("chosen", "at"), [(0, 1), (1, 0), (2, None), (None, None)])
def test_of_several_the_chosen_one_is_shown(chosen: int | None, at: int | None) -> None:
    left = [entry(1.0), entry(2.0)]

    class Choosing(World):
        async def push_screen_wait(self, screen: Any) -> Any:
            self.asked.append(screen)
            assert isinstance(screen, Chooser)
            return None if chosen is None else screen._choices[chosen]

    world = entered(Choosing(entries=tuple(left)))
    assert len(world.asked) == 1
    if at is not None:
        assert (world.shown, world.opened) == ([left[at]], 0)
    else:
        assert (len(world.shown), world.opened) == ((1, 1) if chosen == 2 else (0, 0))


@pytest.mark.parametrize(
    ("ended", "shows", "asks"),
    [(None, [ending()], False), (None, [LOST], True), (LOST, [], True), (ending(), [], False)],
    ids=["it goes on", "lost now", "lost meanwhile", "ended meanwhile"],
)
@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
def test_one_that_was_lost_is_opened_anew_only_after_a_yes(
    ended: SessionResult | None, shows: list[Any], asks: bool, answer: Answer
) -> None:
    world = World(ends=[*shows, ending()], answers=[answer])
    run(show_again(cast(Any, world), cast(Any, world), entry(ended=ended)))
    assert len(world.asked) == asks
    assert world.opened == (asks and answer is Answer.YES)
    assert len(world.shown) == len(shows) + world.opened


def test_one_that_is_shown_again_waits_for_the_terminal_as_well() -> None:
    world = World(attempt=SessionAttempt("gpu-9"))
    run(show_again(cast(Any, world), cast(Any, world), entry()))
    assert world.shown == []


# ---------------------------------------------------------------------- leaving


@pytest.mark.parametrize("answer", list(Answer))
def test_the_console_ends_with_its_sessions_only_after_a_yes(answer: Answer) -> None:
    world = World(live=tuple(entry() for _ in range(10)), answers=[answer])
    assert asyncio.run(may_end(cast(Any, world))) is (answer is Answer.YES)
    (dialog,) = world.asked
    assert isinstance(dialog, Dialog)
    assert dialog.question.title == "Quit, and end 10 sessions?"
    assert (len(dialog.question.lines), dialog.question.lines[-1]) == (9, "and 2 more")
