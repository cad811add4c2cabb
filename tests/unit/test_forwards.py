"""`:forward` and the ways to the GPUs: what is said, what is begun, and what stays where it was."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gputui.core.links import Port
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Ref
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.forward import Forward, Wanted
from gputui.ssh.machine import Machine
from gputui.ui.gpus import machine as machine_module
from gputui.ui.gpus import many as many_module
from gputui.ui.gpus.opening import show_gpu_list, show_gpus
from gputui.ui.list.targets import Targets
from gputui.ui.ssh import no_way_in
from gputui.ui.ssh.forwards import forward, forward_again, forward_menu, told

REF = Ref("lab", "nodes", "1")
HERE = Machine(REF, "gpu-1", Address("127.0.0.1", 1), SshOptions())
STOPPED = Failed(Problem(Cause.INPUT, "it is STOPPED"))
ROW: Any = SimpleNamespace(ref=REF, name="gpu-1", item="x")


@dataclass
class World:
    """A console and its SSH service; forwards begin, or fail, as told."""

    fails: Failed | None = None
    unreachable: Failed | None = None
    command: str = ""
    live: bool = True
    row: Any = field(default_factory=lambda: ROW)
    ports: tuple[Port, ...] = ()
    picked: Any = None
    forward_count: int = 0
    begun: list[Wanted] = field(default_factory=list)
    forgotten: list[Any] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    screens: list[Any] = field(default_factory=list)
    loads: int = 0
    cleared: int = 0

    def __post_init__(self) -> None:
        self.ssh = self.store = self.forwards = self
        self.pool = SimpleNamespace(live=lambda ref: self.live)
        self.places: Any = None

    async def load(self) -> None:
        self.loads += 1

    def notify(self, message: str, *, markup: bool, severity: str = "information", **_: Any) -> None:
        assert markup is False, "names come from outside"
        self.said.append((severity, message))

    def clear_notifications(self) -> None:
        self.cleared += 1

    def push_screen(self, screen: Any) -> None:
        self.screens.append(screen)

    async def push_screen_wait(self, screen: Any) -> Any:
        self.screens.append(screen)
        return self.picked

    def find(self, _: Ref) -> Any:
        return self.row

    def view(self, _: Ref) -> Any:
        return SimpleNamespace(ports=lambda item: self.ports)

    def machine(self, _: Ref) -> Machine:
        if self.unreachable is not None:
            raise self.unreachable
        return replace(HERE, options=SshOptions(command=self.command))

    async def start(self, machine: Machine, wanted: Wanted, person: object) -> Forward:
        self.begun.append(wanted)
        if self.fails is not None:
            raise self.fails
        return Forward(machine, wanted, wanted.here or wanted.port, 0.0)

    def forget(self, one: Any) -> None:
        self.forgotten.append(one)


def run(work: Any) -> Any:
    return asyncio.run(work)


@pytest.mark.parametrize("live", [True, False])
def test_a_port_is_forwarded_and_its_address_said(live: bool) -> None:
    world = World(live=live)
    assert run(forward(cast(Any, world), REF, "9000:8888"))
    assert world.begun == [Wanted(8888, here=9000)]
    connecting = [] if live else [("information", "connecting to gpu-1…")]
    assert world.said == [*connecting, ("information", "http://127.0.0.1:9000 leads to localhost:8888 on gpu-1")]
    assert world.cleared == 1


@pytest.mark.parametrize("row", [ROW, None])
def test_why_none_is_forwarded_is_said(row: Any) -> None:
    world = World(fails=STOPPED, row=row)
    assert not run(forward(cast(Any, world), REF, "8888"))
    assert world.said == [("warning", f"{'gpu-1' if row else '1'}: it is STOPPED")]
    assert world.cleared == 1


@pytest.mark.parametrize(
    ("words", "line"), [("9000:8888", "-L 9000:localhost:8888"), ("8888", "-L 8888:localhost:8888")]
)
def test_where_the_user_s_own_ssh_is_used_the_line_for_it_is_told(
    monkeypatch: pytest.MonkeyPatch, words: str, line: str
) -> None:
    monkeypatch.setattr(no_way_in, "Reader", lambda title, lines: list(lines))
    world = World(command="ssh")
    assert not run(forward(cast(Any, world), REF, words))
    assert world.begun == []
    (lines,) = world.screens
    assert any(line in "".join(text for text, _ in one) for one in lines)


@pytest.mark.parametrize("fails", [None, STOPPED])
def test_an_ended_one_leaves_the_list_only_where_it_stands_again(fails: Failed | None) -> None:
    world, ended = World(fails=fails), Forward(HERE, Wanted(8888), 9000, 0.0, ended="closed")
    run(forward_again(cast(Any, world), ended))
    assert world.begun == [Wanted(8888, here=9000)]
    assert world.forgotten == ([] if fails else [ended])


def test_what_is_told_of_one_names_another_port_and_trouble() -> None:
    one = Forward(HERE, Wanted(8888), 9000, 0.0, trouble="nobody there")
    assert told(one) == (
        "http://127.0.0.1:9000 (8888 is not to be had here) leads to localhost:8888 on gpu-1: nobody there"
    )


@pytest.mark.parametrize(
    ("picked", "lists", "begun"),
    [
        (None, False, []),
        (SimpleNamespace(way="l", index=3), True, []),
        (SimpleNamespace(way="f", index=0), False, [Wanted(7000)]),
        (SimpleNamespace(way="f", index=2), False, [Wanted(6006)]),
    ],
    ids=["left", "the list", "a port of the API", "a usual one"],
)
def test_of_the_menu_the_chosen_port_is_forwarded_and_no_other(picked: Any, lists: bool, begun: list[Wanted]) -> None:
    world = World(ports=(Port("vnc", 7000),), picked=picked, forward_count=2)
    assert run(forward_menu(cast(Any, world), REF)) is lists
    assert world.begun == begun
    (menu,) = world.screens
    assert [pick.label for pick in menu.picks] == ["vnc", "Jupyter", "TensorBoard", "Forwarded"]


@pytest.mark.parametrize("row", [ROW, None])
def test_a_machine_that_cannot_be_reached_has_no_menu(row: Any) -> None:
    world = World(unreachable=STOPPED, row=row)
    assert not run(forward_menu(cast(Any, world), REF))
    assert (world.screens, world.said) == ([], [("warning", f"{'gpu-1' if row else '1'}: it is STOPPED")])


# ---------------------------------------------------------------------- GPUs


@pytest.mark.parametrize(("count", "shows"), [(0, []), (1, ["one"]), (2, ["many"])])
def test_one_machine_has_a_screen_of_its_own_and_several_have_a_list(
    monkeypatch: pytest.MonkeyPatch, count: int, shows: list[str]
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(machine_module, "open_gpus", lambda host, store, ref: shown.append("one"))
    monkeypatch.setattr(many_module, "open_gpu_list", lambda host, store, many: shown.append("many"))
    world = World()
    run(show_gpus(cast(Any, world), Targets(refs=(REF,) * count)))
    assert (shown, world.loads) == (shows, len(shows))
    assert bool(world.said) is (count == 0)


def test_a_list_of_gpus_needs_a_machine_that_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(many_module, "GpuList", lambda host, store, machines, refused, many: opened.append(refused))
    world = World(unreachable=STOPPED)
    run(show_gpu_list(cast(Any, world), Targets(refs=(REF,))))
    assert (opened, world.said) == ([], [("warning", "GPUs: it is STOPPED")])
    world = World()
    run(show_gpu_list(cast(Any, world), Targets()))
    assert (opened, len(world.said)) == ([], 1)
    world = World()
    run(show_gpu_list(cast(Any, world), Targets(refs=(REF,))))
    assert (opened, world.loads, world.said) == ([[]], 1, [])
