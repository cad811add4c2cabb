"""`gputui ssh`: open a shell on a machine by its name, or run one command on it."""

from __future__ import annotations

import os
import signal
from collections.abc import Coroutine, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gputui.commands.context import CliContext
from gputui.commands.ending import patient, run_to_its_end
from gputui.commands.interruption import Interruption
from gputui.commands.machines import read_reachable
from gputui.commands.options import GlobalOptions
from gputui.commands.profiles import configured
from gputui.commands.prompter import TerminalPrompter
from gputui.config.profiles import Config, Profile
from gputui.core.problem import Failed
from gputui.core.threads import Deadline
from gputui.ssh.candidates import Candidate, NotOne, named
from gputui.ssh.session_result import NOT_CONNECTED

if TYPE_CHECKING:
    from gputui.core.ssh_options import SshOptions
    from gputui.ssh.address import Address
    from gputui.ssh.connecting.connection import Connection
    from gputui.ssh.places import SshPlaces

_IN, _OUT, _ERR = 0, 1, 2
_ENDING = (signal.SIGTERM, signal.SIGHUP)


def run_ssh(name: str, command: Sequence[str], options: GlobalOptions, ctx: CliContext) -> int:
    """Return the exit status of the remote shell or command, 255 without a connection, 2 if not exactly one matches."""
    found = configured(options, ctx)
    if found is None:
        return 2
    config, profiles = found
    if not command and not (os.isatty(_IN) and os.isatty(_OUT)):
        ctx.say("a shell needs a terminal; for scripts: gputui ssh NAME -- COMMAND")
        return 2
    work = partial(_run, name, command, config, _narrowed(profiles, name), ctx)
    return run_to_its_end(lambda deadline: _ended_well(work(), deadline))


async def _ended_well(work: Coroutine[Any, Any, int], deadline: Deadline) -> int:
    """Restore the terminal before SIGTERM or SIGHUP ends the process."""
    interruption = Interruption(*_ENDING)

    def begun() -> None:
        deadline.begin(interruption.exit_code or 0, patient)

    code = await interruption.ends(work, begun)
    return code if code is not None else interruption.exit_code or 0


def _narrowed(profiles: Sequence[Profile], name: str) -> Sequence[Profile]:
    """Return only the profile before the slash, if there is one, so that no other cloud is waited for."""
    before = name.partition("/")[0]
    return [profile for profile in profiles if "/" in name and profile.name == before] or profiles


async def _run(name: str, command: Sequence[str], config: Config, profiles: Sequence[Profile], ctx: CliContext) -> int:
    reachable = await read_reachable(config, profiles, ctx)
    wanted = named(reachable.candidates, name, whole=reachable.whole)
    if isinstance(wanted, NotOne):
        ctx.say(f"{wanted.reason}{':' if wanted.several else ''}")
        for one in wanted.several:
            ctx.say(f"  {one.full_name}  {one.row.name}  {one.row.state}")
        return 2
    return await _enter(wanted, command, ctx)


async def _enter(candidate: Candidate, command: Sequence[str], ctx: CliContext) -> int:
    from gputui.ssh.machine import NoWayIn
    from gputui.ssh.places import SshPlaces
    from gputui.ssh.shells.handover import argv, hand_over
    from gputui.ssh.shells.terminal import Terminal

    name = candidate.row.name
    try:
        machine = candidate.machine()
    except NoWayIn as none:
        ctx.say(f"{name}: {none.problem.text}")
        return 2
    except Failed as failed:
        ctx.say(next(_said(name, failed)))
        return NOT_CONNECTED
    address, options = machine.address, machine.options
    agent = ctx.environ.get("SSH_AUTH_SOCK", "")
    places = SshPlaces(ctx.places.home, ctx.places.known_hosts, agent, ctx.user())
    try:
        ctx.places.ready(ctx.places.state_dir)
        if options.command:
            terminal = Terminal(_IN, _OUT, "" if command else ctx.environ.get("TERM", ""))
            return await hand_over(argv(address, options, places, command), terminal)
        return await _converse(address, options, places, str(machine.ref), command, ctx)
    except (Failed, OSError) as error:
        for line in _said(name, error):
            ctx.say(line)
        return NOT_CONNECTED


def _said(name: str, error: Failed | OSError) -> Iterator[str]:
    from gputui.ssh.trust.changed import HostKeyRefused, report

    if isinstance(error, OSError):
        yield f"{name}: {error.strerror or type(error).__name__}"
    elif isinstance(error, HostKeyRefused) and error.change is not None:
        yield from (f"  {label:<8}{words}" if label else words for label, words in report(name, error.change))
    else:
        problem = error.problem
        yield f"{name}: {problem} ({problem.remedy})" if problem.remedy else f"{name}: {problem}"


async def _converse(
    address: Address, options: SshOptions, places: SshPlaces, owner: str, command: Sequence[str], ctx: CliContext
) -> int:
    from gputui.ssh.connecting.connect import connect
    from gputui.ssh.connecting.connect_cache import ConnectCache

    person, memory = TerminalPrompter(ctx), ConnectCache()
    try:
        connection = await connect(address, options, places=places, person=person, owner=owner, memory=memory)
    finally:
        for line in memory.take_notices():
            ctx.say(line)
    try:
        for line in connection.banner:
            if line:
                ctx.say(line)
        return await (_command(connection, command, ctx) if command else _shell(connection, ctx))
    finally:
        await connection.close()


async def _command(connection: Connection, command: Sequence[str], ctx: CliContext) -> int:
    from gputui.ssh.running.command import exit_status_of, from_descriptor, run_command, to_descriptor

    line = " ".join(command)  # like ssh: the remote shell splits it again
    try:
        out, err = to_descriptor(_OUT), to_descriptor(_ERR)
        return await run_command(connection, line, stdout=out, stderr=err, stdin=from_descriptor(_IN))
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            ctx.say(f"the output cannot be written: {error.strerror}")
        return exit_status_of(error)


async def _shell(connection: Connection, ctx: CliContext) -> int:
    from gputui.ssh.shells.session import Session
    from gputui.ssh.shells.terminal import Terminal

    ending = await Session(connection).run(Terminal(_IN, _OUT, ctx.environ.get("TERM", "")))
    if ending.exit_status is None:
        ctx.say(ending.reason)
    return ending.code
