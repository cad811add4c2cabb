"""`gputui ssh NAME`, step by step: whom it means, whom it waits for, what it says, with what it ends."""

from __future__ import annotations

import asyncio
import errno
import io
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.ssh.connecting.connect
import gputui.ssh.shells.handover
from gputui.commands import ssh as module
from gputui.commands.context import CliContext
from gputui.commands.options import GlobalOptions
from gputui.commands.ssh import _command, _converse, _enter, _narrowed, _run, _said, run_ssh
from gputui.config.paths import Places
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.ssh_options import SshOptions
from gputui.ssh.address import Address
from gputui.ssh.candidates import NotOne
from gputui.ssh.machine import NoWayIn
from gputui.ssh.places import SshPlaces
from gputui.ssh.running import command as running

NOBODY = Address("127.0.0.1", port=1)
"""On this machine, with nobody there: whatever goes wrong here reaches no other."""
LOST = Failed(Problem(Cause.NETWORK, "nobody answers", "is it up?"))


@pytest.fixture(autouse=True)
def handed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines for which `ssh` was started; none is."""
    lines: list[list[str]] = []

    async def hand_over(line: Sequence[str], terminal: object) -> int:
        lines.append(list(line))
        return 5

    monkeypatch.setattr(gputui.ssh.shells.handover, "hand_over", hand_over)
    return lines


@pytest.fixture
def ctx(tmp_path: Path) -> CliContext:
    return CliContext({}, Places(tmp_path / "c", tmp_path / "s", tmp_path), io.StringIO(), io.StringIO())


def said(ctx: CliContext) -> list[str]:
    assert isinstance(ctx.err, io.StringIO)
    return [line.removeprefix("gputui: ") for line in ctx.err.getvalue().splitlines()]


def profiles(*names: str) -> list[Any]:
    return [SimpleNamespace(name=name) for name in names]


@pytest.mark.parametrize(
    ("name", "left"),
    [("b/gpu-1", ["b"]), ("gpu-1", ["a", "b"]), ("a", ["a", "b"]), ("c/gpu-1", ["a", "b"]), ("b/x/y", ["b"])],
)
def test_a_profile_before_the_slash_is_the_only_one_that_is_waited_for(name: str, left: list[str]) -> None:
    assert [one.name for one in _narrowed(profiles("a", "b"), name)] == left


@pytest.mark.parametrize(("typing", "seeing"), [(False, True), (True, False), (False, False)])
def test_a_shell_without_a_terminal_is_none(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch, typing: bool, seeing: bool
) -> None:
    monkeypatch.setattr(module, "configured", lambda options, ctx: (None, ()))
    monkeypatch.setattr(module.os, "isatty", lambda number: {0: typing, 1: seeing}[number])
    asked: list[object] = []
    monkeypatch.setattr(module, "run_to_its_end", lambda work: asked.append(work) or 7)
    assert run_ssh("gpu-1", (), GlobalOptions(), ctx) == 2
    assert "gputui ssh NAME -- COMMAND" in said(ctx)[0]
    assert run_ssh("gpu-1", ("true",), GlobalOptions(), ctx) == 7
    monkeypatch.setattr(module.os, "isatty", lambda number: True)
    assert run_ssh("gpu-1", (), GlobalOptions(), ctx) == 7
    monkeypatch.setattr(module, "configured", lambda options, ctx: None)
    assert run_ssh("gpu-1", (), GlobalOptions(), ctx) == 2
    assert len(asked) == 2


@pytest.mark.parametrize("several", [(), ("a/one", "b/one")])
def test_a_name_that_does_not_mean_one_machine_is_answered_and_nobody_is_entered(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch, several: Sequence[str]
) -> None:
    async def reachable(*_: object) -> Any:
        return SimpleNamespace(candidates=(), whole=True)

    found = tuple(SimpleNamespace(full_name=one, row=SimpleNamespace(name="n", state="UP")) for one in several)
    monkeypatch.setattr(module, "read_reachable", reachable)
    monkeypatch.setattr(module, "named", lambda *_, whole: NotOne("not one", cast(Any, found)))
    monkeypatch.setattr(module, "_enter", None)
    assert asyncio.run(_run("one", (), cast(Any, None), (), ctx)) == 2
    assert said(ctx) == (["not one:", "  a/one  n  UP", "  b/one  n  UP"] if several else ["not one"])


def candidate(options: SshOptions, fails: Any = None) -> Any:
    machine = SimpleNamespace(address=NOBODY, options=options, ref="p/nodes/a")
    return SimpleNamespace(row=SimpleNamespace(name="gpu-1"), machine=fails or (lambda: machine))


def entered(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch, error: BaseException, *, by: str
) -> tuple[int, list[str]]:
    def fails(*_: object) -> Any:
        raise error

    monkeypatch.setattr(module, "_converse", fails)
    return asyncio.run(_enter(candidate(SshOptions(), fails if by == "machine" else None), (), ctx)), said(ctx)


@pytest.mark.parametrize(
    ("by", "error", "code", "words"),
    [
        ("machine", NoWayIn(Problem(Cause.INPUT, "it is STOPPED", "start it")), 2, "gpu-1: it is STOPPED"),
        ("machine", LOST, 255, "nobody answers"),
        ("converse", LOST, 255, "(is it up?)"),
        ("converse", OSError(errno.ENOSPC, "No space left"), 255, "gpu-1: No space left"),
    ],
)
def test_why_nobody_is_entered(
    ctx: CliContext,
    monkeypatch: pytest.MonkeyPatch,
    handed: list[list[str]],
    by: str,
    error: BaseException,
    code: int,
    words: str,
) -> None:
    ended, (line,) = entered(ctx, monkeypatch, error, by=by)
    assert ended == code
    assert words in line
    assert not handed


@pytest.mark.parametrize("command", [(), ("uname", "-a")])
def test_the_user_s_own_ssh_is_started_only_where_the_profile_says_so(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch, handed: list[list[str]], command: Sequence[str]
) -> None:
    async def converse(*_: object) -> int:
        return 3

    monkeypatch.setattr(module, "_converse", converse)
    assert asyncio.run(_enter(candidate(SshOptions()), command, ctx)) == 3
    assert not handed
    assert asyncio.run(_enter(candidate(SshOptions(command="ssh -4 {host}")), command, ctx)) == 5
    ((first, *rest),) = handed
    assert (first, rest[-len(command) :] if command else ()) == ("ssh", [*command] if command else ())


def test_what_is_said_of_an_error_has_the_remedy_if_there_is_one() -> None:
    bare = Failed(Problem(Cause.NETWORK, "nobody answers"))
    assert list(_said("a", LOST)) == [f"a: {LOST.problem} (is it up?)"]
    assert list(_said("a", bare)) == [f"a: {bare.problem}"]
    assert list(_said("a", TimeoutError())) == ["a: TimeoutError"]


class Connection:
    """A connection that says something before anything is run on it."""

    banner = ("welcome", "", "be good")

    def __init__(self) -> None:
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("command", [(), ("uname", "-a")])
@pytest.mark.parametrize("fails", [False, True])
def test_a_connection_is_closed_whatever_becomes_of_it(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch, command: Sequence[str], fails: bool
) -> None:
    made, ran = Connection(), list[str]()

    async def connect(*_: object, **__: object) -> Any:
        return made

    def runs(what: str) -> Any:
        async def run(*_: object) -> int:
            ran.append(what)
            if fails:
                raise LOST
            return 3

        return run

    monkeypatch.setattr(gputui.ssh.connecting.connect, "connect", connect)
    monkeypatch.setattr(module, "_command", runs("command"))
    monkeypatch.setattr(module, "_shell", runs("shell"))
    work = _converse(NOBODY, SshOptions(), SshPlaces(Path("/h"), Path("/p")), "p/nodes/a", command, ctx)
    if fails:
        with pytest.raises(Failed):
            asyncio.run(work)
    else:
        assert asyncio.run(work) == 3
    assert ran == ["command" if command else "shell"]
    assert made.closed == 1
    assert said(ctx) == ["welcome", "be good"]


@pytest.mark.parametrize(
    ("error", "words"), [(OSError(errno.ENOSPC, "No space left"), ["the output cannot be written: No space left"])]
)
def test_an_output_that_cannot_be_written_is_said_and_a_reader_that_has_gone_is_not(
    ctx: CliContext, monkeypatch: pytest.MonkeyPatch, error: OSError, words: list[str]
) -> None:
    lines: list[str] = []

    async def run_command(connection: object, line: str, **_: object) -> int:
        lines.append(line)
        raise error

    monkeypatch.setattr(running, "run_command", run_command)
    assert asyncio.run(_command(cast(Any, None), ("echo", "a  b"), ctx)) == running.exit_status_of(error)
    assert (lines, said(ctx)) == (["echo a  b"], words)
    error = BrokenPipeError(errno.EPIPE, "gone")

    async def gone(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr(running, "run_command", gone)
    assert asyncio.run(_command(cast(Any, None), ("true",), ctx)) == running.exit_status_of(error)
    assert said(ctx) == words
